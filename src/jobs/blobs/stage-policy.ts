/** Which blobs pass through the stage (contract §2, `stage`). Pure. */

/** The request's `stage`: where it pays off, always, or never. */
export type StageOption = "auto" | "always" | "never";

/**
 * Bytes per second that a transfer is trusted to reach, for telling beforehand which blob will outlive a slice. Low: staging a blob
 * that would have made it costs one store and fetch, not staging one that does not make it costs everything sent.
 */
const TRUSTED_RATE = 8 * 1024 * 1024;

/** Slices that a blob may outlive where staging is forbidden, before the job says that it can't be done. */
export const MAX_OUTLIVED = 2;

/** Slices that a blob may outlive altogether, the last of them on its way from the stage without getting on. */
export const MAX_OUTLIVED_STAGED = 3;

/** What of a job and its process decides whether blobs are staged. */
export interface StageView {
  option: StageOption;
  /** Whether there is a bucket to stage in. */
  available: boolean;
  /** Length of a slice, in milliseconds. */
  sliceMs: number;
  /** Destination registries of the job. */
  registries: number;
  /** Whether the source was found to ignore ranges: an interruption would cost everything sent. */
  ignoresRanges: boolean;
  /** Whether the job's process has died under it, and not long ago. */
  hasDied: boolean;
}

/** Whether the blob is likely to take longer than a slice. */
export function outlivesSlice(size: number, sliceMs: number): boolean {
  return size > (TRUSTED_RATE * sliceMs) / 1000;
}

/** After a death blobs above this are staged: in parts of 5 MiB each of which the next death spares. Two of them, which is about what a death costs of a staged blob. */
const STAGED_AFTER_DEATH_BYTES = 10 * 1024 * 1024;

/** Most bytes to ask a source for at once while a blob is staged. */
const MOST_AT_ONCE = 256 * 1024 * 1024;

/** Bytes to ask a source for at once: what a slice can be trusted to finish, so that little is read twice and little time overrun. */
export function stagingWindow(sliceMs: number): number {
  return Math.min(MOST_AT_ONCE, (TRUSTED_RATE * sliceMs) / 1000);
}

/** Whether a blob is to be staged. `outlived` counts the slices in which its direct transfer did not come to an end. */
export function wantsStage(size: number, outlived: number, view: StageView): boolean {
  if (view.option !== "auto" || !view.available || size === 0) {
    return view.option === "always" && view.available && size > 0;
  }
  const mayCostAgain = view.hasDied && size > STAGED_AFTER_DEATH_BYTES;
  return view.registries > 1 || outlived > 0 || view.ignoresRanges || mayCostAgain || outlivesSlice(size, view.sliceMs);
}
