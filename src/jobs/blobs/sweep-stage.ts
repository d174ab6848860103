/** The hourly sweep of the stage. */
import { LEAST_CALLS, type SweepResult, sweepStage } from "../../staging/sweep.ts";

/**
 * Calls of the bucket that one sweep makes. Each is a subrequest, and the runtime ends an invocation at 10,000 of them (Workers docs,
 * "Limits", "Subrequests"); what the same invocation does for the schedule needs some too.
 */
export const MOST_CALLS = 7_000;

/**
 * Removes from the stage what was not used for `ttlMs`; returns what was done. A stage with more in it than one sweep can look at is gone
 * through in several, each of which begins where the one before ended: at the `cursor` that it gave. Fails where the bucket can't be listed;
 * the next sweep then begins where this one did.
 */
export async function sweepWholeStage(bucket: R2Bucket, nowMs: number, ttlMs: number, cursor?: string): Promise<SweepResult> {
  const sum: SweepResult = { deleted: 0, aborted: 0, failed: 0, calls: 0, ...(cursor === undefined ? {} : { cursor }) };
  do {
    const calls = MOST_CALLS - sum.calls;
    const result = await sweepStage(bucket, nowMs, ttlMs, { calls, ...(sum.cursor === undefined ? {} : { cursor: sum.cursor }) });
    sum.deleted += result.deleted;
    sum.aborted += result.aborted;
    sum.failed += result.failed;
    sum.calls += result.calls;
    const failure = sum.failure ?? result.failure;
    if (failure !== undefined) {
      sum.failure = failure;
    }
    if (result.cursor === undefined) {
      delete sum.cursor;
    } else {
      sum.cursor = result.cursor;
    }
  } while (sum.cursor !== undefined && sum.calls + LEAST_CALLS <= MOST_CALLS);
  return sum;
}
