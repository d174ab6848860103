import { expect, test } from "vitest";
import { withSharedTimer } from "../../../src/net/shared-timer.ts";
import { quickEffects } from "../../support/quick-effects.ts";

/** A clock that is put forward by hand, and how many timers were set. */
function clock() {
  const timers = new Set<{ at: number; run: () => void }>();
  const state = { now: 1_000, set: 0 };
  const effects = withSharedTimer({
    ...quickEffects,
    now: () => state.now,
    after: (ms, run) => {
      state.set++;
      const timer = { at: state.now + ms, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  });
  const pass = (ms: number) => {
    state.now += ms;
    for (const timer of [...timers].filter(({ at }) => at <= state.now)) {
      timers.delete(timer);
      timer.run();
    }
  };
  return { effects, pass, state, timers };
}

test("a guard runs when its time has come, and once", () => {
  const { effects, pass } = clock();
  const rung: string[] = [];
  effects.after(100, () => rung.push("late"));
  pass(99);
  expect(rung).toEqual([]);
  pass(1);
  pass(1_000);
  expect(rung).toEqual(["late"]);
});

test("guards that end in time set one timer, which leads to nothing and is not set again", () => {
  const { effects, pass, state, timers } = clock();
  const rung: string[] = [];
  for (let request = 0; request < 50; request++) {
    const cancel = effects.after(60_000, () => rung.push("late"));
    pass(10);
    cancel();
  }
  pass(60_000);
  pass(60_000);
  expect(rung).toEqual([]);
  expect(state.set).toBe(1);
  expect(timers.size).toBe(0);
});

test("an earlier guard is not kept waiting by a later one, nor the later one forgotten", () => {
  const { effects, pass } = clock();
  const rung: string[] = [];
  effects.after(300, () => rung.push("later"));
  effects.after(100, () => rung.push("earlier"));
  const cancel = effects.after(200, () => rung.push("called off"));
  pass(100);
  expect(rung).toEqual(["earlier"]);
  cancel();
  pass(100);
  expect(rung).toEqual(["earlier"]);
  pass(100);
  expect(rung).toEqual(["earlier", "later"]);
});

test("a guard that is set while others run has its own time", () => {
  const { effects, pass } = clock();
  const rung: string[] = [];
  effects.after(100, () => effects.after(100, () => rung.push("second")));
  pass(100);
  expect(rung).toEqual([]);
  pass(100);
  expect(rung).toEqual(["second"]);
});
