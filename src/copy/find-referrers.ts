/** Finds everything that is attached to manifests at the source: signatures, SBOMs, attestations, and what is attached to those. */
import { mapLimited } from "../net/map-limited.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { ContentDirectory } from "../oci/directory.ts";
import { CopyError, type CopyErrorCode, failureOf } from "../oci/errors.ts";
import { readFallbackIndex } from "../oci/fallback-index.ts";
import { isIndex } from "../oci/media-types.ts";
import { cosignTags, fallbackTag } from "../oci/referrer-tags.ts";
import type { ContentSource, ManifestContent } from "../oci/store.ts";
import type { DigestTags } from "./digest-tags.ts";
import { Once } from "./once.ts";
import { parseAtSource } from "./walk.ts";

/** A signature of a signature of an attestation: nobody goes further than two. The cap ends chains made to exhaust a copier. */
export const MAX_REFERRER_DEPTH = 8;

/** Most referrers of one image in all; the same as the manifests of a tree. */
export const MAX_REFERRERS = 4_096;

/** Questions asked at once: the window of six connections, with two left for others. */
const WIDTH = 4;

/** One thing that is attached to a manifest. */
export interface FoundReferrer {
  /** The manifest that it is attached to. */
  subject: Digest;
  /** Its own manifest; `size` is not to be relied on. */
  root: Descriptor;
  /** cosign's tag that it is found under; unset for a referrer in the OCI sense, whose manifest names its subject. */
  tag?: string;
  /** 1 where it is attached to a manifest of the image, 2 where to one of those, and so on. */
  depth: number;
  /** When the source was asked, milliseconds since the epoch. */
  askedAt: number;
}

/** What a search asks: one repository of the source. */
export interface ReferrerSource {
  /** Its list of referrers, where the registry has that API. */
  directory: Pick<ContentDirectory, "referrers">;
  /** Which tags named after digests it has: cosign's, and the fallback tags. */
  tags: DigestTags;
  /** A manifest by its digest; it may be remembered. */
  fetch(descriptor: Descriptor): Promise<ManifestContent>;
  /** What stands under a tag now. */
  content: Pick<ContentSource, "fetchManifest" | "resolve">;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** What the registry says is attached to a manifest: under its subject, and whether the registry vouches for that or only a list that anybody may write. */
interface Listed {
  referrers: Attached[];
  isProven: boolean;
}

/**
 * The search for what is attached to these manifests, and to what is found, breadth first; each once, those nearer to the image first. Both looks share
 * what they ask, so that one after the other asks nothing twice.
 *
 * By the referrers API, which is asked once for each manifest, else by the fallback tag; cosign's tags besides. A manifest that was seen before is
 * not looked at again, so loops end. Both fail with the source's failures; with `unsupported` past the limits above.
 */
export class ReferrerSearch {
  readonly #subjects: readonly Digest[];
  readonly #source: ReferrerSource;
  readonly #listed = new Once<Digest, Listed>();
  readonly #tagged = new Once<Digest, Attached[]>();
  readonly #looks = new Once<"quick" | "thorough", FoundReferrer[]>();

  constructor(subjects: readonly Digest[], source: ReferrerSource) {
    this.#subjects = subjects;
    this.#source = source;
  }

  /** Everything that is attached. */
  thorough(): Promise<FoundReferrer[]> {
    return this.#looks.get("thorough", () => this.#look(false));
  }

  /**
   * Enough to tell whether a destination has everything: where it has all of this, it need not be looked at more thoroughly. The most frequent answer is that
   * nothing is new, and at most two requests for each manifest are to find that out, those at the destination included. A cosign tag takes one at each side, since
   * a list of tags has no digests. So the API is not asked what is attached to the manifest that such a tag stands for, unless the list of tags has a list for
   * it: its own signatures, which cosign keeps in tags too, are found. And what a fallback tag lists is not read to see whether it really names the
   * subject: it may have to be, once a destination lacks it.
   */
  quick(): Promise<FoundReferrer[]> {
    return this.#looks.get("quick", () => this.#look(true));
  }

