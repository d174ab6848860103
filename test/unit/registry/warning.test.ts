import { expect, it } from "vitest";
import { parseWarnings } from "../../../src/registry/warning.ts";

it.each<[string, string | null, string[]]>([
  ["Q141 one", '299 - "deprecated"', ["deprecated"]],
  ["Q141 several, as `Headers` joins them", '299 - "one, two", 299 - "th\\"ree"', ["one, two", 'th"ree']],
  ["Q141 none", null, []],
  ["Q141 a cache's", '110 anderson/1.3.37 "Response is stale"', []],
  ["Q141 one after a cache's", '110 proxy "stale", 299 - "mine"', ["mine"]],
  ["Q141 without quotes", "299 - deprecated", []],
  ["Q141 with a secret quoted back", '299 - "sent Bearer eyJhbGciOiJIUzI1NiJ9.e30.x"', ["sent Bearer …"]],
  ["Q141 many", Array.from({ length: 9 }, (_, n) => `299 - "${n}"`).join(","), ["0", "1", "2", "3", "4"]],
])("%s", (_, header, expected) => {
  expect(parseWarnings(header)).toEqual(expected);
});
