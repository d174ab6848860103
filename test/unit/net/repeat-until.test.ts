/** Work with something beside it that repeats. Pauses are ended by the test. */
import { expect, test, vi } from "vitest";
import { whileRepeating } from "../../../src/net/repeat-until.ts";

/** A clock whose pauses end when they are told to; a guard ends with `expire`. */
function clock() {
  const pauses: (() => void)[] = [];
  const guards = new Map<() => void, number>();
  return {
    guards,
    endPause: () => pauses.shift()?.(),
    expire: () => [...guards.keys()].forEach((run) => void run()),
    effects: {
      sleep: (_: number, signal?: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          pauses.push(resolve);
          signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
        }),
      after: (ms: number, run: () => void) => {
        guards.set(run, ms);
        return () => guards.delete(run);
      },
    },
  };
}

/** Work that ends as told, and a beat that is under way when it does. */
async function withBeatUnderWay() {
  const { effects, endPause, expire, guards } = clock();
  const [work, beat] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()];
  const beats = vi.fn(() => beat.promise);
  const ended = vi.fn();
  const all = whileRepeating(10, effects, beats, () => work.promise).finally(ended);
  endPause();
  await vi.waitFor(() => expect(beats).toHaveBeenCalledOnce());
  return { all, beat, beats, ended, expire, guards, work };
}

test("settles only after the beat that is under way, and begins no other", async () => {
  const { all, beat, beats, ended, guards, work } = await withBeatUnderWay();
  work.resolve("done");
  await vi.waitFor(() => expect([...guards.values()]).toEqual([2_000]));
  expect(ended).not.toHaveBeenCalled();
  beat.resolve();
  expect(await all).toBe("done");
  expect(beats).toHaveBeenCalledOnce();
  expect(guards.size).toBe(0);
});

test("does not wait longer than two seconds for one that hangs, and fails as the work does", async () => {
  const { all, expire, guards, work } = await withBeatUnderWay();
  work.reject(new Error("the work's own"));
  await vi.waitFor(() => expect(guards.size).toBe(1));
  expire();
  await expect(all).rejects.toThrow("the work's own");
});

test("a beat that fails harms nobody", async () => {
  const { all, beat, work } = await withBeatUnderWay();
  beat.reject(new Error("not reached"));
  work.resolve("done");
  expect(await all).toBe("done");
});
