/** Work that repeats beside other work: keeping an alarm, a lease or a slot alive. */
import type { Effects } from "./effects.ts";

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
