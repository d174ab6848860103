import { describe, expect, test } from "vitest";
import { ApiError } from "../../../src/api/api-error.ts";
import { idempotencyKey } from "../../../src/api/idempotency-key.ts";

describe("Idempotency-Key", () => {
  test.each<[string | null, string | undefined]>([
    [null, undefined],
    ["abc", "abc"],
    ['"abc"', "abc"],
    [' "abc" ', "abc"],
    ['"a\\"b\\\\c"', 'a"b\\c'],
    ['"abc";x=1', "abc"],
    ["8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"],
    ["two words", "two words"],
    ["k".repeat(255), "k".repeat(255)],
    [`"${"k".repeat(255)}"`, "k".repeat(255)],
  ])("%j is the key %j", (header, key) => {
    expect(idempotencyKey(header)).toBe(key);
  });

  test.each([
    "",
    " ",
    "a, a",
    "a, b",
    '""',
    '"abc',
    '"a"b',
    '"a", "b"',
    '"\\a"',
    "k".repeat(256),
    `"${"k".repeat(256)}"`,
    "schlüssel",
    "a\tb",
    '"a\tb"',
  ])("%j is refused", (header) => {
    expect(() => idempotencyKey(header)).toThrow(ApiError);
  });
});
