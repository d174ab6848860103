/** Two indexes, entry by entry: what is the same, what differs, what is on one side only. Pure; the entries themselves are not read. */
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { attestedBy } from "../oci/index-outline.ts";
import { formatPlatform } from "../oci/platform.ts";
import type { ComparedManifest } from "./read-image.ts";
import type { Pair } from "./sides.ts";

/** An entry and its place in `manifests`. */
export interface IndexEntry {
  descriptor: Descriptor;
  index: number;
  /** What to call it: its platform, else what kind of thing it is. */
  name: string;
}

export interface EntryComparison {
  /** In both, by digest. In left's order, as all of these. */
  same: readonly Pair<IndexEntry>[];
  /** For the same platform, with another digest. */
  different: readonly Pair<IndexEntry>[];
  onlyLeft: readonly IndexEntry[];
  /** In right's order. */
  onlyRight: readonly IndexEntry[];
}

/**
 * Pairs the entries of two indexes: first those of one digest, then, of the rest, those of one name in their order. Several entries for
 * one platform (versions of a system, attestations) are so told apart as far as that goes.
 */
export function compareEntries(left: ComparedManifest, right: ComparedManifest): EntryComparison {
  const lefts = entriesOf(left);
  const rest = new Set(entriesOf(right));
  const same = paired(lefts, rest, ({ descriptor }) => descriptor.digest);
  const matched = new Set(same.map((pair) => pair.left));
  const others = lefts.filter((entry) => !matched.has(entry));
  const different = paired(others, rest, ({ name }) => name);
  const differing = new Set(different.map((pair) => pair.left));
  return { same, different, onlyLeft: others.filter((entry) => !differing.has(entry)), onlyRight: [...rest] };
}

/** Pairs entries by a key, and takes those that found one out of `rights`. */
function paired(lefts: readonly IndexEntry[], rights: Set<IndexEntry>, key: (entry: IndexEntry) => string): Pair<IndexEntry>[] {
  const byKey = Map.groupBy(rights, key);
  return lefts.flatMap((left) => {
    const right = byKey.get(key(left))?.shift();
    if (right === undefined) {
      return [];
    }
    rights.delete(right);
    return [{ left, right }];
  });
}

function entriesOf({ parsed }: ComparedManifest): IndexEntry[] {
  const byDigest = Map.groupBy(parsed.manifests, ({ digest }) => digest);
  return parsed.manifests.map((descriptor, index) => ({ descriptor, index, name: nameOf(descriptor, byDigest) }));
}

function nameOf(descriptor: Descriptor, byDigest: ReadonlyMap<Digest, readonly Descriptor[]>): string {
  const subject = attestedBy(descriptor);
  if (subject !== undefined) {
    const image = byDigest.get(subject)?.[0];
    return `attestation of ${image?.platform === undefined ? subject : formatPlatform(image.platform)}`;
  }
  return descriptor.platform === undefined ? (descriptor.artifactType ?? descriptor.mediaType) : formatPlatform(descriptor.platform);
}
