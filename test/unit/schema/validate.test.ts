import { expect, test } from "vitest";
import * as z from "zod/mini";
import { pointerTo, validate } from "../../../src/schema/validate.ts";

const schema = z.strictObject({
  text: z.string().check(z.minLength(1), z.maxLength(3)),
  list: z.exactOptional(z.array(z.string()).check(z.minLength(1), z.maxLength(2))),
  count: z.exactOptional(z.int().check(z.minimum(1), z.maximum(9))),
  rate: z.exactOptional(z.number()),
  flag: z.exactOptional(z.boolean()),
  kind: z.exactOptional(z.enum(["a", "b"])),
  map: z.exactOptional(z.record(z.string().check(z.maxLength(3)), z.string())),
});

test.each<[unknown, string, string]>([
  [{}, "#/text", "is required"],
  [{ text: undefined }, "#/text", "is required"],
  [{ text: null }, "#/text", "must be a string"],
  [{ text: 1 }, "#/text", "must be a string"],
  [{ text: "" }, "#/text", "must not be empty"],
  [{ text: "abcd" }, "#/text", "must have at most 3 characters"],
  [{ text: "a", list: "x" }, "#/list", "must be an array"],
  // Its characters are not counted as entries.
  [{ text: "a", list: "wxyz" }, "#/list", "must be an array"],
  [{ text: "a", list: [] }, "#/list", "must not be empty"],
  [{ text: "a", list: ["x", "y", "z"] }, "#/list", "must have at most 2 entries"],
  [{ text: "a", list: ["x", 5] }, "#/list/1", "must be a string"],
  [{ text: "a", count: "1" }, "#/count", "must be a number"],
  [{ text: "a", count: 1.5 }, "#/count", "must be a whole number"],
  [{ text: "a", count: 0 }, "#/count", "must be at least 1"],
  [{ text: "a", count: 10 }, "#/count", "must be at most 9"],
  [{ text: "a", rate: "x" }, "#/rate", "must be a number"],
  [{ text: "a", flag: "true" }, "#/flag", "must be true or false"],
  [{ text: "a", kind: "c" }, "#/kind", 'must be one of "a", "b"'],
  [{ text: "a", map: [] }, "#/map", "must be an object"],
  [{ text: "a", map: { x: 1 } }, "#/map/x", "must be a string"],
  [{ text: "a", map: { long: "x" } }, "#/map/long", "has a name that must have at most 3 characters"],
  [{ text: "a", other: 1 }, "#/other", "is not a known field"],
  [JSON.parse('{"text":"a","__proto__":{}}'), "#/__proto__", "is not a known field"],
  [[], "#", "must be an object"],
  ["text", "#", "must be an object"],
  [null, "#", "must be an object"],
])("%j at %s: %s", (input, pointer, detail) => {
  expect(validate(schema, input)).toEqual({ ok: false, faults: [{ pointer, detail }] });
});

test("tells of every fault", () => {
  expect(validate(schema, { list: [1], x: 1, y: 2 })).toEqual({
    ok: false,
    faults: [
      { pointer: "#/text", detail: "is required" },
      { pointer: "#/list/0", detail: "must be a string" },
      { pointer: "#/x", detail: "is not a known field" },
      { pointer: "#/y", detail: "is not a known field" },
    ],
  });
});

test.each<[PropertyKey[], string]>([
  [[], "#"],
  [["destination", 3], "#/destination/3"],
  [["a/b", "m~n"], "#/a~1b/m~0n"],
  [["registry.internal:5000", "http"], "#/registry.internal:5000/http"],
  [['ä b%"<'], "#/%C3%A4%20b%25%22%3C"],
  [[""], "#/"],
  [["\ud800"], "#/%EF%BF%BD"],
])("the pointer to %j is %s", (path, pointer) => {
  expect(pointerTo(...path)).toBe(pointer);
});
