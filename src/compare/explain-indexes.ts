/** The sentences about what two indexes list. Pure. */
import { attestedBy } from "../oci/index-outline.ts";
import type { ComparedEntry, EntryComparison, IndexComparison } from "./index-entries.ts";
import type { IndexSubset } from "./index-subset.ts";
import type { Pair, SideName } from "./sides.ts";
import type { Judgement } from "./verdict.ts";
import { counted, listed } from "./wording.ts";

/** Says what two indexes have in common beyond the images that were compared. Nothing where a side is no index. */
export function explainIndexes({ indexes, subset, images }: Judgement): string[] {
  if (indexes === undefined) {
    return [];
  }
  const { entries, inner, moved } = indexes;
  const { same, different, onlyLeft, onlyRight } = entries;
  const names = (list: readonly { name: string }[]) => listed(list.map(({ name }) => name));
  const order =
    moved.size === 0 ? [] : [`In another order at right: ${names([...moved])}; an index's digest depends on the order of its entries.`];
  const relabelled = same.filter(({ left, right }) => left.key !== right.key && attestedBy(left.descriptor) === undefined);
  if (different.length + onlyLeft.length + onlyRight.length === 0) {
    return [relabelled.length === 0 ? sameEntriesSentence(inner) : `${SAME_BUT} for the same platforms: ${labels(relabelled)}.`, ...order];
  }
  const paired = [...same, ...different];
  const keysAt = (side: SideName, rest: readonly ComparedEntry[]) =>
    new Set([...paired.map((pair) => pair[side]), ...rest].map(({ key }) => key));
  const all = counted(same.length + different.length + onlyLeft.length, "entry", "entries");
  const within = countsOf(inner).left === 0 ? "" : ", those of indexes within it included";
  return [
    `Of the ${all} of the index at left${within}, ${same.length} ${same.length === 1 ? "is" : "are"} the same at right.`,
    ...(relabelled.length === 0 ? [] : [`For other platforms at right: ${labels(relabelled)}.`]),
    ...(different.length === 0 ? [] : [`Other digests at right: ${names(different.map((pair) => pair.left))}.`]),
    ...(onlyLeft.length === 0 ? [] : [`Missing at right: ${namesBeside(onlyLeft, keysAt("right", onlyRight))}.`]),
    ...(onlyRight.length === 0 ? [] : [`Only at right: ${namesBeside(onlyRight, keysAt("left", onlyLeft))}.`]),
    ...order,
    ...(subset === undefined ? [] : subsetSentences(subset)),
    ...(images?.relation === "identical" || images === undefined
      ? []
      : ["Of the entries that differ only the compared platform was looked into."]),
  ];
}

const SAME_BUT = "Both indexes list the same manifests, by digest, but not";

function labels(pairs: readonly Pair<ComparedEntry>[]): string {
  return pairs.map(({ left, right }) => `what is ${left.name} at left is ${right.name} at right`).join(", ");
}

/** The names of entries without a counterpart; with their digests where the other side has something else of that name. */
function namesBeside(entries: readonly ComparedEntry[], others: ReadonlySet<string>): string {
  return listed(entries.map(({ name, key, descriptor }) => (others.has(key) ? `${name} (${descriptor.digest})` : name)));
}

function sameEntriesSentence(inner: IndexComparison["inner"]): string {
  const { left, right } = countsOf(inner);
  if (left === right) {
    return `Both indexes list the same manifests, by digest; only ${inner.same.length === left ? "the index itself was" : "the indexes were"} written anew.`;
  }
  const [one, other] = [left === 0 ? "no index" : counted(left, "index", "indexes"), right === 0 ? "none" : right];
  return `${SAME_BUT} in the same arrangement: left has ${one} within it, right ${other}.`;
}

function countsOf({ same, different, onlyLeft, onlyRight }: EntryComparison): { left: number; right: number } {
  const paired = same.length + different.length;
  return { left: paired + onlyLeft.length, right: paired + onlyRight.length };
}

/** Which side is the smaller one, of what, and why that changes the digest. */
function subsetSentences({ side, kept, gone }: IndexSubset): string[] {
  const what =
    gone.length === 0
      ? "with fewer entries"
      : `with fewer platforms: it has ${kept.length === 0 ? "none of them" : listed(kept)}, and no longer ${listed(gone)}`;
  return [
    `The index at ${side} was written anew ${what}. Each manifest that it still lists is the same, byte for byte, but an index's digest is of the list itself, so a shorter list has a new digest.`,
    ...(gone.length === 0 ? [] : ['Copying some of the platforms makes that: crane index filter, "index": "rewrite" here.']),
  ];
}
