import { expect, test } from "vitest";
import { Crowd } from "../../../src/jobs/crowd.ts";

test("a few jobs begin at once, in a crowd each begins a little later than the one before, but soon enough", () => {
  const crowd = new Crowd();
  const delays = Array.from({ length: 300 }, () => crowd.delay(5_000));
  expect(delays.slice(0, 32).every((delay) => delay === 0)).toBe(true);
  expect(delays.slice(32, 35)).toEqual([50, 100, 150]);
  expect(delays.at(-1)).toBe(5_000);
  expect(delays).toEqual(delays.toSorted((a, b) => a - b));
});

test("a crowd is forgotten a second later", () => {
  const crowd = new Crowd();
  for (let count = 0; count < 100; count++) {
    crowd.delay(0);
  }
  expect(crowd.delay(999)).toBeGreaterThan(0);
  expect(crowd.delay(1_999)).toBe(0);
});

test("jobs that come at a steady rate are no crowd", () => {
  const crowd = new Crowd();
  expect(Array.from({ length: 500 }, (_, count) => crowd.delay(count * 40)).every((delay) => delay === 0)).toBe(true);
});
