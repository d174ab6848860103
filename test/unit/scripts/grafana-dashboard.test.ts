import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../../scripts/tool.ts";
import { METRICS } from "../../../src/jobs/ledger/metrics.ts";

test("the dashboard asks for metrics that there are, and for all of them", () => {
  const text = readFileSync(join(ROOT, "scripts", "grafana-dashboard.json"), "utf8");
  const { panels } = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] };
  const asked = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr.match(/transship_\w+/g) ?? []));
  const known = METRICS.map(({ name }) => name);
  const names = new Set(asked.map((name) => name.replace(/_(bucket|sum|count)$/, "")));
  expect([...names].sort()).toEqual(known.toSorted());
});
