/** Two indexes, entry by entry: what is the same, what differs, what is on one side only. Pure; the entries themselves are not read. */
import type { Descriptor, Platform } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { attestedBy, type IndexOutline } from "../oci/index-outline.ts";
import type { JsonRecord } from "../oci/manifest-json.ts";
import { formatPlatform, platformKey } from "../oci/platform.ts";
import type { ComparedManifest } from "./read-image.ts";
import type { Pair, SideName } from "./sides.ts";

/** An index, and the JSON of it and of those within it. */
export interface ListedIndex {
  outline: IndexOutline;
  /** By digest; the index and every one within it are among them. */
  manifests: ReadonlyMap<Digest, ComparedManifest>;
}

/** An entry of an index, or of an index within it, and where it stands. */
export interface ComparedEntry {
  descriptor: Descriptor;
  /** The descriptor as it stands in the index, with the fields that a copy needs nothing of. */
  json: JsonRecord;
  /** How many entries stand before it, those of indexes within the index included; an index within stands before what it lists. */
  position: number;
  /** JSON pointer (RFC 6901) into the index; into one within it, after the pointer to that one's entry: `/manifests/0/manifests/2`. */
  path: string;
  /** What to call it: its platform, else what kind of thing it is. */
  name: string;
  /** What it is paired by: its name with the platform in the one spelling of its meaning, so that `linux/arm64` and `linux/arm64/v8` belong together. */
  key: string;
}

/** How the entries of two indexes belong together. Each entry is in one of the lists. */
export interface EntryComparison {
  /** In both, by digest. In left's order, as all of these. */
  same: readonly Pair<ComparedEntry>[];
  /** For the same platform, however each side spells it, with another digest. */
  different: readonly Pair<ComparedEntry>[];
  /** Without a counterpart at right; in left's order. */
  onlyLeft: readonly ComparedEntry[];
  /** Without a counterpart at left; in right's order. */
  onlyRight: readonly ComparedEntry[];
}

/** Two indexes with all that is in them. */
export interface IndexComparison {
  /** What they list in the end: images, attestations, artifacts, whether the index names them itself or one within it does. */
  entries: EntryComparison;
  /** The indexes within them. */
  inner: EntryComparison;
  /** Left's part of each pair that stands in another order at right, among what both sides have; in left's order. What one side lacks moves nothing. */
  moved: ReadonlySet<ComparedEntry>;
  /** The pointers at which each side has an entry. */
  paths: Pair<ReadonlySet<string>>;
}

/** Compares what two indexes list, wherever it stands in them: one with indexes in it and a flat one may list the same images. */
export function compareIndexes(left: ListedIndex, right: ListedIndex): IndexComparison {
  const [lefts, rights] = [entriesOf(left), entriesOf(right)];
  const entries = pairEntries(lefts.entries, rights.entries);
  const inner = pairEntries(lefts.inner, rights.inner);
  const moved = movedAmong([...entries.same, ...entries.different, ...inner.same, ...inner.different]);
  return { entries, inner, moved, paths: { left: pathsOf(lefts), right: pathsOf(rights) } };
}

function movedAmong(pairs: readonly Pair<ComparedEntry>[]): Set<ComparedEntry> {
  const inOrderOf = (side: SideName) => pairs.toSorted((one, other) => one[side].position - other[side].position);
  const atRight = inOrderOf("right");
  return new Set(inOrderOf("left").flatMap((pair, place) => (pair === atRight[place] ? [] : [pair.left])));
}

function pathsOf({ entries, inner }: Listed): Set<string> {
  return new Set([...entries, ...inner].map(({ path }) => path));
}

/**
 * Pairs entries: first those of one digest, then, of the rest, those of one key in their order. Several entries for one platform (versions of a
 * system, attestations) are so told apart as far as that goes.
 */
function pairEntries(lefts: readonly ComparedEntry[], rights: readonly ComparedEntry[]): EntryComparison {
  const rest = new Set(rights);
  const same = paired(lefts, rest, ({ descriptor }) => descriptor.digest);
  const matched = new Set(same.map((pair) => pair.left));
  const others = lefts.filter((entry) => !matched.has(entry));
  const different = paired(others, rest, ({ key }) => key);
  const differing = new Set(different.map((pair) => pair.left));
  return { same, different, onlyLeft: others.filter((entry) => !differing.has(entry)), onlyRight: [...rest] };
}

/** Pairs entries by a key, and takes those that found one out of `rights`. */
function paired(lefts: readonly ComparedEntry[], rights: Set<ComparedEntry>, key: (entry: ComparedEntry) => string): Pair<ComparedEntry>[] {
  const byKey = Map.groupBy([...rights].reverse(), key);
  return lefts.flatMap((left) => {
    const right = byKey.get(key(left))?.pop();
    if (right === undefined) {
      return [];
    }
    rights.delete(right);
    return [{ left, right }];
  });
}

type Found = Omit<ComparedEntry, "name" | "key">;

/** Everything that an index lists, in order, and apart from it the indexes within that list it. */
interface Listed {
  entries: readonly ComparedEntry[];
  inner: readonly ComparedEntry[];
}

function entriesOf({ outline, manifests }: ListedIndex): Listed {
  const entries: Found[] = [];
  const inner: Found[] = [];
  const collect = (index: IndexOutline, at: string) => {
    const list = manifests.get(index.content.descriptor.digest)?.body.manifests as readonly JsonRecord[];
    for (const [place, { descriptor, index: within }] of index.entries.entries()) {
      const path = `${at}/manifests/${place}`;
      const json = list[place] as JsonRecord;
      (within === undefined ? entries : inner).push({ descriptor, json, path, position: entries.length + inner.length });
      if (within !== undefined) {
        collect(within, path);
      }
    }
  };
  collect(outline, "");
  const byDigest = new Map(entries.toReversed().map(({ descriptor }) => [descriptor.digest, descriptor]));
  const named = (found: Found): ComparedEntry => ({
    ...found,
    name: nameOf(found.descriptor, byDigest, formatPlatform),
    key: nameOf(found.descriptor, byDigest, platformKey),
  });
  return { entries: entries.map(named), inner: inner.map(named) };
}

function nameOf(descriptor: Descriptor, byDigest: ReadonlyMap<Digest, Descriptor>, textOf: (platform: Platform) => string): string {
  const subject = attestedBy(descriptor);
  if (subject !== undefined) {
    const image = byDigest.get(subject);
    return `attestation of ${image?.platform === undefined ? subject : textOf(image.platform)}`;
  }
  return descriptor.platform === undefined ? (descriptor.artifactType ?? descriptor.mediaType) : textOf(descriptor.platform);
}
