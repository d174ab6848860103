import { describe, expect, test } from "vitest";
import { MAX_PART_BYTES, MIN_PART_BYTES, partSizeFor } from "../../../src/staging/part-size.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

describe("the size of parts", () => {
  test.each([
    [0, 16 * MIB],
    [1, 16 * MIB],
    [5 * GIB, 16 * MIB],
    [16 * GIB, 16 * MIB],
    [16 * GIB + 1, 32 * MIB],
    [32 * GIB, 32 * MIB],
    [100 * GIB, 112 * MIB],
    [5_000 * GIB, 5_008 * MIB],
  ])("of %d bytes is %d", (size, part) => {
    expect(partSizeFor(size)).toBe(part);
  });

  test.each([
    [0, 5 * MIB],
    [1, 5 * MIB],
    [1_280 * MIB, 5 * MIB],
    [1_281 * MIB, 6 * MIB],
    [4 * GIB, 16 * MIB],
    [5 * GIB, 16 * MIB],
    [16 * GIB + 1, 32 * MIB],
  ])("of %d bytes is %d where one is careful", (size, part) => {
    expect(partSizeFor(size, true)).toBe(part);
  });

  test.each([1, MIB, GIB, 17 * GIB, 999 * GIB, 4_995 * GIB])("of %d bytes is within R2's limits and a multiple of the reads", (size) => {
    const part = partSizeFor(size);
    expect(part).toBeGreaterThanOrEqual(MIN_PART_BYTES);
    expect(part).toBeLessThanOrEqual(MAX_PART_BYTES);
    expect(Math.ceil(size / part)).toBeLessThanOrEqual(1_024);
    expect(part % MIB).toBe(0);
  });
});
