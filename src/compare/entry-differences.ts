/** What differs between the entries of two indexes, each at its place on either side. Pure. */
import { type Difference, difference, fieldDifferences } from "./field-differences.ts";
import type { ComparedEntry, EntryComparison, IndexComparison } from "./index-entries.ts";
import type { Pair } from "./sides.ts";

/**
 * Gives the differences between what two indexes list, and after them those between the indexes within them: first what has another digest, then what is
 * on one side only, then what is the same content in another order or under other words. An entry that only moves up since another one went is none.
 */
export function* entryDifferences(indexes: IndexComparison): Generator<Difference, undefined> {
  yield* listDifferences(indexes.entries, indexes);
  yield* listDifferences(indexes.inner, indexes);
}

function* listDifferences(
  { same, different, onlyLeft, onlyRight }: EntryComparison,
  { moved, paths }: IndexComparison,
): Generator<Difference, undefined> {
  for (const pair of different) {
    yield* pairDifferences(pair);
  }
  for (const { path, json } of onlyLeft) {
    const { left, right, ...place } = difference("index", { path, left: json, right: null });
    yield { ...place, ...(paths.right.has(path) && { rightPath: null }), left, right };
  }
  for (const { path, json } of onlyRight) {
    const { left, right, ...place } = difference("index", { path, left: null, right: json });
    yield { ...place, ...(paths.left.has(path) && { leftPath: null }), left, right };
  }
  for (const pair of same) {
    if (moved.has(pair.left)) {
      const { digest } = pair.left.descriptor;
      yield placed(pair, difference("index", { path: "/digest", left: digest, right: digest }));
    }
    yield* pairDifferences(pair);
  }
}

function pairDifferences(pair: Pair<ComparedEntry>): Difference[] {
  return fieldDifferences("index", pair.left.json, pair.right.json).map((found) => placed(pair, found));
}

/** A difference within two descriptors, told by where in the indexes these stand. */
function placed({ left: one, right: other }: Pair<ComparedEntry>, { document, path, left, right }: Difference): Difference {
  return { document, path: one.path + path, ...(one.path !== other.path && { rightPath: other.path + path }), left, right };
}
