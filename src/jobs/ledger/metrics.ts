/**
 * What is counted, and how a job's end counts (Prometheus text format 0.0.4). Pure.
 *
 * Counters live in the ledger's rows, added to in the write that records the job, so that an end that is told twice counts once.
 */
import type { JobSummary } from "../document.ts";
import { hasEnded } from "../state.ts";
import type { CountedBlobs } from "./counted-blobs.ts";
import type { RequestCounts } from "./request-tally.ts";

/** A metric as `# HELP` and `# TYPE` say. */
export interface MetricDefinition {
  name: string;
  type: "counter" | "gauge" | "histogram";
  help: string;
}

/** All that is counted, in the order in which it is shown. */
export const METRICS: readonly MetricDefinition[] = [
  { name: "transship_jobs_ended_total", type: "counter", help: "Jobs that have ended, by how and by what asked for them." },
  { name: "transship_jobs", type: "gauge", help: "Jobs that have not ended, by status." },
  { name: "transship_jobs_waiting", type: "gauge", help: "Jobs that wait because a registry asked for patience or fails." },
  { name: "transship_blobs_total", type: "counter", help: "Blobs of ended jobs, by how they got to the destination." },
  {
    name: "transship_bytes_total",
    type: "counter",
    help: "Bytes of blobs of ended jobs: sent over the wire, or spared since they were there or mounted.",
  },
  {
    name: "transship_registry_requests_total",
    type: "counter",
    help: "Requests to registries by host and status; 0 is one without an answer.",
  },
  { name: "transship_job_duration_seconds", type: "histogram", help: "Seconds from a job's start to its end." },
  { name: "transship_job_queue_seconds", type: "histogram", help: "Seconds from a job's acceptance to its start." },
  { name: "transship_sweeps_total", type: "counter", help: "Sweeps of the stage." },
  { name: "transship_swept_objects_total", type: "counter", help: "What sweeps removed: staged blobs, unfinished uploads." },
];

/** Upper bounds of the histograms' buckets, in seconds: from an unchanged tag (50 ms) to a job's longest life (a day). */
export const BUCKETS: readonly number[] = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86_400];

/** What is added to one series, by its text: `name{label="value"}`. Buckets are not cumulative here; they are summed up when they are shown. */
export type Increments = Map<string, number>;

/** Whether a summary tells of an end. `before` is the status that was recorded until now: an end counts once, and again only after a retry. */
export function isNewEnd({ status }: JobSummary, before: string | undefined): boolean {
  return hasEnded(status) && before !== status;
}

/** What an end of a job adds; `blobs` is what it has done since it ended before, which it has unless this `isFirst`. */
export function incrementsOfEnd(summary: JobSummary, blobs: CountedBlobs, isFirst: boolean): Increments {
  const increments: Increments = new Map();
  const { status, trigger, startedAt, finishedAt, createdAt } = summary;
  increments.set(series("transship_jobs_ended_total", { status, trigger: trigger.kind }), 1);
  for (const how of ["copied", "mounted", "existing", "staged"] as const) {
    add(increments, series("transship_blobs_total", { how }), blobs[how]);
  }
  add(increments, series("transship_bytes_total", { how: "sent" }), blobs.sent);
  add(increments, series("transship_bytes_total", { how: "spared" }), blobs.spared);
  if (startedAt !== null && finishedAt !== null) {
    observe(increments, "transship_job_duration_seconds", { trigger: trigger.kind }, secondsBetween(startedAt, finishedAt));
    if (isFirst) {
      observe(increments, "transship_job_queue_seconds", {}, secondsBetween(createdAt, startedAt));
    }
  }
  return increments;
}

/** What requests to registries add. */
export function incrementsOfRequests(counts: RequestCounts): Increments {
  const increments: Increments = new Map();
  for (const [registry, statuses] of Object.entries(counts)) {
    for (const [status, count] of Object.entries(statuses)) {
      add(increments, series("transship_registry_requests_total", { registry, status }), count);
    }
  }
  return increments;
}

/** What one sweep of the stage adds: blobs that it `deleted`, unfinished uploads that it `aborted`. */
export function incrementsOfSweep({ deleted, aborted }: { deleted: number; aborted: number }): Increments {
  const increments: Increments = new Map([["transship_sweeps_total", 1]]);
  add(increments, series("transship_swept_objects_total", { kind: "blob" }), deleted);
  add(increments, series("transship_swept_objects_total", { kind: "upload" }), aborted);
  return increments;
}

/** The text of a series. Label values are escaped as the format wants. */
export function series(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([label, value]) => `${label}="${value.replace(/[\\"\n]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`))}"`,
  );
  return pairs.length === 0 ? name : `${name}{${pairs.join(",")}}`;
}

function observe(increments: Increments, name: string, labels: Readonly<Record<string, string>>, seconds: number): void {
  const bound = BUCKETS.find((upper) => seconds <= upper);
  add(increments, series(`${name}_bucket`, { ...labels, le: bound === undefined ? "+Inf" : String(bound) }), 1);
  add(increments, series(`${name}_sum`, labels), seconds);
}

function add(increments: Increments, name: string, amount: number): void {
  if (amount > 0) {
    increments.set(name, (increments.get(name) ?? 0) + amount);
  }
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}
