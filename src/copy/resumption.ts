/** How a carry has gone, and whether it goes on after a failure. Pure. */
import { backoffMs, type RetryPolicy } from "../net/retry-policy.ts";
import type { Failure, Side } from "../oci/errors.ts";

/**
 * Longest wait, in milliseconds, that is waited for in the middle of a blob, where the policy would rather have the caller wait: what was sent until then
 * would have to move again.
 */
const MIDWAY_WAIT_MS = 20_000;

/** What of a carry's past decides how it goes on. */
export interface Course {
  /** Bytes that the upload has taken. */
  sent: number;
  /** The most of them at any interruption; an upload that lost some goes back behind it. */
  furthest: number;
  /** Interruptions in a row in which `sent` did not get further. */
  fruitless: number;
  /** Whether the upload has to be asked what it holds before it is written to again. */
  isBroken: boolean;
  /** Whether the side that is read from has broken off again without progress: more than the last bytes of a read may be lost each time. */
  isFrail: boolean;
}

/** The course of a carry that begins with an upload of `sent` bytes. */
export function courseFrom(sent: number): Course {
  return { sent, furthest: sent, fruitless: 0, isBroken: false, isFrail: false };
}

/** A failure that a carry gets over: how it goes on, and after what wait in milliseconds. */
export interface Resumption {
  course: Course;
  waitMs: number;
}

/**
 * Decides how a carry from the side `from` goes on after a failure; `undefined` where it does not. That is so where
 *
 * - the failure says that trying again never helps,
 * - the upload, asked what it holds, says that it has to begin anew (`now`): its session is lost, and this carry's caller has to open another,
 * - the policy's attempts are used up without a byte of progress, or
 * - the other end asks for a wait that is longer than may be waited here: by the policy, and once bytes were sent at least {@link MIDWAY_WAIT_MS}.
 *
 * The wait is the one that the other end asks for, else the policy's; none for a failure with retry `now`, but that only once in a row: a registry may
 * say forever that the bytes belong elsewhere. `random` gives numbers from 0 to 1, and is asked only where the policy's wait is taken.
 */
export function resumption(
  before: Readonly<Course>,
  failure: Failure,
  from: Side,
  retry: RetryPolicy,
  random: () => number,
): Resumption | undefined {
  const fruitless = before.sent > before.furthest ? 1 : before.fruitless + 1;
  const isLost = before.isBroken && failure.retry === "now";
  if (failure.retry === "never" || isLost || fruitless >= retry.maxAttempts) {
    return undefined;
  }
  const isAtOnce = failure.retry === "now" && fruitless <= 1;
  const waitMs = isAtOnce ? 0 : (failure.waitMs ?? backoffMs(retry, fruitless, random()));
  const longestMs = before.sent === 0 ? retry.inlineWaitMs : Math.max(retry.inlineWaitMs, MIDWAY_WAIT_MS);
  if (failure.waitMs !== undefined && failure.waitMs > longestMs) {
    return undefined;
  }
  const furthest = Math.max(before.furthest, before.sent);
  const isBroken = before.isBroken || failure.side !== from;
  return { course: { sent: before.sent, furthest, fruitless, isBroken, isFrail: failure.side === from && fruitless >= 2 }, waitMs };
}
