/** What a program has started and has to stop before it ends, however it ends. */

interface Stoppable {
  stop(): Promise<void>;
}

/** Keeps what was started, to stop it later. */
export class Running {
  readonly #signal: AbortSignal;
  #started: Stoppable[] = [];

  /** Once `signal` is aborted nothing more is started. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Waits until something has started, and keeps it. Rejects where that fails, and once the signal is aborted. */
  async add<T extends Stoppable>(starting: Promise<T>): Promise<T> {
    const one = await starting;
    this.#started.push(one);
    this.#signal.throwIfAborted();
    return one;
  }

  /** Stops all that was started so far. Never rejects. */
  async stopAll(): Promise<void> {
    const started = this.#started;
    this.#started = [];
    await Promise.allSettled(started.map((one) => one.stop()));
  }
}
