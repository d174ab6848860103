import { describe, expect, it } from "vitest";
import { standingOf } from "../../../../src/jobs/images/resolve-image.ts";
import type { Digest } from "../../../../src/oci/digest.ts";

const ROOT: Digest = `sha256:${"a".repeat(64)}`;
const OTHER: Digest = `sha256:${"b".repeat(64)}`;

describe("how a destination stands to an image", () => {
  it.each([
    ["it has no such tag", { asserted: null, digest: null }, "to-write", "to-write"],
    ["its tag has the image", { asserted: null, digest: ROOT }, "unchanged", "unchanged"],
    ["its tag has another one", { asserted: null, digest: OTHER }, "to-write", "kept"],
    ["it asks for the image, and has none", { asserted: ROOT, digest: null }, "to-write", "to-write"],
    ["it asks for the image, and has it", { asserted: ROOT, digest: ROOT }, "unchanged", "unchanged"],
    ["it asks for the image, and has another one", { asserted: ROOT, digest: OTHER }, "to-write", "kept"],
    ["it asks for another image", { asserted: OTHER, digest: null }, "mismatched", "mismatched"],
    ["it asks for another image, and has this one", { asserted: OTHER, digest: ROOT }, "mismatched", "mismatched"],
  ] as const)("where %s", (_, row, overwriting, keeping) => {
    expect(standingOf(row, ROOT, {})).toBe(overwriting);
    expect(standingOf(row, ROOT, { overwrite: "never" })).toBe(keeping);
  });
});
