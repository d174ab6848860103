import { describe, expect, test } from "vitest";
import { metricsText } from "../../../../src/api/metrics-text.ts";
import type { JobDocument } from "../../../../src/jobs/document.ts";
import { summaryOf } from "../../../../src/jobs/document-view.ts";
import { NONE_COUNTED, uncounted } from "../../../../src/jobs/ledger/counted-blobs.ts";
import {
  incrementsOfEnd,
  incrementsOfRequests,
  incrementsOfSweep,
  isNewEnd,
  METRICS,
  series,
} from "../../../../src/jobs/ledger/metrics.ts";
import { RequestTally } from "../../../../src/jobs/ledger/request-tally.ts";
import { quickEffects } from "../../../support/quick-effects.ts";
import { jobDocument } from "../../api/api-fixture.ts";

const summary = (changes: Partial<JobDocument>) => summaryOf(jobDocument(changes));

const END = summary({
  status: "succeeded",
  createdAt: "2026-11-25T00:00:00.000Z",
  startedAt: "2026-11-25T00:00:00.200Z",
  finishedAt: "2026-11-25T00:00:03.200Z",
  progress: {
    manifests: { total: 1, done: 1 },
    blobs: { total: 4, done: 4, copied: 2, mounted: 1, existing: 1, staged: 0 },
    bytes: { total: 1000, done: 1000, copied: 600 },
  },
});

describe("the end of a job", () => {
  test("counts once", () => {
    expect(Object.fromEntries(incrementsOfEnd(END, uncounted(END.progress, NONE_COUNTED), true))).toEqual({
      'transship_jobs_ended_total{status="succeeded",trigger="api"}': 1,
      'transship_blobs_total{how="copied"}': 2,
      'transship_blobs_total{how="mounted"}': 1,
      'transship_blobs_total{how="existing"}': 1,
      'transship_bytes_total{how="sent"}': 600,
      'transship_bytes_total{how="spared"}': 400,
      'transship_job_duration_seconds_bucket{trigger="api",le="5"}': 1,
      'transship_job_duration_seconds_sum{trigger="api"}': 3,
      'transship_job_queue_seconds_bucket{le="0.25"}': 1,
      transship_job_queue_seconds_sum: 0.2,
    });
    expect([isNewEnd(END, "running"), isNewEnd(END, undefined), isNewEnd(END, "succeeded")]).toEqual([true, true, false]);
  });

  test("after a retry says nothing of the queue: it was accepted long before", () => {
    const names = [...incrementsOfEnd(END, NONE_COUNTED, false).keys()];
    expect(names.filter((name) => name.includes("queue"))).toEqual([]);
    expect(names.filter((name) => name.includes("duration"))).toHaveLength(2);
  });

  test("and nothing before it does", () => {
    expect(isNewEnd(summary({ status: "running" }), "queued")).toBe(false);
  });
});

test("a sweep", () => {
  expect(Object.fromEntries(incrementsOfSweep({ deleted: 3, aborted: 0 }))).toEqual({
    transship_sweeps_total: 1,
    'transship_swept_objects_total{kind="blob"}': 3,
  });
});

test("requests are counted by host and status, those without an answer too, and taken once", async () => {
  const tally = new RequestTally();
  const answers = [200, 404, 200];
  const effects = tally.counting(
    {
      ...quickEffects,
      fetch: async () => {
        const status = answers.shift();
        if (status === undefined) {
          throw new Error("refused");
        }
        return new Response(null, { status });
      },
    },
    "a.io",
  );
  for (let request = 0; request < 4; request++) {
    await effects.fetch("https://a.io/", {}).catch(() => {});
  }
  tally.add({ "b.io": { 200: 5 } });
  const counts = tally.take();
  expect(counts).toEqual({ "a.io": { 0: 1, 200: 2, 404: 1 }, "b.io": { 200: 5 } });
  expect(tally.take()).toEqual({});
  expect(incrementsOfRequests(counts).get('transship_registry_requests_total{registry="a.io",status="200"}')).toBe(2);
});

describe("the text", () => {
  test("has every metric with its help and type, also without a sample", () => {
    const text = metricsText([]);
    for (const { name, type } of METRICS) {
      expect(text).toContain(`# TYPE ${name} ${type}\n`);
    }
  });

  test("sums buckets up", () => {
    const text = metricsText(
      [...incrementsOfEnd(END, uncounted(END.progress, NONE_COUNTED), true)].map(([name, value]) => [name, value] as const),
    );
    const lines = text.split("\n").filter((line) => line.startsWith("transship_job_duration_seconds"));
    expect(lines).toContain('transship_job_duration_seconds_bucket{trigger="api",le="2.5"} 0');
    expect(lines).toContain('transship_job_duration_seconds_bucket{trigger="api",le="5"} 1');
    expect(lines).toContain('transship_job_duration_seconds_bucket{trigger="api",le="+Inf"} 1');
    expect(lines).toContain('transship_job_duration_seconds_sum{trigger="api"} 3');
    expect(lines).toContain('transship_job_duration_seconds_count{trigger="api"} 1');
    expect(text).toContain('transship_job_queue_seconds_bucket{le="0.25"} 1');
    expect(text).toContain("transship_job_queue_seconds_count 1");
  });

  test("label values can't break out", () => {
    expect(series("x", { a: 'b"}\n\\' })).toBe('x{a="b\\"}\\n\\\\"}');
  });
});
