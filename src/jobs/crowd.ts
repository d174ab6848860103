/**
 * Accepting comes before working: in a crowd of submissions jobs begin a little later, so that the last of them is not kept waiting for its
 * answer by the work of the first. Lives in memory, one for each process. Pure; time is given in.
 */

/** The crowd is who came within this long. */
const WINDOW_MS = 1_000;

/** So many jobs within the window are no crowd: each begins at once. Three times the steady rate of `npm run storm`, which one process bears (README, "Measured"). */
const FEW = 32;

/** Each further one begins this much later, so that 100 of them come to {@link LATEST_MS}: who comes in half a second at the rate at which jobs are accepted … */
const EACH_MS = 50;

/** … but none later than this. A thousand jobs are accepted in about that time. */
const LATEST_MS = 5_000;

/** Counts the submissions that came to this process within the last second. */
export class Crowd {
  #arrivals: number[] = [];

  /** Counts a submission; gives the milliseconds after which its job should begin. */
  delay(nowMs: number): number {
    const gone = this.#arrivals.findIndex((at) => at > nowMs - WINDOW_MS);
    this.#arrivals.splice(0, gone === -1 ? this.#arrivals.length : gone);
    this.#arrivals.push(nowMs);
    return Math.min(LATEST_MS, Math.max(0, this.#arrivals.length - FEW) * EACH_MS);
  }
}
