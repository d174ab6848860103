import { expect, test } from "vitest";
import type { Admission } from "../../../../src/jobs/hosts/admission.ts";
import type { Pause } from "../../../../src/jobs/hosts/host-link.ts";
import { quotaNotes } from "../../../../src/jobs/hosts/quota-notes.ts";
import type { Quota } from "../../../../src/registry/quota.ts";
import { stillEffects } from "../../registry/scripted-transport.ts";

const HOUR_MS = 3_600_000;

function noted(quota: Quota): [string, Pause][] {
  const spared: [string, Pause][] = [];
  const admission = { spare: async (registry: string, pause: Pause) => void spared.push([registry, pause]) } as unknown as Admission;
  quotaNotes(admission, { ...stillEffects(), now: () => 1_000 })("hub.example", quota);
  return spared;
}

test("a quota that is nearly used up is a pause until some of it is back", () => {
  const reason = "hub.example has 5 of 100 manifest reads in 21600 s left; no more are made for a while";
  expect(noted({ limit: 100, remaining: 5, windowMs: 6 * HOUR_MS })).toEqual([["hub.example", { until: 1_000 + 0.3 * HOUR_MS, reason }]]);
});

test.each<[string, Quota]>([
  ["of which there is enough", { limit: 100, remaining: 6, windowMs: 6 * HOUR_MS }],
  ["that would keep everybody away for longer than any registry may ask for", { limit: 1, remaining: 0, windowMs: 7 * HOUR_MS }],
])("a quota %s is none", (_, quota) => {
  expect(noted(quota)).toEqual([]);
});

test("the longest pause that is heeded is as long as a registry may ask for", () => {
  expect(noted({ limit: 1, remaining: 0, windowMs: 6 * HOUR_MS })).toMatchObject([["hub.example", { until: 1_000 + 6 * HOUR_MS }]]);
});
