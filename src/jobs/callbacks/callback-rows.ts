/** The rows of one job's callbacks: those that are still to be delivered, and whether the receiver wants any. */
import { LazyTable } from "../lazy-table.ts";
import type { Callback, CallbackEvent, CallbackFormat } from "./callback-request.ts";

/** A callback that is still to be delivered. */
export interface PendingCallback extends Callback {
  /** Attempts that have failed so far. */
  attempts: number;
  /** Milliseconds since the epoch. */
  nextAt: number;
}

const COLUMNS = `id TEXT PRIMARY KEY, event TEXT NOT NULL, job TEXT NOT NULL, body TEXT NOT NULL, subject TEXT NOT NULL, occurred_at INTEGER NOT NULL,
  url TEXT NOT NULL, format TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER, outcome TEXT`;

/** The table `callback` of one job's outbox. */
export class CallbackRows {
  readonly #sql: SqlStorage;
  readonly #table: LazyTable;

  /** Writes nothing: progress is told without a row, and an outbox that tells of nothing else has no alarm that would clear it away. */
  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#table = new LazyTable(sql, "callback", COLUMNS);
  }

  /** Takes a callback; one that was taken before is left as it stands. Nothing is taken once the receiver is gone. */
  add(callback: Callback, nowMs: number): void {
    this.#table.make();
    this.#sql.exec(
      `INSERT INTO callback (id, event, job, body, subject, occurred_at, url, format, next_at) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?
       WHERE NOT EXISTS (SELECT 1 FROM callback WHERE outcome = 'gone') ON CONFLICT (id) DO NOTHING`,
      callback.id,
      callback.event,
      callback.job,
      callback.body,
      callback.subject,
      callback.occurredAt,
      callback.url,
      callback.format,
      nowMs,
    );
  }

  /** Those that are still to be delivered, in the order in which they happened. */
  pending(): PendingCallback[] {
    if (!this.#table.isMade()) {
      return [];
    }
    return this.#sql
      .exec<Record<string, SqlStorageValue>>("SELECT * FROM callback WHERE next_at IS NOT NULL ORDER BY occurred_at, rowid")
      .toArray()
      .map((row) => ({
        id: row.id as string,
        event: row.event as CallbackEvent,
        job: row.job as string,
        body: row.body as string,
        subject: row.subject as string,
        occurredAt: row.occurred_at as number,
        url: row.url as string,
        format: row.format as CallbackFormat,
        attempts: row.attempts as number,
        nextAt: row.next_at as number,
      }));
  }

  /** Has a callback tried again at `nextAt`; `attempts` have failed so far. Nothing changes at one that has ended. */
  postpone(id: string, attempts: number, nextAt: number): void {
    this.#sql.exec("UPDATE callback SET attempts = ?, next_at = ? WHERE id = ? AND next_at IS NOT NULL", attempts, nextAt, id);
  }

  /** Ends a callback; its body is needed no longer. `gone` ends all others too. */
  end(id: string, outcome: "delivered" | "gone" | "given-up"): void {
    this.#sql.exec("UPDATE callback SET outcome = ?, next_at = NULL, body = '' WHERE id = ?", outcome, id);
    if (outcome === "gone") {
      this.#sql.exec("UPDATE callback SET outcome = 'given-up', next_at = NULL, body = '' WHERE next_at IS NOT NULL");
    }
  }
}
