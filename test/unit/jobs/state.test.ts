import { describe, expect, it } from "vitest";
import { hasEnded, outcomeOf, statesBefore } from "../../../src/jobs/state.ts";

describe("job states", () => {
  it.each([
    ["running", ["queued"]],
    ["succeeded", ["running"]],
    ["failed", ["running"]],
    ["cancelled", ["queued", "running"]],
    ["queued", ["failed", "cancelled"]],
  ] as const)("become %s only from %j", (status, before) => {
    expect(statesBefore(status).sort()).toEqual([...before].sort());
  });

  it("succeeded is final", () => {
    expect(
      (["queued", "running", "succeeded", "failed", "cancelled"] as const).filter((to) => statesBefore(to).includes("succeeded")),
    ).toEqual([]);
  });

  it.each([
    ["queued", false],
    ["running", false],
    ["succeeded", true],
    ["failed", true],
    ["cancelled", true],
  ] as const)("%s has ended: %s", (status, ended) => {
    expect(hasEnded(status)).toBe(ended);
  });
});

describe("a job's outcome", () => {
  it.each([
    [["copied", "unchanged"], "succeeded"],
    [["skipped", "superseded"], "succeeded"],
    [["copied", "failed"], "failed"],
    [["copied", "pending"], undefined],
    [["failed", "pending"], undefined],
  ] as const)("of destinations %j is %s", (destinations, outcome) => {
    expect(outcomeOf(destinations)).toBe(outcome);
  });
});
