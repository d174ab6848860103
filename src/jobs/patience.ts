/** How long a job goes on trying, decided in one place. Pure. */
import { backoffMs, type RetryPolicy } from "../net/retry-policy.ts";
import type { Failure } from "../oci/errors.ts";
import type { Pause } from "./hosts/host-link.ts";

/** Longest wait that a registry may ask for; Docker Hub's pull limit counts in windows of six hours. */
export const MAX_ASKED_WAIT_MS = 6 * 60 * 60 * 1000;

/** A registry that asks for less than this asks for nothing: some name microseconds, or zero, while they are down for good. */
export const SHORTEST_ASKED_MS = 500;

/** A job that is older than this ends at its next interruption, whatever the registries ask for. */
export const MAX_JOB_AGE_MS = 24 * 60 * 60 * 1000;

/** Deaths in a row without a step forward after which a job is taken for what kills its process. */
const MAX_DEATHS = 25;

/** Between wake-ups of a job that found a registry out of order; the requests inside a wake-up have a quicker policy of their own. */
const SETBACK_POLICY: RetryPolicy = { maxAttempts: Number.POSITIVE_INFINITY, baseMs: 1_000, maxMs: 15_000, inlineWaitMs: 0 };

/** The pause that a failure's registry asked for, to be kept by everybody; `undefined` where it asked for none, or for one that is too long. */
export function askedPause({ waitMs = 0, message }: Failure, nowMs: number): Pause | undefined {
  return waitMs >= SHORTEST_ASKED_MS && waitMs <= MAX_ASKED_WAIT_MS ? { until: nowMs + waitMs, reason: message } : undefined;
}

/** What a job's document says of a pause that a registry has asked for. */
export function waitingReason({ registry, message }: Failure): string {
  return `${registry ?? "A registry"} asked for a pause: ${message}`;
}

/** What a job ends with whose process has died so often in a row, or `undefined` where it may go on. */
export function afterDeaths(deaths: number): Failure | undefined {
  const message = `The job's process died ${deaths} times without a step forward`;
  return deaths >= MAX_DEATHS ? { code: "internal", message, retry: "never" } : undefined;
}

/** How long and how often a job has been held up. */
export interface Trouble {
  /** When the job was submitted or last retried. */
  queuedAt: number;
  /** Since when nothing has gone forward, in milliseconds since the epoch, or null. */
  troubledSince: number | null;
  /** Interruptions in a row since then. */
  setbacks: number;
}

/** What a job does next: wait `until` then (milliseconds since the epoch), with the `reason` that its document shows, or end. */
export type Verdict = { next: "wait"; until: number; reason: string } | { next: "give-up" };

/**
 * What to do after a failure: wait until a time, or give up.
 *
 * A wait that the registry asked for is kept in full and does not use up patience. Everything else is tried again with growing
 * pauses until nothing has gone forward for `patienceMs`.
 */
export function afterSetback(failure: Failure, trouble: Trouble, patienceMs: number, nowMs: number, random: number): Verdict {
  if (failure.retry === "never" || nowMs - trouble.queuedAt > MAX_JOB_AGE_MS) {
    return { next: "give-up" };
  }
  const pause = backoffMs(SETBACK_POLICY, trouble.setbacks + 1, random);
  if ((failure.waitMs ?? 0) > MAX_ASKED_WAIT_MS) {
    return { next: "give-up" };
  }
  const asked = askedPause(failure, nowMs);
  if (asked !== undefined) {
    return { next: "wait", until: asked.until, reason: waitingReason(failure) };
  }
  if (nowMs + pause - (trouble.troubledSince ?? nowMs) > patienceMs) {
    return { next: "give-up" };
  }
  return { next: "wait", until: nowMs + pause, reason: `Trying again after: ${failure.message}` };
}
