import { describe, expect, it } from "vitest";
import { idOfKey, isJobId, timeOrderedId } from "../../../src/jobs/job-id.ts";

const entropy = (byte: number) => new Uint8Array(10).fill(byte);

describe("job ids", () => {
  it("sort by time, whatever the random part", () => {
    const ids = [timeOrderedId(1, entropy(255)), timeOrderedId(2, entropy(0)), timeOrderedId(1_790_000_000_000, entropy(0))];
    expect([...ids].sort()).toEqual(ids);
    expect(ids.every(isJobId)).toBe(true);
  });

  it("are the same for the same caller's key and differ between callers", async () => {
    const id = await idOfKey("ci", "release-7");
    expect(isJobId(id)).toBe(true);
    expect(await idOfKey("ci", "release-7")).toBe(id);
    expect(await idOfKey("chat", "release-7")).not.toBe(id);
    expect(await idOfKey("a", "b\0c")).toBe(await idOfKey("a", "b\0c"));
  });

  it.each([
    "",
    "x",
    "../ledger",
    "00000000-0000-4000-8000-000000000000",
    "01A0C4DB-0000-7000-8000-000000000000",
    `${"0".repeat(8)}-0000-7000-8000-${"0".repeat(12)}\n`,
  ])("%j is no job id", (text) => {
    expect(isJobId(text)).toBe(false);
  });
});
