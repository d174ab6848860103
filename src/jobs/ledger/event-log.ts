/** The Worker's log: one line of JSON for each event, for whoever reads logs by machine. Never a secret, never a query string. */
import { redactUrl } from "../../net/redact.ts";
import type { JobDocument, JobSummary } from "../document.ts";
import { hasEnded } from "../state.ts";

/** How much an event matters to an operator. `warn`: a job or a registry is in trouble; `error`: this service is. */
export type LogLevel = "info" | "warn" | "error";

/** What is said of an event. Texts may come from registries: they are cut, and addresses in them lose their query. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Logs an event by its name, such as `job.ended`. What is below the log's level is dropped. */
export type EventLog = (level: LogLevel, event: string, fields?: LogFields) => void;

/** From which level on events are logged. */
export type LogThreshold = LogLevel | "off";

/** Longest text in a line, in characters: Cloudflare takes 256 KB for all lines of a request. */
const MAX_TEXT = 1_000;

const LEVELS: readonly LogThreshold[] = ["info", "warn", "error", "off"];

/** A log that prints lines from a level on. `now` gives milliseconds since the epoch. */
export function eventLog(threshold: LogThreshold, print: (line: string) => void, now: () => number): EventLog {
  return (level, event, fields = {}) => {
    if (LEVELS.indexOf(level) >= LEVELS.indexOf(threshold)) {
      print(logLine(level, event, fields, now()));
    }
  };
}

/** Returns the line of JSON for an event: `time` (ISO 8601, UTC), `level`, `event`, and the fields, whose texts are cut and freed of secrets. */
export function logLine(level: LogLevel, event: string, fields: LogFields, nowMs: number): string {
  const shown = Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? safeText(value) : value]);
  return JSON.stringify({ time: new Date(nowMs).toISOString(), level, event, ...Object.fromEntries(shown) });
}

/** What a job's newest state is logged as; `undefined` where it is no news for an operator. */
export function jobEvent(summary: JobSummary): { level: LogLevel; event: string; fields: LogFields } | undefined {
  const { id: job, status, source, digest, progress, error, waiting, startedAt, finishedAt } = summary;
  if (waiting !== null) {
    return { level: "warn", event: "job.waiting", fields: { job, source, until: waiting.until, reason: waiting.reason } };
  }
  if (!hasEnded(status)) {
    return undefined;
  }
  return {
    level: status === "failed" ? "warn" : "info",
    event: "job.ended",
    fields: {
      job,
      status,
      source,
      digest,
      bytes: progress.bytes.copied,
      blobs: progress.blobs.copied,
      ms: startedAt === null || finishedAt === null ? null : Date.parse(finishedAt) - Date.parse(startedAt),
      code: error?.code,
      side: error?.side,
      host: error?.registry,
      detail: error?.detail,
    },
  };
}

/** What is logged of a job that was accepted. */
export function acceptedEvent({ id: job, source, trigger, request }: JobDocument): { event: string; fields: LogFields } {
  const destinations = [request.destination].flat();
  const fields = {
    job,
    source,
    destination: destinations[0] ?? "",
    destinations: destinations.length,
    trigger: trigger.kind,
    by: trigger.name,
  };
  return { event: "job.accepted", fields };
}

/** Addresses without user, query and fragment, where secrets stand; and no more of a text than a line needs. */
function safeText(text: string): string {
  return text.slice(0, MAX_TEXT).replace(/\bhttps?:\/\/[^\s"'<>]+/gi, (url) => redactUrl(url));
}
