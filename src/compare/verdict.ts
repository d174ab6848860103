/** Decides how two references are related (contract §4). Pure. */
import { compareImages, type ImageComparison, sameContent } from "./image-relation.ts";
import { compareIndexes, type EntryComparison, type IndexComparison } from "./index-entries.ts";
import { type IndexSubset, subsetOf } from "./index-subset.ts";
import type { ComparedSide } from "./read-sides.ts";
import type { Pair, SideName } from "./sides.ts";

/** How two references are related (contract §4); what each means stands at {@link judge}. */
export type Verdict =
  | "identical"
  | "single-platform-of-index"
  | "reserialized"
  | "recompressed"
  | "same-layers-new-config"
  | "shared-layers"
  | "unrelated";

/** The verdict, and the facts that it was reached by. */
export interface Judgement {
  verdict: Verdict;
  /** How the two images that were compared are related; unset where a side has none. */
  images?: ImageComparison;
  /** Where both sides are indexes. */
  indexes?: IndexComparison;
  /** Where one of two indexes lists some of the other's entries and nothing else. */
  subset?: IndexSubset;
  /** With `single-platform-of-index`: the side of the index. */
  indexSide?: SideName;
}

/**
 * Judges how two references are related: gives the first verdict that holds, in this order.
 *
 * 1. `identical`: the same bytes.
 * 2. `single-platform-of-index`: one side is an index, the other one of its images: the very manifest, or the same image under another manifest
 *    (the config says the same, and the content of the layers is the same). Other compression does not change this verdict; `same.layers` tells of it.
 * 3. `reserialized`: the same config and layers, or the same entries, in another manifest or index; also with a config that was converted
 *    between Docker's and OCI's form.
 * 4. `recompressed`: other layers with the same diff IDs.
 * 5. `same-layers-new-config`
 * 6. `shared-layers`: some layers in common; of indexes also, some entries.
 * 7. `unrelated`
 *
 * From 3 on, two indexes are judged by the compared platform; where that is the same image, the difference lies in other entries, and they share layers.
 */
export function judge(sides: Pair<ComparedSide>): Judgement {
  const { left, right } = sides;
  const images = left.image && right.image && compareImages(left.image, right.image);
  const indexes = left.outline && right.outline && compareIndexes({ ...left, outline: left.outline }, { ...right, outline: right.outline });
  const subset = indexes && subsetOf(indexes.entries, { left: left.candidates, right: right.candidates });
  const indexSide = sideOfIndex(sides, images);
  const facts = { ...(images && { images }), ...(indexes && { indexes }), ...(subset && { subset }) };
  if (sameContent(left.root.content, right.root.content)) {
    return { verdict: "identical", ...facts };
  }
  if (indexSide !== undefined) {
    return { verdict: "single-platform-of-index", ...facts, indexSide };
  }
  if (indexes !== undefined) {
    return { verdict: verdictOfIndexes(indexes.entries, images), ...facts };
  }
  return { verdict: images?.relation ?? "unrelated", ...facts };
}

/** The side that is an index over the image that the other side is. */
function sideOfIndex({ left, right }: Pair<ComparedSide>, images: ImageComparison | undefined): SideName | undefined {
  const { relation, sameConfig } = images ?? {};
  if (relation !== "identical" && relation !== "reserialized" && !(relation === "recompressed" && sameConfig)) {
    return undefined;
  }
  const isIndex = (side: ComparedSide) => side.root.parsed.kind === "index";
  if (isIndex(left) === isIndex(right)) {
    return undefined;
  }
  return isIndex(left) ? "left" : "right";
}

function verdictOfIndexes({ same, different, onlyLeft, onlyRight }: EntryComparison, images: ImageComparison | undefined): Verdict {
  if (different.length === 0 && onlyLeft.length === 0 && onlyRight.length === 0) {
    return "reserialized";
  }
  const relation = images?.relation ?? "unrelated";
  return relation === "identical" || (relation === "unrelated" && same.length > 0) ? "shared-layers" : relation;
}
