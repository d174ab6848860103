import { describe, expect, it, test } from "vitest";
import { afterDeaths, afterSetback, MAX_ASKED_WAIT_MS, MAX_JOB_AGE_MS } from "../../../src/jobs/patience.ts";
import type { Failure } from "../../../src/oci/errors.ts";

const down: Failure = { code: "registry-unavailable", message: "no answer", retry: "later", registry: "r.example" };
const fresh = { queuedAt: 0, troubledSince: null, setbacks: 0 };

describe("after a setback", () => {
  it("a failure that no retry mends ends the job", () => {
    expect(afterSetback({ ...down, retry: "never" }, fresh, 60_000, 0, 0.5)).toEqual({ next: "give-up" });
  });

  it("a wait that was asked for is kept in full, past the patience", () => {
    expect(afterSetback({ ...down, waitMs: 3_600_000 }, { ...fresh, troubledSince: 0 }, 60_000, 59_000, 0.5)).toMatchObject({
      next: "wait",
      until: 3_659_000,
    });
  });

  it("but not an absurd one", () => {
    expect(afterSetback({ ...down, waitMs: MAX_ASKED_WAIT_MS + 1 }, fresh, 60_000, 0, 0.5)).toEqual({ next: "give-up" });
  });

  it("an old job ends at its next interruption", () => {
    expect(afterSetback({ ...down, waitMs: 1_000 }, fresh, 60_000, MAX_JOB_AGE_MS + 1, 0.5)).toEqual({ next: "give-up" });
  });

  it("a registry that is down for 30 s is waited for, one that stays down is given up within the patience", () => {
    let now = 0;
    let setbacks = 0;
    for (;;) {
      const verdict = afterSetback(down, { queuedAt: 0, troubledSince: setbacks === 0 ? null : 0, setbacks }, 60_000, now, 0.5);
      if (verdict.next === "give-up") {
        break;
      }
      expect(verdict.until).toBeGreaterThan(now);
      now = verdict.until;
      setbacks++;
    }
    expect(now).toBeGreaterThan(30_000);
    expect(now).toBeLessThanOrEqual(60_000);
    expect(setbacks).toBeLessThan(40);
  });
});

test("a job goes on until its process has died 25 times in a row", () => {
  expect([0, 24, 25].map((deaths) => afterDeaths(deaths)?.code)).toEqual([undefined, undefined, "internal"]);
});
