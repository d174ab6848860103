import { expect, test } from "vitest";
import { PAUSES_MS, pauseAfter, verdictOf } from "../../../../src/jobs/callbacks/callback-schedule.ts";

const SECOND = 1000;
const HOUR = 3_600_000;

test.each([
  [200, "delivered"],
  [202, "delivered"],
  [204, "delivered"],
  [299, "delivered"],
  // Nobody has allowed the place that a redirect leads to.
  [301, "failed"],
  [307, "failed"],
  [400, "failed"],
  [404, "failed"],
  [410, "gone"],
  [429, "failed"],
  [503, "failed"],
])("%i means %s", (status, verdict) => {
  expect(verdictOf(status)).toBe(verdict);
});

test("the pauses are those that are published", () => {
  expect(PAUSES_MS.map((_, index) => pauseAfter(index + 1, 0))).toEqual(
    [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400].map((seconds) => seconds * SECOND),
  );
  expect(pauseAfter(PAUSES_MS.length + 1, 0)).toBeUndefined();
});

test("each is a little longer by chance", () => {
  expect(pauseAfter(1, 0.999)).toBeGreaterThan(5 * SECOND);
  expect(pauseAfter(1, 0.999)).toBeLessThanOrEqual(5.5 * SECOND);
});

test("a receiver may ask for longer, up to a day", () => {
  expect(pauseAfter(1, 0, 60 * SECOND)).toBe(60 * SECOND);
  expect(pauseAfter(2, 0, 60 * SECOND)).toBe(300 * SECOND);
  expect(pauseAfter(1, 0, 1000 * HOUR)).toBe(24 * HOUR);
});
