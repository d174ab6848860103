import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../src/config/config-error.ts";
import { readLimits } from "../../../src/config/limits.ts";
import { flag, structured, wholeNumber } from "../../../src/config/variables.ts";

describe("structured", () => {
  test.each<[unknown, unknown]>([
    [undefined, undefined],
    [null, undefined],
    ["", undefined],
    ["  \n", undefined],
    ["[]", []],
    ['{"a":1}', { a: 1 }],
    [{ a: 1 }, { a: 1 }],
    ["null", null],
  ])("%j reads as %j", (value, expected) => {
    expect(structured({ X: value }, "X")).toEqual(expected);
  });

  test("broken JSON is told with its place and without its text", () => {
    expect(() => structured({ REGISTRY_AUTH: '{"auths": hunter2}' }, "REGISTRY_AUTH")).toThrow(
      new ConfigError("REGISTRY_AUTH", "#", "is not JSON: see line 1, column 11"),
    );
  });
});

describe("switches", () => {
  test.each<[unknown, boolean]>([
    [undefined, false],
    ["", false],
    ["true", true],
    [true, true],
    ["false", false],
    [false, false],
  ])("%j is %s", (value, expected) => {
    expect(flag({ X: value }, "X")).toBe(expected);
  });

  test.each(["yes", "TRUE", "1", 1, 0, {}])("%j is refused", (value) => {
    expect(() => flag({ X: value }, "X")).toThrow('X must be "true" or "false"');
  });
});

describe("numbers", () => {
  const range = { min: 2, max: 10, default: 5 };
  test.each<[unknown, number]>([
    [undefined, 5],
    ["", 5],
    ["2", 2],
    ["10", 10],
    [7, 7],
    [" 7 ", 7],
  ])("%j is %d", (value, expected) => {
    expect(wholeNumber({ X: value }, "X", range)).toBe(expected);
  });

  test.each(["1", "11", 1, 11, 2.5, "2.5", "-3", "0x5", "5s", "1e1", true, Number.NaN, [5], "9".repeat(400)])("%j is refused", (value) => {
    expect(() => wholeNumber({ X: value }, "X", range)).toThrow("X must be a whole number from 2 to 10");
  });

  test("limits have the documented defaults", () => {
    expect(readLimits({})).toEqual({ sliceSeconds: 600, stageTtlHours: 24, jobTtlDays: 30, patienceSeconds: 60, stallSeconds: 60 });
    expect(readLimits({ SLICE_SECONDS: "5", STAGE_TTL_HOURS: 1, JOB_TTL_DAYS: "2", PATIENCE_SECONDS: 3, STALL_SECONDS: 4 })).toEqual({
      sliceSeconds: 5,
      stageTtlHours: 1,
      jobTtlDays: 2,
      patienceSeconds: 3,
      stallSeconds: 4,
    });
    expect(() => readLimits({ SLICE_SECONDS: "3600" })).toThrow("SLICE_SECONDS must be a whole number from 1 to 840");
  });
});
