/** What is copied of an image where only some of its platforms are wanted (contract §2, `platforms` and `index`). */
import { mapLimited } from "../net/map-limited.ts";
import type { Descriptor, Platform } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { CopyError } from "../oci/errors.ts";
import {
  attestedBy,
  type IndexEntry,
  type IndexOutline,
  type KeptIndex,
  keepPlatforms,
  leftOutOf,
  platformEntries,
  platformNames,
  rewriteIndex,
} from "../oci/index-outline.ts";
import type { ParsedManifest } from "../oci/manifest.ts";
import { isImageManifest, isIndex } from "../oci/media-types.ts";
import { formatPlatform, matchesPlatform } from "../oci/platform.ts";
import type { ManifestContent } from "../oci/store.ts";
import { atSource, MAX_INDEX_DEPTH, MAX_MANIFESTS, parseAtSource } from "./walk.ts";

/** Image manifests whose platform has to be looked up at once. */
const LOOK_UP_WIDTH = 4;

/** Platforms that a message names; the largest official images have some ten, with versions of Windows some twenty. */
const MAX_NAMES_SHOWN = 50;

/** Characters of each; `parsePlatform` takes no more than 200. */
const MAX_NAME_LENGTH = 200;

/** Which platforms a request asks for, and what their index becomes (contract §2). */
export interface PlatformChoice {
  /** Each has to be there; with `single`, exactly one. */
  platforms: readonly Platform[];
  /** `sparse`: the index as it is, with the wanted manifests alone. `single`: the one wanted manifest, without an index. `rewrite`: an index over what is wanted. */
  index: "sparse" | "single" | "rewrite";
  /**
   * Whether what is for no platform at all is copied whole: an artifact, or an index over such, in a job over all tags of a repository.
   * @default false it is an error
   */
  takesArtifacts?: boolean;
}

/** What is copied, and under which manifest. */
export interface Selection {
  /** What the destination's tag stands for in the end. */
  root: Descriptor;
  /** Manifests that an index names and that are not copied: only in a sparse index. */
  leftOut: ReadonlySet<Digest>;
  /** Indexes that were written anew, each after those that it names. */
  made: readonly ManifestContent[];
}

/** How the selection learns what is in an image. Both fail as they will. */
export interface PlatformReader {
  /** The manifest of this digest at the source. */
  readManifest(descriptor: Descriptor): Promise<ManifestContent>;
  /** What an image's config says that it is for; `undefined` where it says nothing. */
  platformOf(image: ParsedManifest): Promise<Platform | undefined>;
}

/** Everything, as it is. */
export function selectAll(root: Descriptor): Selection {
  return { root, leftOut: new Set(), made: [] };
}

/**
 * Chooses by platform. Of an image without an index that is all of it, where its config's platform is a wanted one.
 *
 * Fails with `not-found` where a wanted platform is not there, naming those that are, and with `unsupported` where `single` finds several
 * versions of a system.
 */
export async function selectPlatforms(root: Descriptor, choice: PlatformChoice, reader: PlatformReader): Promise<Selection> {
  const content = await reader.readManifest(root);
  const parsed = parseAtSource(content);
  if (parsed.kind === "image") {
    const platform = await platformOf(parsed, reader);
    if (platform === undefined && choice.takesArtifacts) {
      return selectAll(root);
    }
    refuseMissing(root, choice.platforms, platform === undefined ? [] : [platform]);
    return selectAll(root);
  }
  const outline = await readOutline(content, parsed, reader, { indexes: new Map(), images: new Map(), depth: 0 });
  const found = platformEntries(outline);
  if (found.length === 0 && choice.takesArtifacts) {
    return selectAll(root);
  }
  refuseMissing(
    root,
    choice.platforms,
    found.map(({ platform }) => platform),
  );
  if (choice.index === "single") {
    return selectAll(onlyOne(root, choice.platforms[0] as Platform, found));
  }
  const kept: KeptIndex = keepPlatforms(outline, choice.platforms);
  if (choice.index === "sparse") {
    return { root, leftOut: leftOutOf(kept), made: [] };
  }
  const made = rewriteAtSource(kept);
  const { descriptor } = made.at(-1) as ManifestContent;
  return descriptor.digest === root.digest ? selectAll(root) : { root: descriptor, leftOut: new Set(), made };
}

function rewriteAtSource(kept: KeptIndex): ManifestContent[] {
  try {
    return rewriteIndex(kept);
  } catch (error) {
    throw atSource(error);
  }
}

