import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson } from "../../../src/schema/json-text.ts";

test.each([
  ["", "is empty"],
  ["  \n", "is empty"],
  ["{", "is not JSON: it ends too early"],
  ['{"a":', "is not JSON: it ends too early"],
  ['{"a":1', "is not JSON: it ends too early"],
  ["[1,2", "is not JSON: it ends too early"],
  ["{]", "is not JSON: see line 1, column 2"],
  ['{"a" 1}', "is not JSON: see line 1, column 6"],
  ['{"a":1,}', "is not JSON: see line 1, column 8"],
  ["[1,]", "is not JSON: see line 1, column 4"],
  ["[1 2]", "is not JSON: see line 1, column 4"],
  ["{a:1}", "is not JSON: see line 1, column 2"],
  ["{'a':1}", "is not JSON: see line 1, column 2"],
  ['{\n  "a": 1,\n  "b": secret\n}', "is not JSON: see line 3, column 8"],
  ['"unterminated', "is not JSON: see line 1, column 1"],
  ['{"a":"x\ny"}', "is not JSON: see line 1, column 6"],
  ['"bad \\x escape"', "is not JSON: see line 1, column 1"],
  ["1 2", "is not JSON: see line 1, column 3"],
  ["01", "is not JSON: see line 1, column 2"],
  ["nul", "is not JSON: see line 1, column 1"],
  ["1,2", "is not JSON: see line 1, column 2"],
  ["[}", "is not JSON: see line 1, column 2"],
  ["source=a&destination=b", "is not JSON: see line 1, column 1"],
])("%j %s", (text, detail) => {
  expect(parseJson(text)).toEqual({ ok: false, detail });
});

test("gives back what JSON.stringify wrote", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
    }),
  );
});

test("finds the place of a foreign character in any document", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), (value) => {
      const text = JSON.stringify(value);
      expect(parseJson(`${text} \u00a7`)).toEqual({ ok: false, detail: `is not JSON: see line 1, column ${text.length + 2}` });
    }),
  );
});

test.each([
  ["open brackets", "[".repeat(250_000)],
  ["one long string without an end", `"${"a".repeat(250_000)}`],
  ["one long string with a fault after it", `["${"a".repeat(250_000)}" x`],
  ["escapes", `"${"\\n".repeat(125_000)}`],
  ["spaces", `${" ".repeat(250_000)}x`],
])("is quick with %s", (_name, text) => {
  const start = performance.now();
  expect(parseJson(text).ok).toBe(false);
  expect(performance.now() - start).toBeLessThan(1000);
});
