/** Medians, and ratios of runs that were made side by side. */

/** The middle value, of an even number the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}

/** The median of `left[i] / right[i]`: each run against the one that was made next to it, so that a drift of the machine cancels out. */
export function pairedRatio(left: readonly number[], right: readonly number[]): number {
  return median(left.slice(0, right.length).map((value, index) => value / (right[index] ?? Number.NaN)));
}

/** The median of `left[i] - right[i]`. */
export function pairedDifference(left: readonly number[], right: readonly number[]): number {
  return median(left.slice(0, right.length).map((value, index) => value - (right[index] ?? Number.NaN)));
}
