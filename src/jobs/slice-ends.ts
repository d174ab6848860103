/** How long a slice goes on. Pure. */

/** How long after the end of a slice a transfer that can't be left in the middle may take to come to its end … */
const MAX_GRACE_MS = 120_000;

/** … and at most this part of the slice. */
const GRACE_SHARE = 0.2;

/** The runtime ends an alarm after 15 minutes; what has not stopped by then is lost. */
const MAX_ALARM_MS = 14.5 * 60_000;

/** When a slice is over. Milliseconds since the epoch. */
export interface SliceEnds {
  /** From then on nothing is begun. */
  work: number;
  /** What can't be left in the middle may go on until then. */
  grace: number;
}

/** The ends of a slice of `sliceMs` that begins at `beginMs`. The grace never outlasts the alarm, however long slices are. */
export function sliceEnds(beginMs: number, sliceMs: number): SliceEnds {
  const graceMs = Math.min(MAX_GRACE_MS, sliceMs * GRACE_SHARE);
  return { work: beginMs + sliceMs, grace: beginMs + Math.min(MAX_ALARM_MS, sliceMs + graceMs) };
}
