import { describe, expect, test } from "vitest";
import type { JobDocument } from "../../../../src/jobs/document.ts";
import { summaryOf } from "../../../../src/jobs/document-view.ts";
import { acceptedEvent, eventLog, jobEvent, logLine } from "../../../../src/jobs/ledger/event-log.ts";
import { JOB_ID, jobDocument } from "../../api/api-fixture.ts";

const NOW = Date.UTC(2026, 10, 25);
const eventOf = (changes: Partial<JobDocument>) => jobEvent(summaryOf(jobDocument(changes)));

test("a line is JSON with time, level and event first", () => {
  expect(logLine("info", "stage.swept", { deleted: 3, host: undefined }, NOW)).toBe(
    '{"time":"2026-11-25T00:00:00.000Z","level":"info","event":"stage.swept","deleted":3}',
  );
});

test("addresses lose user and query, and texts their length", () => {
  const detail = `asking https://user:canary@a.io/v2/x?token=canary#canary failed ${"x".repeat(5_000)}`;
  const line = logLine("error", "x", { detail }, NOW);
  expect(line).not.toContain("canary");
  expect(line).toContain("https://a.io/v2/x failed");
  expect(line.length).toBeLessThan(1_200);
});

test.each([
  ["info", 3],
  ["warn", 2],
  ["error", 1],
  ["off", 0],
] as const)("from %s on %i of three levels are printed", (threshold, count) => {
  const lines: string[] = [];
  const log = eventLog(
    threshold,
    (line) => lines.push(line),
    () => NOW,
  );
  for (const level of ["info", "warn", "error"] as const) {
    log(level, "x");
  }
  expect(lines).toHaveLength(count);
});

describe("a job", () => {
  test("that was accepted", () => {
    const { event, fields } = acceptedEvent(jobDocument());
    expect([event, fields]).toEqual([
      "job.accepted",
      {
        job: JOB_ID,
        source: "docker.io/library/busybox:1.36",
        destination: "ghcr.io/acme/busybox",
        destinations: 1,
        trigger: "api",
        by: "ci",
      },
    ]);
  });

  test("that was accepted for several destinations", () => {
    const request = { source: "busybox:1.36", destination: ["ghcr.io/acme/busybox", "quay.io/acme/busybox"] };
    expect(acceptedEvent(jobDocument({ request })).fields).toMatchObject({ destination: "ghcr.io/acme/busybox", destinations: 2 });
  });

  test("that waits", () => {
    expect(eventOf({ status: "running", waiting: { until: "later", reason: "asked to" } })).toMatchObject({
      level: "warn",
      event: "job.waiting",
      fields: { until: "later", reason: "asked to" },
    });
  });

  test("that has ended, with host, side and cause where it failed", () => {
    const error = {
      type: "",
      title: "",
      status: 404,
      detail: "There is none",
      code: "not-found" as const,
      side: "source" as const,
      registry: "a.io",
    };
    const times = { startedAt: "2026-11-25T00:00:00.000Z", finishedAt: "2026-11-25T00:00:01.500Z" };
    expect(eventOf({ status: "failed", error, ...times })).toMatchObject({
      level: "warn",
      event: "job.ended",
      fields: { status: "failed", ms: 1500, code: "not-found", side: "source", host: "a.io", detail: "There is none" },
    });
    expect(eventOf({ status: "succeeded", ...times })).toMatchObject({ level: "info" });
  });

  test("that just goes on is no news", () => {
    expect(eventOf({ status: "running" })).toBeUndefined();
    expect(eventOf({ status: "queued" })).toBeUndefined();
  });
});
