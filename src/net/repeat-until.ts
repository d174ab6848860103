/** Work that repeats beside other work: keeping an alarm, a lease or a slot alive. */
import type { Effects } from "./effects.ts";

/** Longest wait for a beat that is under way when its time is over, in milliseconds. What it keeps alive answers within a few; one that hangs must hold up nobody. */
const LAST_BEAT_MS = 2_000;

/**
 * Runs `work` and calls `beat` beside it, as {@link repeatUntil} does; settles as the work does, once no beat is under way: one that arrives later would take
 * again what is given back next. A beat that hangs is waited for {@link LAST_BEAT_MS}.
 */
export async function whileRepeating<T>(
  everyMs: number,
  effects: Pick<Effects, "sleep" | "after">,
  beat: () => Promise<unknown>,
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const beats = repeatUntil(over.signal, everyMs, effects, beat);
  try {
    return await work();
  } finally {
    over.abort();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = effects.after(LAST_BEAT_MS, resolve);
    await Promise.race([beats, late]);
    cancel();
  }
}

/**
 * Calls `beat` every `everyMs` milliseconds, for the first time after one pause, until `over` is aborted. Never rejects: a beat that fails is
 * skipped, and the next one comes at its time.
 */
export async function repeatUntil(
  over: AbortSignal,
  everyMs: number,
  effects: Pick<Effects, "sleep">,
  beat: () => Promise<unknown>,
): Promise<void> {
  while (!over.aborted) {
    try {
      await effects.sleep(everyMs, over);
      if (!over.aborted) {
        await beat();
      }
    } catch {
      // The end, or a beat that failed.
    }
  }
}
