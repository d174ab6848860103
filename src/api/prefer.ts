/** The `Prefer` header (RFC 7240), of which `wait` is known here. */

/** Longest wait that is granted, in seconds (contract §2). */
const MAX_WAIT_SECONDS = 60;

/**
 * Seconds that the caller would wait for the end of the job, at most {@link MAX_WAIT_SECONDS}; `undefined` where it said nothing that can be
 * understood, which is to be ignored (§2). The first `wait` counts, as the specification says of repeated preferences.
 */
export function preferredWait(header: string | null): number | undefined {
  // Cutting at commas inside quotes is harmless: it only makes pieces of other preferences that are ignored.
  for (const preference of (header ?? "").split(",")) {
    const [, value] = /^\s*wait\s*=\s*([^\s;]*)/i.exec(preference) ?? [];
    if (value !== undefined) {
      const seconds = value.replace(/^"(.*)"$/, "$1");
      return /^\d{1,9}$/.test(seconds) ? Math.min(Number(seconds), MAX_WAIT_SECONDS) : undefined;
    }
  }
  return undefined;
}
