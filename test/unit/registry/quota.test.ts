import { expect, test } from "vitest";
import { type Quota, quotaOf, quotaPauseMs } from "../../../src/registry/quota.ts";

test.each<[limit: string | null, remaining: string | null, Quota | undefined]>([
  ["100;w=21600", "76;w=21600", { limit: 100, remaining: 76, windowMs: 21_600_000 }],
  [" 200 ; w=60 ", "0;w=60", { limit: 200, remaining: 0, windowMs: 60_000 }],
  [null, null, undefined],
  ["100;w=21600", null, undefined],
  [null, "76;w=21600", undefined],
  ["100", "76", undefined],
  ["0;w=1", "0;w=1", undefined],
  ["-1;w=1", "5;w=1", undefined],
  ["1e3;w=1", "5;w=1", undefined],
])("Q136: limit %j, remaining %j", (limit, remaining, quota) => {
  const headers = new Headers();
  if (limit !== null) {
    headers.set("ratelimit-limit", limit);
  }
  if (remaining !== null) {
    headers.set("ratelimit-remaining", remaining);
  }
  expect(quotaOf(headers)).toEqual(quota);
});

const HOURS = 3_600_000;

test.each<[why: string, Quota, pauseMs: number | undefined]>([
  ["more than a twentieth left", { limit: 100, remaining: 6, windowMs: 6 * HOURS }, undefined],
  ["a twentieth left: until as many have come back", { limit: 100, remaining: 5, windowMs: 6 * HOURS }, 0.3 * HOURS],
  ["nothing left", { limit: 100, remaining: 0, windowMs: 6 * HOURS }, 0.3 * HOURS],
  ["a small quota keeps one", { limit: 10, remaining: 1, windowMs: HOURS }, 0.1 * HOURS],
  ["a small quota, two left", { limit: 10, remaining: 2, windowMs: HOURS }, undefined],
])("%s", (_why, quota, pauseMs) => {
  expect(quotaPauseMs(quota)).toBe(pauseMs);
});
