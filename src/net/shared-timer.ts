/** One timer for many guards: each request has a guard, nearly all end in time, and a timer of the runtime costs more than what it guards. */
import type { Effects } from "./effects.ts";

interface Guard {
  /** Milliseconds since the epoch. */
  at: number;
  run: () => void;
}

/**
 * Returns the same effects, whose guards (`after`) share one timer. It is set for the earliest guard and stays set when that one is cancelled, so that a
 * guard which ends in time costs no more than an entry in a set.
 *
 * The timer may fire late, by up to the longest guard, after every guard was cancelled. So use it only within one invocation, which does not wait for
 * timers.
 */
export function withSharedTimer(effects: Effects): Effects {
  const guards = new Set<Guard>();
  let armed: { at: number; cancel: () => void } | undefined;
  const arm = (at: number) => {
    armed?.cancel();
    armed = { at, cancel: effects.after(Math.max(0, at - effects.now()), ring) };
  };
  const ring = () => {
    armed = undefined;
    const now = effects.now();
    const due = [...guards].filter(({ at }) => at <= now);
    for (const guard of due) {
      guards.delete(guard);
    }
    const next = Math.min(...Array.from(guards, ({ at }) => at));
    if (next !== Number.POSITIVE_INFINITY) {
      arm(next);
    }
    for (const { run } of due) {
      run();
    }
  };
  return {
    ...effects,
    after: (ms, run) => {
      const guard = { at: effects.now() + ms, run };
      guards.add(guard);
      if (armed === undefined || guard.at < armed.at) {
        arm(guard.at);
      }
      return () => void guards.delete(guard);
    },
  };
}
