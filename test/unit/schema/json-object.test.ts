import { expect, test } from "vitest";
import { isJsonObject } from "../../../src/schema/json-object.ts";

test.each<[string, boolean]>([
  ["{}", true],
  ['{"a":1}', true],
  ["[]", false],
  ["null", false],
  ['"text"', false],
  ["1", false],
  ["true", false],
])("%s", (text, isObject) => {
  expect(isJsonObject(JSON.parse(text))).toBe(isObject);
});
