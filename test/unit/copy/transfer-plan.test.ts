import { expect, test } from "vitest";
import { transferPlan } from "../../../src/copy/transfer-plan.ts";

test("a plan adds up manifests, blobs by what would happen to them, and the bytes of those that would be sent", () => {
  const blobs = [
    { fate: "copy" as const, size: 5 },
    { fate: "existing" as const, size: 100 },
    { fate: "copy" as const, size: 7 },
    { fate: "mount" as const, size: 1000 },
  ];
  expect(transferPlan(["put", "existing", "put"], blobs, 2)).toEqual({
    manifests: { put: 2, existing: 1 },
    tags: 2,
    blobs: { copy: 2, mount: 1, existing: 1 },
    bytes: { copy: 12 },
  });
});

test("a plan of nothing is all zeros", () => {
  expect(transferPlan([], [], 0)).toEqual({
    manifests: { put: 0, existing: 0 },
    tags: 0,
    blobs: { copy: 0, mount: 0, existing: 0 },
    bytes: { copy: 0 },
  });
});
