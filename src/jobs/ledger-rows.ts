/** The ledger's rows: a small copy of each job's document for lists, in order of creation. */
import type { JobStatus, JobSummary } from "./document.ts";

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

  /** Keeps a job's newest summary; one that comes late does not replace a newer one. */
  record(summary: JobSummary, version: number): void {
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
