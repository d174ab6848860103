/** The ledger's rows: a small copy of each job's document for lists, in order of creation. */

import type { JobStatus, JobSummary } from "../document.ts";
import { type Increments, incrementsOfJob, series } from "./metrics.ts";

export interface ListQuery {
  status?: JobStatus;
  /** Jobs to give at most. */
  limit: number;
  /** Where the page before ended. */
  cursor?: string;
}

export interface ListPage {
  jobs: JobSummary[];
  /** Where this page ends, or null where no more jobs follow. */
  cursor: string | null;
}

export class LedgerRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`CREATE TABLE IF NOT EXISTS listed (
      id TEXT PRIMARY KEY, created_at TEXT NOT NULL, status TEXT NOT NULL, version INTEGER NOT NULL, summary TEXT NOT NULL
    ) STRICT`);
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
    return incrementsOfJob(summary, before?.status);
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

  forget(id: string): void {
    this.#sql.exec("DELETE FROM listed WHERE id = ?", id);
  }

  /** Newest first. A cursor that this ledger did not give is taken as none. */
  list({ status, limit, cursor }: ListQuery): ListPage {
    const [before, id] = cursor === undefined ? [] : cursor.split("_");
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
    const rows = this.#sql
      .exec<{ id: string; created_at: string; summary: string }>(
        `SELECT id, created_at, summary FROM listed ${conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`}
         ORDER BY created_at DESC, id DESC LIMIT ?`,
        ...values,
        limit + 1,
      )
      .toArray();
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return {
      jobs: rows.slice(0, limit).map((row) => JSON.parse(row.summary) as JobSummary),
      cursor: last === undefined ? null : `${last.created_at}_${last.id}`,
    };
  }
}
