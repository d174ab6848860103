/** What one registry host is spared, over all jobs: a count of carriers at once, a rate of requests. In memory; time is given in. */

/** A slot whose holder says nothing for this long is free again: the holder died. */
export const SLOT_MS = 30_000;

/** Carriers at once. */
export class Slots {
  readonly #held = new Map<string, number>();

  /** Takes a slot, or keeps the one that the holder has; `false` where all `limit` are taken. */
  take(holder: string, limit: number, nowMs: number): boolean {
    for (const [other, until] of this.#held) {
      if (until <= nowMs) {
        this.#held.delete(other);
      }
    }
    if (!this.#held.has(holder) && this.#held.size >= limit) {
      return false;
    }
    this.#held.set(holder, nowMs + SLOT_MS);
    return true;
  }

  /** Frees the holder's slot for others. Nothing changes where it has none. */
  giveBack(holder: string): void {
    this.#held.delete(holder);
  }
}

/**
 * Requests per second, as a line of departure times: each request gets the next one, `1/rate` after the one before, and an idle host
 * owes nothing for the time in which nobody asked.
 */
export class Pace {
  #next = 0;
  #lastMs = 0;

  /** Milliseconds that the next request has to wait. */
  wait(perSecond: number, nowMs: number): number {
    // Where the clock was set back, so is the line.
    this.#next -= Math.max(0, this.#lastMs - nowMs);
    this.#lastMs = nowMs;
    const at = Math.max(this.#next, nowMs);
    this.#next = at + 1000 / perSecond;
    return at - nowMs;
  }
}
