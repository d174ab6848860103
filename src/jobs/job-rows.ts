/** The row of the job itself: read, and moved from state to state by conditional updates. */
import type { Failure } from "../oci/errors.ts";
import type { CopyRequest } from "../request/copy-request.ts";
import type { JobStatus, Submission, Trigger } from "./document.ts";
import { createTables, hasTables } from "./schema.ts";
import { statesBefore } from "./state.ts";

/** The job itself. */
export interface JobRow {
  id: string;
  status: JobStatus;
  request: CopyRequest;
  /** Hash of the request; see `Submission`. */
  fingerprint: string;
  trigger: Trigger;
  /** Milliseconds since the epoch, like all times here. */
  createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  /** What the job failed with, or that it was cancelled; null in every other state. */
  error: Failure | null;
  /** Until when nothing is tried, and why; null while nothing is waited for. */
  waiting: { until: number; reason: string } | null;
  /** Since when nothing has gone forward, or null. */
  troubledSince: number | null;
  /** Interruptions in a row since then. */
  setbacks: number;
  /** A cancel was asked for, and has not come to pass yet. */
  cancelAsked: boolean;
  /** When it was submitted or last retried. */
  queuedAt: number;
  /** Times that it was woken since something went forward or a slice came to its end: how often its process has died. */
  wakes: number;
  /** How often its process has died under it, less the slices that it has lived through since. */
  deaths: number;
  /** Whether the source was found to ignore ranges. */
  ignoresRanges: boolean;
  /** Raised with every change that a watcher should see; the id of the job's events. */
  version: number;
  /** The version that the ledger knows. */
  listedVersion: number;
}

type Columns = Record<string, SqlStorageValue>;

/** What a retry forgets: when the job began and ended, and how often its process had died, or a job that was ended for that would end so again at once. */
const AFRESH = ", started_at = NULL, finished_at = NULL, cancel_asked = 0, wakes = 0, at_work = 0, deaths = 0";

/** Where each step's time is kept. */
const TIME_COLUMN: Readonly<Record<JobStatus, string>> = {
  queued: "queued_at",
  running: "started_at",
  succeeded: "finished_at",
  failed: "finished_at",
  cancelled: "finished_at",
};

/** The table `job`, which has one row. */
export class JobRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The job, or `undefined` where none was ever submitted to this object. */
  read(): JobRow | undefined {
    if (!hasTables(this.#sql)) {
      return undefined;
    }
    const row = this.#sql.exec<Columns>("SELECT * FROM job").toArray()[0];
    return row === undefined ? undefined : fromColumns(row);
  }

  /** Makes the tables and stores the job as `queued`. */
  insert(submission: Submission, nowMs: number): void {
    createTables(this.#sql);
    this.#sql.exec(
      "INSERT INTO job (id, status, request, fingerprint, trigger, created_at, queued_at) VALUES (?, 'queued', ?, ?, ?, ?, ?)",
      submission.id,
      JSON.stringify(submission.request),
      submission.fingerprint,
      JSON.stringify(submission.trigger),
      nowMs,
      nowMs,
    );
  }

  /** Moves the job to `status` if the table of states allows it, and says whether it did. */
  move(status: JobStatus, nowMs: number, error: Failure | null = null): boolean {
    const from = statesBefore(status);
    const cursor = this.#sql.exec(
      `UPDATE job SET status = ?, version = version + 1, error = ?, waiting_until = NULL, waiting_reason = NULL, troubled_since = NULL, setbacks = 0,
         ${TIME_COLUMN[status]} = ? ${status === "queued" ? AFRESH : ""}
       WHERE status IN (${from.map(() => "?").join(", ")})`,
      status,
      error === null ? null : JSON.stringify(error),
      nowMs,
      ...from,
    );
    return cursor.rowsWritten > 0;
  }

  /** Notes that a cancel was asked for, so that it comes to pass even where this process dies first. Nothing changes at a job that has ended. */
  askCancel(): void {
    this.#sql.exec("UPDATE job SET cancel_asked = 1 WHERE status IN ('queued', 'running')");
  }

  /** Notes an interruption: since when there is trouble, and until when the job waits and why. */
  setBack(nowMs: number, until: number, reason: string): void {
    this.#sql.exec(
      `UPDATE job SET waiting_until = ?, waiting_reason = ?, troubled_since = coalesce(troubled_since, ?), setbacks = setbacks + 1, version = version + 1
       WHERE status = 'running'`,
      until,
      reason,
      nowMs,
    );
  }

  /** Notes a pause that a registry asked for. It is no trouble, and trouble that there was before is none the older for it. */
  pause(nowMs: number, until: number, reason: string): void {
    this.#sql.exec(
      `UPDATE job SET waiting_until = ?, waiting_reason = ?, troubled_since = troubled_since + ?, version = version + 1
       WHERE status = 'running'`,
      until,
      reason,
      until - nowMs,
    );
  }

  /** Notes that something went forward: what went wrong before is over. */
  goForward(): void {
    this.#sql.exec(
      `UPDATE job SET waiting_until = NULL, waiting_reason = NULL, troubled_since = NULL, setbacks = 0, wakes = 0, version = version + 1
       WHERE troubled_since IS NOT NULL OR waiting_until IS NOT NULL OR wakes > 0`,
    );
  }

  /** Something that is worth telling of a job at work has changed in other rows. */
  touch(): void {
    this.#sql.exec("UPDATE job SET version = version + 1 WHERE status = 'running'");
  }

  /** The wait is over; whether the trouble is, the next step shows. */
  stopWaiting(): void {
    this.#sql.exec("UPDATE job SET waiting_until = NULL, waiting_reason = NULL, version = version + 1 WHERE waiting_until IS NOT NULL");
  }

  /** Counts a wake-up, which {@link sleeps} takes back; and a death, where the slice before was never said to have ended. */
  woke(): void {
    this.#sql.exec("UPDATE job SET wakes = wakes + 1, deaths = deaths + at_work, at_work = 1");
  }

  /** A slice has come to its end; a `whole` one makes up for a death. */
  sleeps(whole: boolean): void {
    this.#sql.exec("UPDATE job SET wakes = 0, at_work = 0, deaths = max(0, deaths - ?)", whole ? 1 : 0);
  }

  /** Notes for all slices to come that the source ignores ranges: its blobs are staged from then on. */
  noteIgnoredRanges(): void {
    this.#sql.exec("UPDATE job SET ignores_ranges = 1");
  }

  /** Notes the version that the ledger knows; an earlier one changes nothing. */
  listed(version: number): void {
    this.#sql.exec("UPDATE job SET listed_version = max(listed_version, ?)", version);
  }
}

function fromColumns(row: Columns): JobRow {
  return {
    id: row.id as string,
    status: row.status as JobStatus,
    request: JSON.parse(row.request as string) as CopyRequest,
    fingerprint: row.fingerprint as string,
    trigger: JSON.parse(row.trigger as string) as Trigger,
    createdAt: row.created_at as number,
    startedAt: row.started_at as number | null,
    finishedAt: row.finished_at as number | null,
    error: row.error === null ? null : (JSON.parse(row.error as string) as Failure),
    waiting: row.waiting_until === null ? null : { until: row.waiting_until as number, reason: row.waiting_reason as string },
    troubledSince: row.troubled_since as number | null,
    setbacks: row.setbacks as number,
    cancelAsked: row.cancel_asked === 1,
    queuedAt: row.queued_at as number,
    wakes: row.wakes as number,
    deaths: row.deaths as number,
    ignoresRanges: row.ignores_ranges === 1,
    version: row.version as number,
    listedVersion: row.listed_version as number,
  };
}
