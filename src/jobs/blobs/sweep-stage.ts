/** The hourly sweep of the stage. */
import { type SweepResult, sweepStage } from "../../staging/sweep.ts";

/** Lists of a thousand objects that one sweep looks through; the next hour's goes on where there are more. */
const MOST_LISTS = 50;

/** Removes from the stage what was not used for `ttlMs`; gives what was done. A sweep that breaks off is taken up by the next. */
export async function sweepWholeStage(bucket: R2Bucket, nowMs: number, ttlMs: number): Promise<SweepResult> {
  const sum: SweepResult = { deleted: 0, aborted: 0 };
  for (let list = 0; list < MOST_LISTS; list++) {
    const result = await sweepStage(bucket, nowMs, ttlMs, sum.cursor === undefined ? {} : { cursor: sum.cursor });
    sum.deleted += result.deleted;
    sum.aborted += result.aborted;
    if (result.cursor === undefined) {
      delete sum.cursor;
      break;
    }
    sum.cursor = result.cursor;
  }
  return sum;
}
