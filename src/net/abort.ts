/** Waiting that ends with an `AbortSignal`. */

/** Settles as `work` does, or fails with the signal's reason as soon as it is aborted, also where the work pays no attention to the signal. */
export function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
    if (signal.aborted) {
      stop();
    } else {
      signal.addEventListener("abort", stop, { once: true });
    }
  });
}

/** Returns one signal for those of several that are given; where only one is, that one itself. */
export function anySignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  const given = signals.filter((signal) => signal !== undefined);
  const [first] = given;
  return first !== undefined && given.length === 1 ? first : AbortSignal.any(given);
}
