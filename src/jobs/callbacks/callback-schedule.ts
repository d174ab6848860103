/** When a callback is tried again. Pure. */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Pauses after each failed attempt (Standard Webhooks 1.0.0, "Deliverability and reliability"): eleven attempts within three days and a bit. */
export const PAUSES_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/** Each pause is longer by up to this part of it, so that what failed together does not come back together. */
const JITTER = 0.1;

/** A receiver that asks for more is not waited for any longer than the schedule's longest pause. */
const MAX_ASKED_MS = 24 * HOUR_MS;

/** What an answer means: `gone` (410) ends all callbacks of the job. A redirect is a failure: it would lead where nobody has allowed. */
export type Verdict = "delivered" | "gone" | "failed";

/** What the HTTP status of an answer means: `delivered` any 2xx, `gone` 410, `failed` everything else (Standard Webhooks 1.0.0). */
export function verdictOf(status: number): Verdict {
  if (status >= 200 && status < 300) {
    return "delivered";
  }
  return status === 410 ? "gone" : "failed";
}

/** The pause before the next attempt in milliseconds, or `undefined` after the last. `askedMs` is what the receiver's `Retry-After` said; the longer one holds. */
export function pauseAfter(attempts: number, random: number, askedMs = 0): number | undefined {
  const pause = PAUSES_MS[attempts - 1];
  return pause === undefined ? undefined : Math.max(Math.floor(pause * (1 + JITTER * random)), Math.min(askedMs, MAX_ASKED_MS));
}
