/** The `Prefer` header (RFC 7240), of which only `wait` is understood. */

/** Longest wait that is granted, in seconds (contract §2). */
const MAX_WAIT_SECONDS = 60;

/**
 * Returns how many seconds the caller prefers to wait for the end of the job, at most {@link MAX_WAIT_SECONDS}; `undefined` where the header is missing
 * or can't be understood, in which case it has to be ignored (RFC 7240 §2). Of repeated preferences the first counts (same section).
 */
export function preferredWait(header: string | null): number | undefined {
  // Splitting at commas within quotes does no harm: the pieces belong to other preferences, which are ignored.
  for (const preference of (header ?? "").split(",")) {
    const [, value] = /^\s*wait\s*=\s*([^\s;]*)/i.exec(preference) ?? [];
    if (value !== undefined) {
      const seconds = value.replace(/^"(.*)"$/, "$1");
      return /^\d{1,9}$/.test(seconds) ? Math.min(Number(seconds), MAX_WAIT_SECONDS) : undefined;
    }
  }
  return undefined;
}
