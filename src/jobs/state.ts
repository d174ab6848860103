/**
 * What states jobs, destinations, manifests and blobs can be in, and every step between them. Pure.
 *
 * The rows in SQLite are the truth; this table says which updates are allowed, and `WHERE status IN (…)` in the stores
 * enforces it, so that a step done twice or finished late changes nothing.
 *
 * | job | on | becomes |
 * |---|---|---|
 * | queued | its alarm wakes it | running |
 * | queued, running | every destination ended, none failed | succeeded |
 * | queued, running | every destination ended, one failed | failed |
 * | queued, running | a cancel was asked for and the carriers have stopped | cancelled |
 * | failed, cancelled | a retry is asked for | queued (destinations that failed are pending again; what is there stays) |
 * | succeeded | anything | succeeded |
 *
 * | destination | on | becomes |
 * |---|---|---|
 * | pending | its tag had the digest before anything was written | unchanged |
 * | pending | its tag has another digest and is not to be overwritten | skipped |
 * | pending | a newer resolution was written to its tag | superseded |
 * | pending | its manifest was put and confirmed | copied |
 * | pending | a failure that no retry mends, or patience ran out | failed |
 *
 * | blob or manifest at one destination repository | on | becomes |
 * |---|---|---|
 * | pending | confirmed there | done |
 */
import type { DestinationStatus, JobStatus } from "./document.ts";

/** Job states that only a retry leaves. */
export const ENDED: readonly JobStatus[] = ["succeeded", "failed", "cancelled"];

const JOB_STEPS: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  queued: ["running", "failed", "cancelled"],
  running: ["succeeded", "failed", "cancelled"],
  failed: ["queued"],
  cancelled: ["queued"],
  succeeded: [],
};

export function hasEnded(status: JobStatus): boolean {
  return ENDED.includes(status);
}

/** The states from which a job may become `status`. */
export function statesBefore(status: JobStatus): JobStatus[] {
  return (Object.keys(JOB_STEPS) as JobStatus[]).filter((from) => JOB_STEPS[from].includes(status));
}

/** How a job ends whose destinations have all ended, or `undefined` while one is pending. */
export function outcomeOf(destinations: readonly DestinationStatus[]): "succeeded" | "failed" | undefined {
  if (destinations.includes("pending")) {
    return undefined;
  }
  return destinations.includes("failed") ? "failed" : "succeeded";
}
