/**
 * What states jobs, destinations, manifests and blobs can be in, and every step between them. Pure.
 *
 * The rows in SQLite are the truth; this table says which updates are allowed, and `WHERE status IN (…)` in the stores
 * enforces it, so that a step done twice or finished late changes nothing.
 *
 * | job | on | becomes |
 * |---|---|---|
 * | none | it is submitted: its row, its destinations and its alarm in one write | queued |
 * | queued | its first slice begins, beside the submission or by its alarm | running |
 * | running | a slice ends with more to do, a registry asks for patience or is out of order | running, `waiting` where it waits |
 * | running | its process dies: the alarm that was set beforehand goes off | running, with fewer carriers |
 * | running | every destination ended, none failed | succeeded |
 * | running | every destination ended, one failed; or patience ran out, or its process died again and again without a step forward | failed |
 * | queued, running | a cancel was asked for and the carriers have stopped | cancelled |
 * | failed, cancelled | a retry is asked for | queued |
 * | succeeded | anything | succeeded |
 * | succeeded, failed, cancelled | its time is over (`JOB_TTL_DAYS`) | none |
 *
 * | destination | on | becomes |
 * |---|---|---|
 * | none | the submission names it | pending |
 * | pending | its tag had the digest before anything was written, or another job wrote it meanwhile | unchanged |
 * | pending | its tag has another digest and is not to be overwritten | skipped |
 * | pending | a newer resolution was written to its tag | superseded |
 * | pending | its manifest was put and confirmed; in a dry run: it would be | copied |
 * | pending | a failure that no retry mends, patience ran out, or the job was cancelled | failed |
 * | failed | a retry of the job | pending, and looked at again; the others stay |
 *
 * | manifest, or referrer, at one destination repository | on | becomes |
 * |---|---|---|
 * | none | the image is planned for the repository: of its whole tree at once | pending, or existing where it was seen there |
 * | pending | put and confirmed there | done |
 * | pending | a dry run finds that it would be put | would-put, which its document calls pending |
 * | pending, done | the registry refuses a manifest for what it lacks: everything there is doubted | none, and planned again |
 * | pending, done | a retry, where the repository's destination failed | none, and planned again |
 *
 * | blob at one destination repository | on | becomes |
 * |---|---|---|
 * | none | a manifest that is to be put there names it | pending |
 * | pending | seen, mounted, sent, or brought by another job that has its lease | done, its `placement` says how |
 * | pending | a dry run finds what would happen to it | done, with the `placement` existing, would-mount or would-copy; its document calls the last two pending |
 * | pending | a slice ends while it is sent from the stage | pending, with its `upload` to go on with |
 * | pending | a slice ends while it is sent straight from the source | pending, `outlived` counts it: the next time by way of the stage |
 * | done | the registry refuses a manifest for what it lacks | pending |
 * | done | a retry, where the repository's destination failed | pending |
 *
 * | blob on its way into the stage | on | becomes |
 * |---|---|---|
 * | none | it is to be staged | in parts: a multipart upload, each part a checkpoint in its row (a blob of one part needs no row) |
 * | in parts | the last part is stored | joined: one object, which does not count yet |
 * | joined | the whole was checked against the digest | staged: the marker in the bucket says so, the row is gone |
 * | in parts, joined | the bytes are not the digest's, or the stage has lost them | none, and begun again a few times at most |
 * | staged | `STAGE_TTL_HOURS` after its last use | none |
 */
import type { DestinationStatus, JobStatus } from "./document.ts";

/** Job states that only a retry leaves. */
export const ENDED: readonly JobStatus[] = ["succeeded", "failed", "cancelled"];

const JOB_STEPS: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  queued: ["running", "cancelled"],
  running: ["succeeded", "failed", "cancelled"],
  failed: ["queued"],
  cancelled: ["queued"],
  succeeded: [],
};

/** Whether a job in this state is over: nothing happens to it any more unless it is retried. */
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
