/** The dead man's switch of a job at work: an alarm that is put off again and again, and goes off once nobody does that any more. */
import type { Effects } from "../net/effects.ts";
import { repeatUntil } from "../net/repeat-until.ts";

/** A job whose process died is woken this long after its last sign of life … */
export const SWITCH_MS = 15_000;

/** … which it gives this often. One row written each time. */
const BEAT_MS = 5_000;

/** Puts the switch off until it is over. Never rejects. */
export function keepAlive(
  { effects, setAlarm }: { effects: Effects; setAlarm(atMs: number): Promise<void> },
  over: AbortSignal,
): Promise<void> {
  return repeatUntil(over, BEAT_MS, effects, () => setAlarm(effects.now() + SWITCH_MS));
}
