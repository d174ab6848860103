/** Writes together what comes together: in a storm one write to the disk serves many callers. */
import type { Effects } from "../../net/effects.ts";

/** Least time between two writes. What comes alone is written at once. */
const BETWEEN_MS = 20;

/** Collects items, and has those that came together written by one call of the given function. What that fails to write is not tried again. */
export class Batch<T> {
  readonly #write: (items: readonly T[]) => void;
  readonly #effects: Effects;
  #items: T[] = [];
  #writing: Promise<void> | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(write: (items: readonly T[]) => void, effects: Effects) {
    this.#write = write;
    this.#effects = effects;
  }

  /** Resolves once the item is written; rejects where that fails, for all that were to be written with it. */
  add(item: T): Promise<void> {
    this.#items.push(item);
    this.#writing ??= this.#soon();
    return this.#writing;
  }

  /** Resolves once everything that was added so far is written, or could not be. */
  async settled(): Promise<void> {
    await this.#writing?.catch(() => {});
  }

  async #soon(): Promise<void> {
    // Bounded: the clock of a machine may be set back, and the last write then lies in the future.
    const wait = Math.min(BETWEEN_MS, this.#lastMs + BETWEEN_MS - this.#effects.now());
    await (wait > 0 ? this.#effects.sleep(wait) : undefined);
    const items = this.#items;
    this.#items = [];
    this.#writing = undefined;
    this.#lastMs = this.#effects.now();
    this.#write(items);
  }
}