interface Way {
  /** Indexes that were read already. */
  indexes: Map<Digest, IndexOutline>;
  /** Images that are asked what they are for, each once, however often indexes name it. */
  images: Map<Digest, Promise<Platform | undefined>>;
  depth: number;
}

async function readOutline(content: ManifestContent, parsed: ParsedManifest, reader: PlatformReader, way: Way): Promise<IndexOutline> {
  const { digest } = content.descriptor;
  if (way.depth > MAX_INDEX_DEPTH || way.indexes.size > MAX_MANIFESTS) {
    throw tooLarge(digest, "too many indexes in it");
  }
  const platforms = await mapLimited(parsed.manifests, LOOK_UP_WIDTH, (child) => platformOfEntry(child, reader, way, digest));
  const entries: IndexEntry[] = [];
  for (const [position, descriptor] of parsed.manifests.entries()) {
    // An index is for what its entries are for, whatever its own entry says.
    const isWithin = isIndex(descriptor.mediaType) && attestedBy(descriptor) === undefined;
    const platform = isWithin ? undefined : platforms[position];
    const index = isWithin ? await outlineWithin(descriptor, reader, way) : undefined;
    entries.push({ descriptor, ...(platform && { platform }), ...(index && { index }) });
  }
  const outline = { content, entries };
  way.indexes.set(digest, outline);
  return outline;
}

async function outlineWithin(descriptor: Descriptor, reader: PlatformReader, way: Way): Promise<IndexOutline> {
  const known = way.indexes.get(descriptor.digest);
  if (known !== undefined) {
    return known;
  }
  const content = await reader.readManifest(descriptor);
  return await readOutline(content, parseAtSource(content), reader, { ...way, depth: way.depth + 1 });
}

/** What an entry is for. Some tools leave the platform out of the descriptor; the image's config has it then. */
async function platformOfEntry(child: Descriptor, reader: PlatformReader, { images }: Way, index: Digest): Promise<Platform | undefined> {
  if (attestedBy(child) !== undefined || child.platform !== undefined || !isImageManifest(child.mediaType)) {
    return attestedBy(child) === undefined ? child.platform : undefined;
  }
  if (images.size >= MAX_MANIFESTS && !images.has(child.digest)) {
    throw tooLarge(index, `more than ${MAX_MANIFESTS} images that don't say what they are for`);
  }
  const looking = images.get(child.digest) ?? lookUp(child, reader);
  images.set(child.digest, looking);
  return await looking;
}

async function lookUp(child: Descriptor, reader: PlatformReader): Promise<Platform | undefined> {
  return await platformOf(parseAtSource(await reader.readManifest(child)), reader);
}

/** A config that can't be read is the source's fault. */
async function platformOf(image: ParsedManifest, reader: PlatformReader): Promise<Platform | undefined> {
  try {
    return await reader.platformOf(image);
  } catch (error) {
    throw atSource(error);
  }
}

function tooLarge(index: Digest, what: string): CopyError {
  return new CopyError({ code: "manifest-invalid", message: `${index} is an index with ${what}`, retry: "never", side: "source" });
}

function refuseMissing(root: Descriptor, wanted: readonly Platform[], there: readonly Platform[]): void {
  const missing = wanted.filter((one) => !there.some((platform) => matchesPlatform(one, platform)));
  if (missing.length > 0) {
    const names = shownNames(there);
    throw new CopyError({
      code: "not-found",
      message: `${root.digest} is not there for ${shownNames(missing)}; it is for ${names || "no platform"}`,
      retry: "never",
      side: "source",
    });
  }
}

/** For a message: an index may name thousands, each of any length. */
function shownNames(platforms: readonly Platform[]): string {
  const names = platformNames(platforms);
  const more = names.length - MAX_NAMES_SHOWN;
  const shown = names.slice(0, MAX_NAMES_SHOWN).map((name) => name.slice(0, MAX_NAME_LENGTH));
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** The first entry for the platform, as the image spec asks; several versions of a system are not the same platform though. */
function onlyOne(root: Descriptor, wanted: Platform, found: readonly (IndexEntry & { platform: Platform })[]): Descriptor {
  const matching = found.filter(({ platform }) => matchesPlatform(wanted, platform));
  const versions = new Set(matching.map(({ platform }) => platform["os.version"]));
  if (versions.size > 1) {
    throw new CopyError({
      code: "unsupported",
      message: `${root.digest} has several images for ${formatPlatform(wanted)}: ${shownNames(matching.map(({ platform }) => platform))}. Name one of them, with its version.`,
      retry: "never",
      side: "source",
    });
  }
  const { digest, mediaType, size } = (matching[0] as IndexEntry).descriptor;
  return { digest, mediaType, size };
}
