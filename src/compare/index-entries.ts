/** Two indexes, entry by entry: what is the same, what differs, what is on one side only. Pure; the entries themselves are not read. */
import type { Descriptor, Platform } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { attestedBy, type IndexOutline } from "../oci/index-outline.ts";
import { formatPlatform, platformKey } from "../oci/platform.ts";
import type { Pair } from "./sides.ts";

/** An entry of an index, or of an index within it, and where it stands. */
export interface ComparedEntry {
  descriptor: Descriptor;
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
}

/** Compares what two indexes list, wherever it stands in them: one with indexes in it and a flat one may list the same images. */
export function compareIndexes(left: IndexOutline, right: IndexOutline): IndexComparison {
  const [lefts, rights] = [entriesOf(left), entriesOf(right)];
  return { entries: pairEntries(lefts.entries, rights.entries), inner: pairEntries(lefts.inner, rights.inner) };
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

interface Found {
  descriptor: Descriptor;
  path: string;
}

/** Everything that an index lists, in order, and apart from it the indexes within that list it. */
function entriesOf(outline: IndexOutline): { entries: ComparedEntry[]; inner: ComparedEntry[] } {
  const entries: Found[] = [];
  const inner: Found[] = [];
  const collect = (index: IndexOutline, at: string) => {
    for (const [position, entry] of index.entries.entries()) {
      const path = `${at}/manifests/${position}`;
      (entry.index === undefined ? entries : inner).push({ descriptor: entry.descriptor, path });
      if (entry.index !== undefined) {
        collect(entry.index, path);
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
