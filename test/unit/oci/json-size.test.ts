import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { excessOf, MAX_DEPTH, MAX_VALUES } from "../../../src/oci/json-size.ts";

const nested = (times: number) => "[".repeat(times) + "]".repeat(times);
const list = (values: number) => `[${Array.from({ length: values }, () => "1").join(",")}]`;

describe("what is too much", () => {
  test.each([
    ["lists in each other", nested(MAX_DEPTH + 1), /nested deeper/],
    ["objects in each other, never closed", '{"a":'.repeat(MAX_DEPTH + 1), /nested deeper/],
    ["values in a list", list(MAX_VALUES), /more than 200000 values/],
    ["empty lists side by side", `[${"[],".repeat(MAX_VALUES / 2)}1]`, /more than 200000 values/],
  ])("%s", (_, text, problem) => {
    expect(excessOf(text)).toMatch(problem);
  });

  test.each([
    ["as deep as may be", nested(MAX_DEPTH)],
    ["as many as may be", list(MAX_VALUES - 1)],
    ["brackets and commas in strings", JSON.stringify({ "[{,\\": "[{,".repeat(MAX_VALUES), '"': '\\"[' })],
    ["a string that nothing closes", `"${"[".repeat(MAX_VALUES)}`],
  ])("not %s", (_, text) => {
    expect(excessOf(text)).toBeUndefined();
  });

  test("nothing small", () => {
    fc.assert(fc.property(fc.json(), (text) => excessOf(text) === undefined));
  });
});
