/** What documents show of carriers at work. */
import { expect, test } from "vitest";
import type { Pause } from "../../../src/jobs/hosts/host-link.ts";
import type { JobRow } from "../../../src/jobs/job-rows.ts";
import { LiveState } from "../../../src/jobs/live-state.ts";
import type { Failure } from "../../../src/oci/errors.ts";

const NOW = 1_000_000;
const RUNNING = { status: "running", waiting: null } as JobRow;

function paused(...waits: (number | undefined)[]) {
  const kept: [string, Pause][] = [];
  const live = new LiveState();
  for (const waitMs of waits) {
    const failure: Failure = {
      code: "rate-limited",
      message: "slowly",
      retry: "later",
      registry: "a.example",
      ...(waitMs !== undefined && { waitMs }),
    };
    live.pause(failure, NOW, { pause: async (registry, pause) => void kept.push([registry, pause]) });
  }
  return { live, kept };
}

test("a pause that a carrier keeps is shown until it is over, and kept by every job", () => {
  const { live, kept } = paused(3_000);
  const waiting = { until: NOW + 3_000, reason: "a.example asked for a pause: slowly" };
  expect(live.shown(RUNNING, NOW + 2_999)).toEqual({ ...RUNNING, waiting });
  expect(live.shown(RUNNING, NOW + 3_000)).toBe(RUNNING);
  expect(kept).toEqual([["a.example", { until: NOW + 3_000, reason: "slowly" }]]);
});

test("the longest of several is shown", () => {
  expect(paused(1_000, 5_000, 2_000).live.shown(RUNNING, NOW).waiting?.until).toBe(NOW + 5_000);
});

test.each([undefined, 0, 499])("a wait of %j ms is none", (waitMs) => {
  const { live, kept } = paused(waitMs);
  expect([live.shown(RUNNING, NOW), kept]).toEqual([RUNNING, []]);
});

test("neither a job that has ended nor one that waits as a whole is shown otherwise", () => {
  const { live } = paused(3_000);
  const ended = { ...RUNNING, status: "cancelled" } as JobRow;
  const waits = { ...RUNNING, waiting: { until: NOW + 1, reason: "own" } };
  expect([live.shown(ended, NOW), live.shown(waits, NOW)]).toEqual([ended, waits]);
});

test("bytes are counted until no carrier is at work", () => {
  const { live } = paused();
  live.sent(5);
  live.sent(-2);
  expect(live.bytes).toBe(3);
  live.forgetBytes();
  expect(live.bytes).toBe(0);
});
