import { expect, test } from "vitest";
import { overallInWords, overallOf, type PlaceState } from "../../../src/dashboard/places.ts";

test.each<[PlaceState[], string, string | undefined]>([
  [[], "not needed", undefined],
  [["pending"], "pending", "pending"],
  [["copied", "pending"], "1 of 2", "pending"],
  [["existing", "existing"], "there already", "existing"],
  [["existing", "mounted"], "mounted", "mounted"],
  [["copied", "mounted"], "copied", "copied"],
  [["done"], "put", "done"],
])("%j together", (statuses, words, state) => {
  const overall = overallOf(statuses.map((status) => ({ status })));
  expect([overall.state, overallInWords(overall)]).toEqual([state, words]);
});
