/** Waiting that ends with an `AbortSignal`. */

/** What is to be called when a signal is aborted, behind the one listener that it has from here. */
interface Fan {
  stops: Set<{ stop(reason: unknown): void }>;
  listener: () => void;
}

const fans = new WeakMap<AbortSignal, Fan>();

/**
 * Calls `stop` with the signal's reason once it is aborted, at once where it is; no more once the function that it returns was called.
 *
 * What waits for one signal at the same time shares one listener: to add and remove one costs the runtime more than most of what is waited for costs here.
 */
export function onAbort(signal: AbortSignal, stop: (reason: unknown) => void): () => void {
  if (signal.aborted) {
    stop(signal.reason);
    return () => {};
  }
  const fan = fans.get(signal) ?? openFan(signal);
  const entry = { stop };
  fan.stops.add(entry);
  return () => {
    if (fan.stops.delete(entry) && fan.stops.size === 0) {
      signal.removeEventListener("abort", fan.listener);
      fans.delete(signal);
    }
  };
}

function openFan(signal: AbortSignal): Fan {
  const stops: Fan["stops"] = new Set();
  const listener = () => {
    for (const { stop } of stops) {
      stop(signal.reason);
    }
  };
  const fan = { stops, listener };
  signal.addEventListener("abort", listener, { once: true });
  fans.set(signal, fan);
  return fan;
}

/** Settles as `work` does, or fails with the signal's reason as soon as it is aborted, also where the work pays no attention to the signal. */
export function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const forget = onAbort(signal, reject);
    work.then(
      (value) => {
        forget();
        resolve(value);
      },
      (error) => {
        forget();
        reject(error);
      },
    );
  });
}

/** Returns one signal for those of several that are given; where only one is, that one itself. */
export function anySignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  const given = signals.filter((signal) => signal !== undefined);
  const [first] = given;
  return first !== undefined && given.length === 1 ? first : AbortSignal.any(given);
}