  async #look(isQuick: boolean): Promise<FoundReferrer[]> {
    const found: FoundReferrer[] = [];
    const seen = new Set(this.#subjects);
    const tagsOnly = new Set<Digest>();
    let level = [...seen];
    for (let depth = 1; level.length > 0; depth++) {
      const attached = attachedAt(depth, await this.#attachedToAny(level, isQuick, tagsOnly));
      found.push(...attached);
      if (found.length > MAX_REFERRERS) {
        throw tooMany(`more than ${MAX_REFERRERS} referrers`);
      }
      const roots = distinct(attached.map(({ root }) => root)).filter(({ digest }) => !seen.has(digest));
      level = await this.#manifestsBelow(roots, seen);
      addAll(seen, level);
      addAll(tagsOnly, onlyTagged(roots, attached));
    }
    return found;
  }

  async #attachedToAny(level: readonly Digest[], isQuick: boolean, tagsOnly: ReadonlySet<Digest>): Promise<Attached[]> {
    const has = await this.#source.tags.look(level);
    return (await mapLimited(level, WIDTH, (subject) => this.#attachedTo(subject, has, isQuick, tagsOnly.has(subject)))).flat();
  }

  /** The manifests of these trees that were not seen before: what may have something attached to it in its turn. */
  async #manifestsBelow(roots: readonly Descriptor[], seen: ReadonlySet<Digest>): Promise<Digest[]> {
    const digests = (await mapLimited(roots, WIDTH, (root) => manifestsOf(root, this.#source.fetch))).flat();
    return [...new Set(digests)].filter((digest) => !seen.has(digest));
  }

  async #attachedTo(subject: Digest, has: HasTag, isQuick: boolean, isTagOnly: boolean): Promise<Attached[]> {
    const isPassedOver = isQuick && isTagOnly && has(fallbackTag(subject)) === false;
    const listed = isPassedOver ? [] : await this.#listedUnder(subject, has, isQuick);
    return [...listed, ...(await this.#tagged.get(subject, () => taggedAfter(subject, has, this.#source)))];
  }

  async #listedUnder(subject: Digest, has: HasTag, isQuick: boolean): Promise<Attached[]> {
    const { referrers, isProven } = await this.#listed.get(subject, () => listedUnder(subject, has, this.#source));
    return isProven || isQuick ? referrers : await thatNameTheirSubject(referrers, this.#source);
  }
}

/** The digests of a tree's manifests without those in `leftOut`. Only indexes are read: an image's manifest has none below it. */
export async function manifestsOf(
  root: Descriptor,
  fetch: (descriptor: Descriptor) => Promise<ManifestContent>,
  leftOut: ReadonlySet<Digest> = new Set(),
): Promise<Digest[]> {
  const digests = new Set<Digest>();
  let level = [root];
  while (level.length > 0) {
    const indexes = level.filter(({ digest, mediaType }) => !digests.has(digest) && isIndex(mediaType));
    for (const { digest } of level) {
      digests.add(digest);
    }
    const bodies = await mapLimited(indexes, WIDTH, fetch);
    const children = bodies.flatMap((body) => parseAtSource(body).manifests);
    level = children.filter(({ digest }) => !leftOut.has(digest));
    if (digests.size + level.length > MAX_REFERRERS) {
      throw tooMany(`an index over more than ${MAX_REFERRERS} manifests`);
    }
  }
  return [...digests];
}

type Attached = Omit<FoundReferrer, "depth">;

/** What was found at one depth. Fails where nothing may be found so deep any more. */
function attachedAt(depth: number, attached: readonly Attached[]): FoundReferrer[] {
  if (attached.length > 0 && depth > MAX_REFERRER_DEPTH) {
    throw tooMany(`referrers of referrers, more than ${MAX_REFERRER_DEPTH} deep`);
  }
  // A manifest that is its own signature, by a tag, is a loop and nothing to bring.
  return attached.filter(({ root, subject }) => root.digest !== subject).map((each) => ({ ...each, depth }));
}

/** Which of these manifests were found under tags of cosign's and not as referrers besides. */
function onlyTagged(roots: readonly Descriptor[], attached: readonly FoundReferrer[]): Digest[] {
  const referrers = new Set(attached.flatMap(({ root, tag }) => (tag === undefined ? root.digest : [])));
  return roots.map(({ digest }) => digest).filter((digest) => !referrers.has(digest));
}

function addAll<T>(set: Set<T>, values: readonly T[]): void {
  for (const value of values) {
    set.add(value);
  }
}

/** Whether a tag is there; `undefined` where that is not known. */
type HasTag = (tag: string) => boolean | undefined;

async function taggedAfter(subject: Digest, has: HasTag, { content, now }: ReferrerSource): Promise<Attached[]> {
  const askedAt = now();
  const tagged = await mapLimited(
    cosignTags(subject).filter((tag) => has(tag) !== false),
    1,
    async (tag) => {
      const root = await unlessMissing(content.resolve(tag), has(tag) ? MISSING : UNSEEN);
      return root === undefined ? [] : [{ subject, root, tag, askedAt }];
    },
  );
  return tagged.flat();
}

async function listedUnder(subject: Digest, has: HasTag, source: ReferrerSource): Promise<Listed> {
  const askedAt = source.now();
  const byApi = await source.directory.referrers(subject);
  const listed = byApi ?? (await listedByTag(subject, has, source));
  return { referrers: distinct(listed).map((root) => ({ subject, root, askedAt })), isProven: byApi !== undefined };
}

/** What the fallback tag lists. */
async function listedByTag(subject: Digest, has: HasTag, source: ReferrerSource): Promise<Descriptor[]> {
  const tag = fallbackTag(subject);
  if (has(tag) === false) {
    return [];
  }
  const index = await unlessMissing(source.content.fetchManifest(tag), has(tag) ? MISSING : UNSEEN);
  return index === undefined ? [] : (readFallbackIndex(index, subject, "source") ?? []);
}

/** Those of a fallback tag's entries whose manifests say themselves that they are attached to the subject. */
async function thatNameTheirSubject(listed: readonly Attached[], source: ReferrerSource): Promise<Attached[]> {
  const named = await mapLimited(listed, 1, async ({ root, subject }) => {
    const content = await source.fetch(root).catch((error: unknown) => {
      throw asListed(error, root, fallbackTag(subject));
    });
    return parseAtSource(content).subject?.digest;
  });
  return listed.filter(({ subject }, index) => named[index] === subject);
}

/** How it is said that a tag is not there, … */
export const MISSING: readonly CopyErrorCode[] = ["not-found"];

/** … and by some registries, to who may read all the rest, of one that nobody has seen: 403 (Q59). */
export const UNSEEN: readonly CopyErrorCode[] = ["not-found", "access-denied"];

/** What is there, or `undefined` where the answer is one of these failures. */
export async function unlessMissing<T>(answer: Promise<T>, missing: readonly CopyErrorCode[]): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (missing.includes(failureOf(error).code)) {
      return undefined;
    }
    throw error;
  }
}

/** Says of a manifest that can't be had that it is one of those which the fallback tag lists. */
function asListed(error: unknown, { digest }: Descriptor, tag: string): unknown {
  return error instanceof CopyError && error.failure.code === "not-found"
    ? new CopyError(
        { ...error.failure, message: `The tag ${tag} lists the referrer ${digest}, which is not there: ${error.failure.message}` },
        error,
      )
    : error;
}

function distinct(descriptors: readonly Descriptor[]): Descriptor[] {
  return [...new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor])).values()];
}

function tooMany(what: string): CopyError {
  return new CopyError({
    code: "unsupported",
    message: `The image has ${what}; copy it without "referrers"`,
    retry: "never",
    side: "source",
  });
}
