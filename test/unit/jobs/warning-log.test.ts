import { expect, it } from "vitest";
import { WarningLog } from "../../../src/jobs/warning-log.ts";

it("says each warning once, with the registry that gave it", () => {
  const lines: string[] = [];
  const log = new WarningLog((line) => lines.push(line));
  for (const [registry, text] of [
    ["a.test", "this tag is deprecated"],
    ["a.test", "this tag is deprecated"],
    ["b.test", "this tag is deprecated"],
    ["a.test", "moving soon"],
  ] as const) {
    log.note(registry, text);
  }
  expect(lines).toEqual(["a.test warns: this tag is deprecated", "b.test warns: this tag is deprecated", "a.test warns: moving soon"]);
});
