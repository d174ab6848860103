import { expect, it } from "vitest";
import { eventLog } from "../../../../src/jobs/ledger/event-log.ts";
import { WarningLog } from "../../../../src/jobs/ledger/warning-log.ts";

it("says each warning once, with the registry that gave it", () => {
  const lines: unknown[] = [];
  const log = eventLog(
    "info",
    (line) => lines.push(JSON.parse(line)),
    () => 0,
  );
  const warnings = new WarningLog();
  for (const [host, text] of [
    ["a.test", "this tag is deprecated"],
    ["a.test", "this tag is deprecated"],
    ["b.test", "this tag is deprecated"],
    ["a.test", "moving soon"],
  ] as const) {
    warnings.note(log, host, text);
  }
  const event = { level: "warn", event: "registry.warning" };
  expect(lines).toMatchObject([
    { ...event, host: "a.test", text: "this tag is deprecated" },
    { ...event, host: "b.test", text: "this tag is deprecated" },
    { ...event, host: "a.test", text: "moving soon" },
  ]);
});
