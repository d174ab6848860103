/** How fast a job is, and how long it will take. Pure. */
import type { JobDocument, Progress } from "../jobs/document.ts";
import type { ServerEvent } from "./event-stream.ts";

/** Bytes that had crossed the wire at a moment. */
export interface Sample {
  atMs: number;
  bytes: number;
}

/** The rate is that of so many of the last milliseconds: long enough not to jump, short enough to show a registry that slows down. */
const WINDOW_MS = 8_000;

/** Shortest time between two samples, in milliseconds: limits how many there are. */
const STEP_MS = 400;

/** Adds the sample that an event brings. Of the samples older than {@link WINDOW_MS} only the newest is kept, to measure from. */
export function withSample(samples: readonly Sample[], { name, data }: ServerEvent, nowMs: number): readonly Sample[] {
  const last = samples.at(-1);
  if (name !== "progress" && name !== "job") {
    return samples;
  }
  if (last !== undefined && nowMs - last.atMs < STEP_MS) {
    return samples;
  }
  const { progress } = JSON.parse(data) as Pick<JobDocument, "progress">;
  const old = samples.findLastIndex(({ atMs }) => atMs < nowMs - WINDOW_MS);
  return [...samples.slice(Math.max(0, old)), { atMs: nowMs, bytes: progress.bytes.copied }];
}

/** Bytes a second over the last seconds, until now; undefined where too little is known. */
export function rateOf(samples: readonly Sample[], nowMs: number): number | undefined {
  const [first, last] = [samples.find(({ atMs }) => atMs >= nowMs - WINDOW_MS) ?? samples.at(-1), samples.at(-1)];
  if (first === undefined || last === undefined || nowMs - first.atMs < 2 * STEP_MS) {
    return undefined;
  }
  return (1000 * Math.max(0, last.bytes - first.bytes)) / (nowMs - first.atMs);
}

/** Seconds until all known bytes are there, at that rate; undefined where there is no rate, or nothing to send is known. */
export function secondsLeft({ bytes }: Progress, rate: number | undefined): number | undefined {
  return rate === undefined || rate < 1 || bytes.total === 0 ? undefined : (bytes.total - bytes.done) / rate;
}

/** How far a job is, from 0 to 1: by bytes where there are some, else by blobs and manifests. */
export function fractionDone({ bytes, blobs, manifests }: Progress): number {
  if (bytes.total > 0) {
    return bytes.done / bytes.total;
  }
  const total = blobs.total + manifests.total;
  return total === 0 ? 0 : (blobs.done + manifests.done) / total;
}

/** Bytes a second of a job that has ended, over its whole time; undefined where it sent nothing or took no time. */
export function averageRate({
  startedAt,
  finishedAt,
  progress,
}: Pick<JobDocument, "startedAt" | "finishedAt" | "progress">): number | undefined {
  const ms = startedAt === null || finishedAt === null ? 0 : Date.parse(finishedAt) - Date.parse(startedAt);
  return ms <= 0 || progress.bytes.copied === 0 ? undefined : (1000 * progress.bytes.copied) / ms;
}
