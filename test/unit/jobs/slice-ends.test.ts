import { expect, it } from "vitest";
import { sliceEnds } from "../../../src/jobs/slice-ends.ts";

const MINUTE = 60_000;

it.each([
  ["a fifth more", 30_000, 36_000],
  ["two minutes more, of a long slice", 12 * MINUTE, 14 * MINUTE],
  ["no longer than the alarm, of a slice of nearly its length", 14 * MINUTE, 14.5 * MINUTE],
])("what can't be left may go on for %s", (_, sliceMs, graceMs) => {
  expect(sliceEnds(1_000, sliceMs)).toEqual({ work: 1_000 + sliceMs, grace: 1_000 + graceMs });
});
