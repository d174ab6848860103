/** The ledger's rows: a small copy of each job's document for lists, in order of creation. */
import type { JobPage, JobStatus, JobSummary } from "../document.ts";
import { type CountedBlobs, NONE_COUNTED, sumOf, uncounted } from "./counted-blobs.ts";
import { type Increments, incrementsOfEnd, isNewEnd, series } from "./metrics.ts";

/** Which jobs are asked for. */
export interface ListQuery {
  /** Those in this state. @default all */
  status?: JobStatus;
  /** Jobs to give at most. */
  limit: number;
  /** Where the page before ended. */
  cursor?: string;
}

/** Bytes of summaries after which a page ends, whatever its limit: an answer of an object may have 32 MiB, and labels may be long. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** The time at which a job was created, and its id. */
const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)_([0-9a-f-]{1,36})$/;

/** Whether a text has the form of the cursors that {@link LedgerRows.list} gives. */
export function isJobCursor(text: string): boolean {
  return CURSOR.test(text);
}

/** The tables `listed` and `counted` of the ledger. */
export class LedgerRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`CREATE TABLE IF NOT EXISTS listed (
      id TEXT PRIMARY KEY, created_at TEXT NOT NULL, status TEXT NOT NULL, version INTEGER NOT NULL, summary TEXT NOT NULL
    ) STRICT`);
    // Of jobs that may be tried again: what was counted at their end. All others end once.
    sql.exec("CREATE TABLE IF NOT EXISTS counted (id TEXT PRIMARY KEY, blobs TEXT NOT NULL) STRICT, WITHOUT ROWID");
    sql.exec("CREATE INDEX IF NOT EXISTS by_age ON listed (created_at DESC, id DESC)");
    sql.exec("CREATE INDEX IF NOT EXISTS by_status ON listed (status, created_at DESC, id DESC)");
  }

  /** Keeps a job's newest summary; one that comes late does not replace a newer one. Gives what the job's end adds to the counters. */
  record(summary: JobSummary, version: number): Increments {
    const before = this.#sql
      .exec<{ status: string; version: number }>("SELECT status, version FROM listed WHERE id = ?", summary.id)
      .toArray()[0];
    if (before !== undefined && before.version >= version) {
      return new Map();
    }
    this.#sql.exec(
      `INSERT INTO listed (id, created_at, status, version, summary) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET status = excluded.status, version = excluded.version, summary = excluded.summary
       WHERE excluded.version > listed.version`,
      summary.id,
      summary.createdAt,
      summary.status,
      version,
      JSON.stringify(summary),
    );
    return isNewEnd(summary, before?.status) ? this.#count(summary) : new Map();
  }

  #count(summary: JobSummary): Increments {
    const counted = this.#sql.exec<{ blobs: string }>("SELECT blobs FROM counted WHERE id = ?", summary.id).toArray()[0];
    const before = counted === undefined ? NONE_COUNTED : (JSON.parse(counted.blobs) as CountedBlobs);
    const blobs = uncounted(summary.progress, before);
    if (summary.status !== "succeeded") {
      this.#sql.exec("INSERT OR REPLACE INTO counted (id, blobs) VALUES (?, ?)", summary.id, JSON.stringify(sumOf(before, blobs)));
    } else if (counted !== undefined) {
      this.#sql.exec("DELETE FROM counted WHERE id = ?", summary.id);
    }
    return incrementsOfEnd(summary, blobs, counted === undefined);
  }

  /** How many jobs are queued, running and waiting, as series. */
  openJobs(): [series: string, value: number][] {
    const counts = this.#sql
      .exec<{ status: string; jobs: number; waiting: number }>(
        `SELECT status, count(*) AS jobs, coalesce(sum(json_extract(summary, '$.waiting') IS NOT NULL), 0) AS waiting FROM listed
         WHERE status IN ('queued', 'running') GROUP BY status`,
      )
      .toArray();
    const of = (status: string) => counts.find((row) => row.status === status)?.jobs ?? 0;
    return [
      [series("transship_jobs", { status: "queued" }), of("queued")],
      [series("transship_jobs", { status: "running" }), of("running")],
      ["transship_jobs_waiting", counts.reduce((sum, { waiting }) => sum + waiting, 0)],
    ];
  }

  /** Drops a job, and what was counted of it; a job of that id would count from nothing again. */
  forget(id: string): void {
    this.#sql.exec("DELETE FROM listed WHERE id = ?", id);
    this.#sql.exec("DELETE FROM counted WHERE id = ?", id);
  }

  /** Newest first. A page of large summaries ends before its limit. A cursor that this ledger did not give is taken as none. */
  list({ status, limit, cursor }: ListQuery): JobPage {
    const [, before, id] = CURSOR.exec(cursor ?? "") ?? [];
    const conditions: string[] = [];
    const values: string[] = [];
    if (status !== undefined) {
      conditions.push("status = ?");
      values.push(status);
    }
    if (before !== undefined && id !== undefined) {
      conditions.push("(created_at, id) < (?, ?)");
      values.push(before, id);
    }
    const rows = this.#sql.exec<{ id: string; created_at: string; summary: string; bytes: number }>(
      `SELECT id, created_at, summary, length(CAST(summary AS BLOB)) AS bytes FROM listed ${conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`}
         ORDER BY created_at DESC, id DESC LIMIT ?`,
      ...values,
      limit + 1,
    );
    const jobs: JobSummary[] = [];
    let bytes = 0;
    let end: string | null = null;
    // Row by row, as SQLite finds them: all of them at once may be more than the object's memory.
    for (const row of rows) {
      bytes += row.bytes;
      if (jobs.length === limit || (jobs.length > 0 && bytes > MAX_PAGE_BYTES)) {
        return { jobs, cursor: end };
      }
      jobs.push(JSON.parse(row.summary) as JobSummary);
      end = `${row.created_at}_${row.id}`;
    }
    return { jobs, cursor: null };
  }
}
