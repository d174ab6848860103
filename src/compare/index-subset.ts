/** Whether one index lists some of another's entries and nothing else. Pure. */
import { type Candidate, platformsBeside, platformsOf } from "./choose-images.ts";
import type { EntryComparison } from "./index-entries.ts";
import type { Pair, SideName } from "./sides.ts";

/** An index that was made out of another one by leaving entries out. */
export interface IndexSubset {
  /** The side with fewer entries. */
  side: SideName;
  /** The side with all of them. */
  whole: SideName;
  /** Platforms of both, as texts, as the smaller side spells them. */
  kept: readonly string[];
  /** Platforms of the whole one only; none where what was left out is for no platform, as attestations are. */
  gone: readonly string[];
}

/** Tells which index is made of the other's entries; `undefined` where neither is, or where they have nothing in common. */
export function subsetOf(
  { same, different, onlyLeft, onlyRight }: EntryComparison,
  candidates: Pair<readonly Candidate[]>,
): IndexSubset | undefined {
  if (same.length === 0 || different.length > 0 || onlyLeft.length > 0 === onlyRight.length > 0) {
    return undefined;
  }
  const [side, whole] = onlyLeft.length > 0 ? (["right", "left"] as const) : (["left", "right"] as const);
  return { side, whole, kept: platformsOf(candidates[side]), gone: platformsBeside(candidates[whole], candidates[side]) };
}
