/** Finds everything that is attached to manifests at the source: signatures, SBOMs, attestations, and what is attached to those. */
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { ContentDirectory } from "../oci/directory.ts";
import { CopyError, type CopyErrorCode, failureOf } from "../oci/errors.ts";
import { readFallbackIndex } from "../oci/fallback-index.ts";
import { isIndex } from "../oci/media-types.ts";
import { cosignTags, fallbackTag } from "../oci/referrer-tags.ts";
import type { ContentSource, ManifestContent } from "../oci/store.ts";
import type { DigestTags } from "./digest-tags.ts";
import { mapLimited, parseAtSource } from "./walk.ts";

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

export interface ReferrerSource {
  directory: Pick<ContentDirectory, "referrers">;
  tags: DigestTags;
  /** A manifest by its digest; it may be remembered. */
  fetch(descriptor: Descriptor): Promise<ManifestContent>;
  /** What stands under a tag now. */
  content: Pick<ContentSource, "fetchManifest" | "resolve">;
  now(): number;
}

/**
 * Finds what is attached to these manifests, and to what is found, breadth first; each once, those nearer to the image first.
 *
 * By the referrers API, which is asked once for each manifest, else by the fallback tag; cosign's tags besides. A manifest that was seen before is
 * not looked at again, so loops end. Fails with the source's failures; with `unsupported` past the limits above.
 */
export async function findReferrers(subjects: readonly Digest[], source: ReferrerSource): Promise<FoundReferrer[]> {
  const found: FoundReferrer[] = [];
  const seen = new Set<Digest>(subjects);
  let level = [...seen];
  for (let depth = 1; level.length > 0; depth++) {
    const has = await source.tags.look(level);
    const attached = (await mapLimited(level, WIDTH, (subject) => attachedTo(subject, has, source))).flat();
    if (attached.length > 0 && depth > MAX_REFERRER_DEPTH) {
      throw tooMany(`referrers of referrers, more than ${MAX_REFERRER_DEPTH} deep`);
    }
    // A manifest that is its own signature, by a tag, is a loop and nothing to bring.
    const fresh = attached.filter(({ root, subject }) => root.digest !== subject).map((each) => ({ ...each, depth }));
    found.push(...fresh);
    if (found.length > MAX_REFERRERS) {
      throw tooMany(`more than ${MAX_REFERRERS} referrers`);
    }
    const roots = distinct(fresh.map(({ root }) => root)).filter(({ digest }) => !seen.has(digest));
    level = (await mapLimited(roots, WIDTH, (root) => manifestsOf(root, source.fetch))).flat().filter((digest) => !seen.has(digest));
    level = [...new Set(level)];
    for (const digest of level) {
      seen.add(digest);
    }
  }
  return found;
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

async function attachedTo(subject: Digest, has: (tag: string) => boolean | undefined, source: ReferrerSource): Promise<Attached[]> {
  const askedAt = source.now();
  const listed = (await source.directory.referrers(subject)) ?? (await listedByTag(subject, has, source));
  const tagged = await mapLimited(
    cosignTags(subject).filter((tag) => has(tag) !== false),
    1,
    async (tag) => {
      const root = await unlessMissing(source.content.resolve(tag), has(tag) ? MISSING : UNSEEN);
      return root === undefined ? [] : [{ subject, root, tag, askedAt }];
    },
  );
  return [...distinct(listed).map((root) => ({ subject, root, askedAt })), ...tagged.flat()];
}

/** The referrers that the fallback tag lists: those of its entries whose manifests say themselves that they are attached to the subject. */
async function listedByTag(subject: Digest, has: (tag: string) => boolean | undefined, source: ReferrerSource): Promise<Descriptor[]> {
  const tag = fallbackTag(subject);
  if (has(tag) === false) {
    return [];
  }
  const index = await unlessMissing(source.content.fetchManifest(tag), has(tag) ? MISSING : UNSEEN);
  const entries = index === undefined ? [] : (readFallbackIndex(index, subject, "source") ?? []);
  const manifests = await mapLimited(distinct(entries), 1, async (entry) => {
    const content = await source.fetch(entry).catch((error: unknown) => {
      throw asListed(error, entry, tag);
    });
    return { entry, subject: parseAtSource(content).subject?.digest };
  });
  return manifests.filter((manifest) => manifest.subject === subject).map(({ entry }) => entry);
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
