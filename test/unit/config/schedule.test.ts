import { describe, expect, test } from "vitest";
import { parseSchedule } from "../../../src/config/schedule.ts";

const at = (text: string) => Date.parse(text);
const shown = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());

describe("due times are in UTC", () => {
  test.each([
    // pattern, now (a Wednesday), last, next
    ["* * * * *", "2026-11-25T10:07:30Z", "2026-11-25T10:07:00.000Z", "2026-11-25T10:08:00.000Z"],
    ["*/7 * * * *", "2026-11-25T10:07:00Z", "2026-11-25T10:07:00.000Z", "2026-11-25T10:14:00.000Z"],
    ["*/7 * * * *", "2026-11-25T10:06:59Z", "2026-11-25T10:00:00.000Z", "2026-11-25T10:07:00.000Z"],
    ["30 2 * * *", "2026-11-25T02:29:59Z", "2026-11-24T02:30:00.000Z", "2026-11-25T02:30:00.000Z"],
    ["@daily", "2026-11-25T10:00:00Z", "2026-11-25T00:00:00.000Z", "2026-11-26T00:00:00.000Z"],
    ["0 0 29 2 *", "2026-11-25T10:00:00Z", "2024-02-29T00:00:00.000Z", "2028-02-29T00:00:00.000Z"],
    ["0 0 L * *", "2026-11-25T10:00:00Z", "2026-10-31T00:00:00.000Z", "2026-11-30T00:00:00.000Z"],
  ])("%s at %s", (pattern, now, last, next) => {
    const schedule = parseSchedule(pattern);
    expect([shown(schedule.lastDue(at(now))), shown(schedule.nextDue(at(now)))]).toEqual([last, next]);
  });
});

test.each([
  ["0 17 * * 1", "2026-11-30T17:00:00.000Z", "1 is Monday, as in crontab"],
  ["0 17 * * 0", "2026-11-29T17:00:00.000Z", "0 is Sunday"],
  ["0 17 * * 7", "2026-11-29T17:00:00.000Z", "and so is 7"],
  ["0 17 * * MON", "2026-11-30T17:00:00.000Z", "names mean the same everywhere"],
  ["0 17 * * MON-FRI", "2026-11-25T17:00:00.000Z", "ranges of names too"],
])("%s comes next at %s: %s", (pattern, next) => {
  expect(shown(parseSchedule(pattern).nextDue(at("2026-11-25T00:00:00Z")))).toBe(next);
});

test.each(["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "a * * * *", "0 0 30 2 *", "every day", "*/0 * * * *"])(
  "%j is no pattern",
  (pattern) => {
    expect(() => parseSchedule(pattern)).toThrow();
  },
);
