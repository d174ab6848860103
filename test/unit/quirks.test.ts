/** The table of quirks and the tests agree, both ways. */
import { expect, it } from "vitest";
import { readProject } from "../../scripts/check-layers.ts";
import { ROOT } from "../../scripts/tool.ts";
import { QUIRKS } from "../quirks/table.ts";

/** A title, or the name of a row of a table of cases, begins with the numbers that it is about: `Q72 …`, `Q50, Q76: …`. */
const TITLE = /["'`](Q\d+(?:, Q\d+)*):? /g;

/** By number: the test files that name it, as the table names files. */
async function titles(): Promise<Map<number, Set<string>>> {
  const found = new Map<number, Set<string>>();
  for (const [file, text] of await readProject(ROOT)) {
    if (!/^test\/.+\.test\.ts$/.test(file) || file === "test/unit/quirks.test.ts") {
      continue;
    }
    for (const [, numbers = ""] of text.matchAll(TITLE)) {
      for (const number of numbers.split(", ").map((each) => Number(each.slice(1)))) {
        found.set(number, (found.get(number) ?? new Set()).add(file.slice("test/".length, -".test.ts".length)));
      }
    }
  }
  return found;
}

it("the table has every quirk from 1 to 146, once and in order", () => {
  expect(QUIRKS.map(([number]) => number)).toEqual(Array.from({ length: 146 }, (_, index) => index + 1));
});

it("every row is shown by the tests that it names, or says why there are none", async () => {
  const named = await titles();
  const wrong = QUIRKS.filter(([number, state, , shown]) =>
    state === "not-applicable"
      ? typeof shown !== "string" || shown.length < 20
      : typeof shown === "string" || shown.length === 0 || shown.some((file) => !named.get(number)?.has(file)),
  );
  expect(wrong).toEqual([]);
});

it("every quirk that a test names has a row, and the suite's own tests stand in it", async () => {
  const rows = new Map(QUIRKS.map(([number, , , shown]) => [number, shown]));
  const missing = [...(await titles())].flatMap(([number, files]) => {
    const shown = rows.get(number);
    const inSuite = [...files].filter((file) => file.startsWith("quirks/"));
    return Array.isArray(shown) && inSuite.every((file) => shown.includes(file)) ? [] : [{ number, files: [...files], shown }];
  });
  expect(missing).toEqual([]);
});

it("no test of the suite is left out or put off", async () => {
  const suite = [...(await readProject(ROOT))].filter(([file]) => file.startsWith("test/quirks/"));
  expect(suite.filter(([, text]) => /\b(?:it|test|describe)\.(?:skip|only|todo|fails)\b/.test(text)).map(([file]) => file)).toEqual([]);
});
