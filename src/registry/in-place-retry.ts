/** Tries a request again where that may help, for as long as it is sensible to hold everything else open meanwhile. */
import type { Effects } from "../net/effects.ts";
import { backoffMs, type RetryPolicy } from "../net/retry-policy.ts";
import { CopyError } from "../oci/errors.ts";

/**
 * Runs `send` until it succeeds, fails for good, or the policy is used up; then fails with the last failure.
 *
 * `registry-unavailable` and `rate-limited` are tried again, after a back-off; one that comes with a wait has it honoured in full and the back-off added,
 * so that many waiters don't come back in the same instant (Q137). A failure with a wait beyond `inlineWaitMs` is thrown at
 * once, for a caller that can wait at less cost; so is a `timeout`, which has already cost its time. Rejects with the signal's reason where it ends a pause.
 */
export async function withRetries<T>(effects: Effects, policy: RetryPolicy, signal: AbortSignal, send: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      const askedMs = askedPauseMs(error);
      if (askedMs === undefined || askedMs > policy.inlineWaitMs || attempt >= policy.maxAttempts) {
        throw error;
      }
      await effects.sleep(askedMs + backoffMs(policy, attempt, effects.random()), signal);
    }
  }
}

/** The least pause after a failure that may pass, in milliseconds; `undefined` after any other. */
function askedPauseMs(error: unknown): number | undefined {
  if (!(error instanceof CopyError)) {
    return undefined;
  }
  const { code, retry, waitMs = 0 } = error.failure;
  return retry === "later" && (code === "registry-unavailable" || code === "rate-limited") ? waitMs : undefined;
}
