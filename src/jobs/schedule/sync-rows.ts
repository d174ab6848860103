/** The rows of the schedule: how each entry of `SYNC` has fared. Few and small; the entries themselves are configuration. */

/** How far one entry is. All times are milliseconds since the epoch. */
export interface SyncRow {
  name: string;
  /** Up to when its due times were looked at. */
  seenUntil: number;
  /** The due time that was last acted upon; null where only somebody's wish was. */
  lastDue: number | null;
  /** When its last job was made; null where there was none. */
  lastStartedAt: number | null;
  /** The job that it made last. */
  lastJob: string | null;
  /** Due times that passed while a run was still going, since that run began. */
  skipped: number;
  /** Why the last due time made no job: the copy is not allowed, say. */
  refusal: string | null;
}

/** The table `sync`, made with the object. */
export class SyncRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`CREATE TABLE IF NOT EXISTS sync (
      name TEXT PRIMARY KEY, seen_until INTEGER NOT NULL, last_due INTEGER, last_started_at INTEGER, last_job TEXT,
      skipped INTEGER NOT NULL DEFAULT 0, refusal TEXT
    ) STRICT`);
  }

  /** How an entry has fared; `undefined` where it was never looked at. */
  read(name: string): SyncRow | undefined {
    return this.all().find((row) => row.name === name);
  }

  /** All entries, by name. */
  all(): SyncRow[] {
    return this.#sql
      .exec<Record<string, SqlStorageValue>>("SELECT * FROM sync ORDER BY name")
      .toArray()
      .map((row) => ({
        name: row.name as string,
        seenUntil: row.seen_until as number,
        lastDue: row.last_due as number | null,
        lastStartedAt: row.last_started_at as number | null,
        lastJob: row.last_job as string | null,
        skipped: row.skipped as number,
        refusal: row.refusal as string | null,
      }));
  }

  /** Notes a look at which nothing was due. Not called each minute: see `SyncTable`. */
  seen(name: string, untilMs: number): void {
    this.#sql.exec(
      "INSERT INTO sync (name, seen_until) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET seen_until = max(seen_until, ?2)",
      name,
      untilMs,
    );
  }

  /** Notes the job that an entry made at `nowMs`; `dueMs` is null where somebody wished for it. */
  started(name: string, job: string, dueMs: number | null, nowMs: number): void {
    this.#sql.exec(
      `INSERT INTO sync (name, seen_until, last_due, last_started_at, last_job) VALUES (?1, ?2, ?3, ?2, ?4)
       ON CONFLICT (name) DO UPDATE SET seen_until = max(seen_until, ?2), last_due = coalesce(?3, last_due), last_started_at = ?2, last_job = ?4,
         skipped = 0, refusal = NULL`,
      name,
      nowMs,
      dueMs,
      job,
    );
  }

  /** Counts a due time that passed while the last job was still going. */
  skipped(name: string, nowMs: number): void {
    this.#sql.exec("UPDATE sync SET skipped = skipped + 1, seen_until = max(seen_until, ?2) WHERE name = ?1", name, nowMs);
  }

  /** Notes that a due time made no job, and why. */
  refused(name: string, dueMs: number, reason: string, nowMs: number): void {
    this.#sql.exec(
      `INSERT INTO sync (name, seen_until, last_due, refusal) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (name) DO UPDATE SET seen_until = max(seen_until, ?2), last_due = ?3, refusal = ?4`,
      name,
      nowMs,
      dueMs,
      reason,
    );
  }

  /** Forgets entries that are no longer configured. */
  keepOnly(names: readonly string[]): void {
    for (const { name } of this.all()) {
      if (!names.includes(name)) {
        this.#sql.exec("DELETE FROM sync WHERE name = ?", name);
      }
    }
  }
}
