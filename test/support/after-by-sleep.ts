/** The guard of an `Effects` in a test, on the same clock as its pauses. */
import type { Effects } from "../../src/net/effects.ts";

/** An `after` that ends when the sleep does. */
export function afterBySleep(sleep: Effects["sleep"]): Effects["after"] {
  return (ms, run) => {
    const cancel = new AbortController();
    sleep(ms, cancel.signal).then(run, () => {});
    return () => cancel.abort();
  };
}
