import { expect, test } from "vitest";
import { type StageView, wantsStage } from "../../../../src/jobs/blobs/stage-policy.ts";

const MIB = 1024 * 1024;
const VIEW: StageView = { option: "auto", available: true, sliceMs: 600_000, registries: 1, ignoresRanges: false, hasDied: false };

test.each<[wanted: boolean, why: string, size: number, outlived: number, view: Partial<StageView>]>([
  [false, "one destination and nothing in the way", 100 * MIB, 0, {}],
  [true, "several registries", 1, 0, { registries: 2 }],
  [true, "a source that ignores ranges", 1, 0, { ignoresRanges: true }],
  [true, "a slice that it has outlived", 1, 1, {}],
  [true, "a slice that it will outlive", 100 * MIB, 0, { sliceMs: 10_000 }],
  [true, "a process that died: what has more than two small parts", 11 * MIB, 0, { hasDied: true }],
  [false, "a process that died: what would be two small parts", 10 * MIB, 0, { hasDied: true }],
  [false, "never", 100 * MIB, 1, { option: "never", registries: 2, hasDied: true }],
  [true, "always", 1, 0, { option: "always" }],
  [false, "always, but nothing to stage", 0, 0, { option: "always" }],
  [false, "no bucket", 100 * MIB, 1, { option: "always", available: false }],
])("%s: %s", (wanted, _why, size, outlived, view) => {
  expect(wantsStage(size, outlived, { ...VIEW, ...view })).toBe(wanted);
});
