/** An index as far as platforms are concerned, and what is left of it when some of them are chosen. Pure. */
import type { Descriptor, Platform } from "./descriptor.ts";
import { type Digest, digestOf, parseDigest } from "./digest.ts";
import { invalidManifest, isDeeperThan, MAX_LEVELS, parseVerbatim } from "./manifest-json.ts";
import { formatPlatform, matchesPlatform, platformKey } from "./platform.ts";
import type { ManifestContent } from "./store.ts";

/** What BuildKit says in an attestation's descriptor: which image it is about. */
const SUBJECT_ANNOTATION = "vnd.docker.reference.digest";

/** One entry of an index: a descriptor in its `manifests` (OCI image spec, image-index.md). */
export interface IndexEntry {
  descriptor: Descriptor;
  /** What it is for, as its descriptor or its config says; unset where it is for no platform. */
  platform?: Platform;
  /** What is in it, where it is an index for no one platform. */
  index?: IndexOutline;
}

/** An index and, for each of its entries, what that is for or what is in it. */
export interface IndexOutline {
  /** The index as it was read, byte for byte. */
  content: ManifestContent;
  /** In the index's order. */
  entries: readonly IndexEntry[];
}

/** What is kept of an index and of those within it. */
export interface KeptIndex {
  outline: IndexOutline;
  /** Its entries that are kept, in the index's order. */
  entries: readonly IndexEntry[];
  /** What is kept of the indexes in it, by their digest. */
  within: ReadonlyMap<Digest, KeptIndex>;
}

/** The image that an index's entry is an attestation of; it has no platform of its own. */
export function attestedBy({ annotations }: Descriptor): Digest | undefined {
  return parseDigest(annotations?.[SUBJECT_ANNOTATION] ?? "");
}

/**
 * Keeps the entries for the wanted platforms, with their attestations, and the indexes that hold one.
 *
 * Here as in all that goes through indexes below, each is gone through once, however often others name it: eight levels of indexes that each name the
 * next one a thousand times have 10^24 ways down.
 */
export function keepPlatforms(outline: IndexOutline, wanted: readonly Platform[], known = new Map<Digest, KeptIndex>()): KeptIndex {
  const { digest } = outline.content.descriptor;
  const kept = known.get(digest) ?? keepEntries(outline, wanted, known);
  known.set(digest, kept);
  return kept;
}

/**
 * An entry counts by its own platform, not by its digest: two entries may name one manifest for two platforms. Only an attestation is kept by a
 * digest, that of the image which it is about.
 */
function keepEntries(outline: IndexOutline, wanted: readonly Platform[], known: Map<Digest, KeptIndex>): KeptIndex {
  const within = new Map<Digest, KeptIndex>();
  const images = new Set<Digest>();
  const chosen = new Set<IndexEntry>();
  for (const entry of outline.entries) {
    const { descriptor, platform, index } = entry;
    if (attestedBy(descriptor) !== undefined) {
      continue;
    }
    if (platform !== undefined && wanted.some((one) => matchesPlatform(one, platform))) {
      images.add(descriptor.digest);
      chosen.add(entry);
    } else if (index !== undefined) {
      const kept = keepPlatforms(index, wanted, known);
      if (kept.entries.length > 0) {
        within.set(descriptor.digest, kept);
        chosen.add(entry);
      }
    }
  }
  const isKept = (entry: IndexEntry) => {
    const subject = attestedBy(entry.descriptor);
    return chosen.has(entry) || (subject !== undefined && images.has(subject));
  };
  return { outline, entries: outline.entries.filter(isKept), within };
}

/** Every entry for a platform, those of indexes within included, in order; those of an index that is named again only once. */
export function platformEntries(outline: IndexOutline, seen = new Set<Digest>()): (IndexEntry & { platform: Platform })[] {
  const { digest } = outline.content.descriptor;
  if (seen.has(digest)) {
    return [];
  }
  seen.add(digest);
  return outline.entries.flatMap(({ descriptor, platform, index }) =>
    platform !== undefined ? [{ descriptor, platform }] : index === undefined ? [] : platformEntries(index, seen),
  );
}

/** The platforms as texts, each once; one that is spelt in several ways as it is spelt first. */
export function platformNames(platforms: readonly Platform[]): string[] {
  const names = new Map<string, string>();
  for (const platform of platforms) {
    const key = platformKey(platform);
    if (!names.has(key)) {
      names.set(key, formatPlatform(platform));
    }
  }
  return [...names.values()];
}

/** Digests of the manifests that the index and those within it name and that are not copied. */
export function leftOutOf(index: KeptIndex): Set<Digest> {
  const named = new Set<Digest>();
  const kept = new Set<Digest>();
  const visited = new Set<KeptIndex>();
  const visit = (each: KeptIndex) => {
    if (visited.has(each)) {
      return;
    }
    visited.add(each);
    for (const { descriptor } of each.outline.entries) {
      named.add(descriptor.digest);
    }
    for (const { descriptor } of each.entries) {
      kept.add(descriptor.digest);
    }
    for (const inner of each.within.values()) {
      visit(inner);
    }
  };
  visit(index);
  return new Set([...named].filter((digest) => !kept.has(digest)));
}

/**
 * Writes an index anew with what is kept of it; one of which everything is kept stays byte for byte. Gives it last, after the indexes within it
 * that had to be written anew.
 *
 * Every other field stays, in its place and with its value; the media type too. The same index and choice give the same bytes. Fails with
 * `manifest-invalid` where one is nested too deeply for that.
 */
export function rewriteIndex(kept: KeptIndex): ManifestContent[] {
  const written = new Map<Digest, ManifestContent>();
  const write = ({ outline, entries, within }: KeptIndex): ManifestContent => {
    const { digest } = outline.content.descriptor;
    const renamed = new Map<Digest, ManifestContent>();
    for (const [inner, index] of within) {
      const content = written.get(inner) ?? write(index);
      if (content.descriptor.digest !== inner) {
        renamed.set(inner, content);
      }
    }
    const isWhole = renamed.size === 0 && entries.length === outline.entries.length;
    const content = isWhole ? outline.content : writeAnew(outline, entries, renamed);
    written.set(digest, content);
    return content;
  };
  const root = write(kept);
  const made = [...written].filter(([digest, { descriptor }]) => descriptor.digest !== digest).map(([, content]) => content);
  return made.includes(root) ? made : [...made, root];
}

function writeAnew(
  { content, entries: all }: IndexOutline,
  entries: readonly IndexEntry[],
  renamed: ReadonlyMap<Digest, ManifestContent>,
): ManifestContent {
  const body = parseVerbatim(content.bytes);
  if (isDeeperThan(body, MAX_LEVELS)) {
    throw invalidManifest(`It has more than ${MAX_LEVELS} levels, too many to be written anew`);
  }
  const kept = new Set(entries);
  const manifests = (body.manifests as Record<string, unknown>[]).flatMap((json, position) => {
    const entry = all[position] as IndexEntry;
    return kept.has(entry) ? [writeEntry(json, entry.index && renamed.get(entry.descriptor.digest))] : [];
  });
  const bytes = Uint8Array.from(new TextEncoder().encode(JSON.stringify({ ...body, manifests })));
  const { mediaType } = content.descriptor;
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes };
}

/** An entry's JSON, naming the index that stands in its index's place now; the old one's content in `data` goes. */
function writeEntry(entry: Record<string, unknown>, renamed: ManifestContent | undefined): Record<string, unknown> {
  if (renamed === undefined) {
    return entry;
  }
  const { data: _, ...rest } = entry;
  return { ...rest, digest: renamed.descriptor.digest, size: renamed.descriptor.size };
}
