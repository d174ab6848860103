/** The `Prefer` header (RFC 7240), of which only `wait` is understood. */
import { HeaderReader } from "../net/header-grammar.ts";

/** Longest wait that is granted, in seconds (contract §2). */
const MAX_WAIT_SECONDS = 60;

/**
 * Returns how many seconds the caller prefers to wait for the end of the job, at most {@link MAX_WAIT_SECONDS}; `undefined` where the header is missing
 * or can't be understood, in which case it has to be ignored (RFC 7240 §2). Of repeated preferences the first counts (same section).
 */
export function preferredWait(header: string | null): number | undefined {
  const reader = new HeaderReader(header ?? "");
  while (!reader.done) {
    reader.skipSpace();
    const name = reader.token();
    reader.skipSpace();
    if (reader.take("=") && name?.toLowerCase() === "wait") {
      reader.skipSpace();
      const seconds = reader.value() ?? "";
      return /^\d{1,9}$/.test(seconds) ? Math.min(Number(seconds), MAX_WAIT_SECONDS) : undefined;
    }
    reader.until(",");
    reader.take(",");
  }
  return undefined;
}
