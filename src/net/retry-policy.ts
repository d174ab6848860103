/** How often and after which pauses something is tried again, as data. */

/** When to stop trying, and how long to pause between two attempts. */
export interface RetryPolicy {
  /** Attempts in all, the first one included. */
  maxAttempts: number;
  /** Upper bound of the first pause, in milliseconds. */
  baseMs: number;
  /** Upper bound of every pause, in milliseconds. */
  maxMs: number;
  /** Longest pause, in milliseconds, that is waited for in place. A registry that asks for longer is tried again later, by the caller. */
  inlineWaitMs: number;
}

/** For single requests: five attempts with less than four seconds of pauses between them, more only where a registry asks for it. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = { maxAttempts: 5, baseMs: 250, maxMs: 10_000, inlineWaitMs: 20_000 };

/**
 * The pause, in whole milliseconds, after the failed attempt number `attempt` (1 is the first): full jitter,
 * `random × min(maxMs, baseMs × 2^(attempt − 1))`, which spreads many callers evenly over the interval
 * (M. Brooker, "Exponential Backoff And Jitter"). `random` is at least 0 and less than 1.
 */
export function backoffMs(policy: RetryPolicy, attempt: number, random: number): number {
  return Math.floor(random * Math.min(policy.maxMs, policy.baseMs * 2 ** (attempt - 1)));
}
