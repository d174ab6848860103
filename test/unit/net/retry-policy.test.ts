import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffMs, DEFAULT_RETRY_POLICY, type RetryPolicy } from "../../../src/net/retry-policy.ts";

const POLICY: RetryPolicy = { maxAttempts: 9, baseMs: 100, maxMs: 1_000, inlineWaitMs: 0 };

describe("backoffMs", () => {
  it.each([
    [1, 0, 0],
    [1, 0.5, 50],
    [1, 0.999_999, 99],
    [2, 0.5, 100],
    [3, 0.5, 200],
    [4, 0.5, 400],
    [5, 0.5, 500],
    [5_000, 0.5, 500],
  ])("after attempt %i with chance %d is %i ms", (attempt, random, expected) => {
    expect(backoffMs(POLICY, attempt, random)).toBe(expected);
  });

  it("is a whole number below the policy's longest pause, always", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
        const pause = backoffMs(DEFAULT_RETRY_POLICY, attempt, random);
        expect(Number.isInteger(pause) && pause >= 0 && pause < DEFAULT_RETRY_POLICY.maxMs).toBe(true);
      }),
    );
  });
});
