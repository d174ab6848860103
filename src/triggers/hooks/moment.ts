/** Longest moment, in characters: RFC 3339 with nanoseconds has 35. */
const MAX_LENGTH = 64;

/**
 * When something happened, in the sender's own words, or `undefined` where it says nothing of use. Only for telling moments apart: seconds, which may
 * come as a float (`1.417566161e+09`), and texts stay what they are.
 */
export function momentOf(value: unknown): string | undefined {
  if (typeof value === "number" && value > 0) {
    return String(value);
  }
  return typeof value === "string" && value !== "" && value.length <= MAX_LENGTH ? value : undefined;
}
