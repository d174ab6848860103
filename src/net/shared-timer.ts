/** Many guards by one timer: each request has one, nearly all are over in time, and a timer of the runtime costs more than what it guards. */
import type { Effects } from "./effects.ts";

interface Guard {
  /** Milliseconds since the epoch. */
  at: number;
  run: () => void;
}

/**
 * The same effects, whose guards (`after`) share a timer: it is set for the earliest and stays when that is called off, so that a guard which ends in time
 * costs an entry in a set. It may go on for as long as the longest guard after the last of them was called off; so only for what lives no longer than one
 * invocation, where nobody waits for a timer.
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
