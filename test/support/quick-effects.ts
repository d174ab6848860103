/** Effects for tests: pauses are over at once, but what waits for a minute or more (a stall) waits for its end. */
import type { Effects } from "../../src/net/effects.ts";
import { afterBySleep } from "./after-by-sleep.ts";

const PAUSE_MS = 30_000;

export const quickEffects: Effects = {
  fetch: () => Promise.reject(new Error("There is no network here")),
  now: () => 0,
  random: () => 0,
  sleep: (ms, signal) =>
    ms <= PAUSE_MS
      ? Promise.resolve()
      : new Promise((_, reject) => {
          signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        }),
  after: (ms, run) => afterBySleep(quickEffects.sleep)(ms, run),
};

/** A sleep that takes its time. */
export function realSleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}
