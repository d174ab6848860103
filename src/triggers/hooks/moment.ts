/** Longest time that is taken, in characters: RFC 3339 with nanoseconds has 35. */
const MAX_LENGTH = 64;

/**
 * Returns the time of an event as the sender wrote it, or `undefined` where it is neither a number nor a text. Times are only compared for equality, so
 * they are not parsed: some senders send RFC 3339, others seconds, even as a float (`1.417566161e+09`).
 */
export function momentOf(value: unknown): string | undefined {
  if (typeof value === "number" && value > 0) {
    return String(value);
  }
  return typeof value === "string" && value !== "" && value.length <= MAX_LENGTH ? value : undefined;
}
