import { expect, test } from "vitest";
import { Batch } from "../../../../src/jobs/ledger/batch.ts";
import { quickEffects } from "../../../support/quick-effects.ts";

/** A batch on a clock that only its own pauses move. */
function batch(write: (items: readonly string[]) => void) {
  let now = 1_000;
  return new Batch<string>(write, {
    ...quickEffects,
    now: () => now,
    sleep: async (ms) => {
      await Promise.resolve();
      now += ms;
    },
  });
}

test("what comes alone is written at once, what comes meanwhile together", async () => {
  const writes: string[][] = [];
  const together = batch((items) => writes.push([...items]));
  await together.add("a");
  await Promise.all(["b", "c", "d"].map((item) => together.add(item)));
  await together.add("e");
  expect(writes).toEqual([["a"], ["b", "c", "d"], ["e"]]);
});

test("an item is written when it is said to be, and when all is said to be settled", async () => {
  const written: string[] = [];
  const together = batch((items) => written.push(...items));
  await together.add("a");
  expect(written).toEqual(["a"]);
  void together.add("b");
  await together.settled();
  expect(written).toEqual(["a", "b"]);
});

test("a write that fails fails for all that were in it, and for none after", async () => {
  const together = batch((items) => {
    if (items.includes("bad")) {
      throw new Error("no room");
    }
  });
  const both = await Promise.allSettled([together.add("good"), together.add("bad")]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect(together.settled()).resolves.toBeUndefined();
  await expect(together.add("next")).resolves.toBeUndefined();
});

test("a clock that goes back holds no write up", async () => {
  let now = 100_000;
  const pauses: number[] = [];
  const together = new Batch<string>(() => {}, {
    ...quickEffects,
    now: () => now,
    sleep: async (ms) => {
      pauses.push(ms);
    },
  });
  await together.add("a");
  now = 40_000;
  await together.add("b");
  expect(Math.max(0, ...pauses)).toBeLessThanOrEqual(20);
});
