import { describe, expect, test } from "vitest";
import { type Billed, CLOUDFLARE, listDollars, monthDollars, runnerMinutes, times, total } from "../../../scripts/cost/prices.ts";
import { checkSeconds, copySeconds, tablesOf } from "../../../scripts/cost/report.ts";

const NOTHING: Billed = {
  workerRequests: 0,
  cpuMs: 0,
  objectRequests: 0,
  gbSeconds: 0,
  rowsRead: 0,
  rowsWritten: 0,
  gbMonths: 0,
  classA: 0,
  classB: 0,
};

test("every million has its price", () => {
  const million = { ...NOTHING, workerRequests: 1e6, cpuMs: 1e6, objectRequests: 1e6, gbSeconds: 1e6, rowsRead: 1e6, rowsWritten: 1e6 };
  expect(listDollars(million)).toMatchObject({ workerRequests: 0.3, cpuMs: 0.02, objectRequests: 0.15, gbSeconds: 12.5, rowsRead: 0.001 });
  expect(total(listDollars(million))).toBeCloseTo(13.971, 6);
});

describe("the month's bill", () => {
  test("is the base while everything is included", () => {
    const { prices, monthly } = CLOUDFLARE;
    const all = Object.fromEntries(Object.entries(prices).map(([key, { included }]) => [key, included])) as unknown as Billed;
    expect(monthDollars(NOTHING)).toBe(monthly);
    expect(monthDollars(all)).toBe(monthly);
  });

  test("has on top what goes beyond, each by itself", () => {
    const use = { ...NOTHING, objectRequests: 3e6, rowsWritten: 49e6, gbMonths: 7 };
    expect(monthDollars(use)).toBeCloseTo(5 + 2 * 0.15 + 2 * 0.2, 6);
  });
});

test("a runner's jobs are rounded up to minutes, each by itself", () => {
  expect(runnerMinutes(1_000, 1, 10, 20)).toBe(1_000);
  expect(runnerMinutes(1_000, 1, 10, 51)).toBe(2_000);
  expect(runnerMinutes(1_000, 1_000, 10, 20)).toBe(334);
});

test("a copy takes as long as the network needs for its bytes, a check as long as its requests", () => {
  expect(copySeconds(3_000, 500e6)).toBe(20);
  expect(copySeconds(30_000, 500e6)).toBe(30);
  expect(checkSeconds({ wallMs: 100, requests: 4 })).toBe(0.3);
});

test("the tables have a row for everything that is billed, and a runner only where a copier was measured", () => {
  const copy = { ...NOTHING, objectRequests: 13, rowsWritten: 80 };
  const tables = tablesOf({ copy, check: times(copy, 2) });
  for (const { name } of Object.values(CLOUDFLARE.prices)) {
    expect(tables).toContain(`| ${name} |`);
  }
  expect(tables).toContain("| rows written | 80 | 160 | 50,000,000 | $0.08 | $1.60 |");
  expect(tables).not.toContain("GitHub");
  const peer = { name: "crane", copySeconds: 20, checkSeconds: 0.2 };
  expect(tablesOf({ copy, check: copy, peer })).toContain(
    "| GitHub Actions, crane, a job for one | $6.00 (1,000 min) | $60.00 (10,000 min) |",
  );
});
