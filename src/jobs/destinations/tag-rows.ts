/**
 * The order of tag writes in one destination repository: never an older resolution over a newer one.
 *
 * Every write of a tag is announced and reported back. In between the tag is held, so that a slow older write can't land after a
 * newer one. Durable, and a row stays as long as the object: a job may be retried weeks after it resolved its source. The table is made
 * with the first of them: of the same class are the objects in which leases of the stage are kept, one for each blob, and those write no tags.
 */
import type { Digest } from "../../oci/digest.ts";
import { LazyTable } from "../lazy-table.ts";

/** A hold is renewed as long as its write is under way; only a job that died leaves it to run out. */
export const TAG_HOLD_MS = 90_000;

/**
 * For how long a tag stays held after a write of which nobody knows how it ended, as one that was broken off by a cancel: a registry may still be at it.
 * Longer than stores take to write a manifest, and short for whoever copies again.
 */
export const ARRIVING_MS = 15_000;

/** A tag that a job is to write, or has found to be as it should. */
export interface TagWrite {
  /** The job. */
  holder: string;
  tag: string;
  /** What the tag is to stand for. */
  digest: Digest;
  /** When the job resolved its source, milliseconds since the epoch. */
  resolvedAt: number;
  /** When the job looked what the tag stands for here. */
  checkedAt: number;
}

/**
 * - `go`: write it, and report back.
 * - `look`: the same, but an earlier write by this job may have arrived without the job having heard of it. Look first: a tag is written once.
 * - `superseded`: a newer resolution is there already; leave it.
 * - `already`: somebody wrote this very digest since the job looked.
 * - a time: another job is writing; ask again then.
 */
export type TagVerdict = "go" | "look" | "superseded" | "already" | { askAgainAt: number };

/** How a write ended. `unknown`: it may have arrived, or may arrive yet. `not-written`: the registry refused it, or it was not sent. */
export type TagOutcome = "written" | "unknown" | "not-written";

interface Row extends Record<string, SqlStorageValue> {
  digest: string | null;
  resolved_at: number;
  written_at: number;
  holder: string | null;
  held_until: number;
}

const COLUMNS =
  "tag TEXT PRIMARY KEY, digest TEXT, resolved_at INTEGER NOT NULL, written_at INTEGER NOT NULL, holder TEXT, held_until INTEGER NOT NULL";

/** The table `tag` of one destination repository. */
export class TagRows {
  readonly #sql: SqlStorage;
  readonly #table: LazyTable;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#table = new LazyTable(sql, "tag", COLUMNS);
  }

  /** Decides whether a job may write a tag now. With `go` and `look` the tag is its own for {@link TAG_HOLD_MS}, and longer by each further call. */
  begin(write: TagWrite, nowMs: number): TagVerdict {
    const row = this.#read(write.tag);
    // First of all: what stands there may be undone by a write that is under way.
    if (row !== undefined && isHeldByOther(row, write, nowMs)) {
      return { askAgainAt: row.held_until };
    }
    if (row !== undefined && row.digest === write.digest && row.written_at > write.checkedAt) {
      this.note(write, nowMs);
      return "already";
    }
    if (row !== undefined && row.resolved_at > write.resolvedAt) {
      return "superseded";
    }
    this.#table.make();
    this.#sql.exec(
      `INSERT INTO tag (tag, digest, resolved_at, written_at, holder, held_until) VALUES (?1, NULL, 0, 0, ?2, ?3)
       ON CONFLICT (tag) DO UPDATE SET holder = ?2, held_until = ?3`,
      write.tag,
      write.holder,
      nowMs + TAG_HOLD_MS,
    );
    return row !== undefined && mayHaveArrived(row, write) ? "look" : "go";
  }

  /**
   * Ends a hold. A write whose outcome is unknown may have arrived: nothing older may follow it, and nobody may rely on it; or it may arrive yet: for
   * {@link ARRIVING_MS} no other job may write.
   */
  end(write: TagWrite, outcome: TagOutcome, nowMs: number): void {
    if (outcome !== "not-written") {
      this.note(write, nowMs, outcome === "written" ? write.digest : null);
    }
    this.#table.make();
    if (outcome === "unknown") {
      this.#sql.exec("UPDATE tag SET held_until = ? WHERE tag = ? AND holder = ?", nowMs + ARRIVING_MS, write.tag, write.holder);
    } else {
      this.#sql.exec("UPDATE tag SET holder = NULL, held_until = 0 WHERE tag = ? AND holder = ?", write.tag, write.holder);
    }
  }

  /** Notes that the tag has this digest now, written or found there, unless something newer is noted. */
  note(write: TagWrite, nowMs: number, digest: Digest | null = write.digest): void {
    this.#table.make();
    this.#sql.exec(
      `INSERT INTO tag (tag, digest, resolved_at, written_at, holder, held_until) VALUES (?1, ?2, ?3, ?4, NULL, 0)
       ON CONFLICT (tag) DO UPDATE SET digest = ?2, resolved_at = ?3, written_at = ?4 WHERE resolved_at <= ?3`,
      write.tag,
      digest,
      write.resolvedAt,
      nowMs,
    );
  }

  /** Notes a tag that was found to have the digest; `false` where a write is under way that may undo it, or has undone it since the job looked. */
  noteFound(write: TagWrite, nowMs: number): boolean {
    const row = this.#read(write.tag);
    if (row !== undefined && (isHeldByOther(row, write, nowMs) || (row.digest !== write.digest && row.written_at > write.checkedAt))) {
      return false;
    }
    this.note(write, nowMs);
    return true;
  }

  /** The same for many tags of one holder at once; returns those of which it is `false`. */
  noteAllFound(writes: readonly TagWrite[], nowMs: number): string[] {
    const json = JSON.stringify(writes);
    this.#table.make();
    const busy = this.#sql
      .exec<{ tag: string }>(
        `SELECT tag.tag FROM json_each(?1) AS found JOIN tag ON tag.tag = found.value ->> 'tag'
         WHERE (tag.holder IS NOT NULL AND tag.holder <> found.value ->> 'holder' AND held_until > ?2)
           OR (tag.digest IS NOT found.value ->> 'digest' AND tag.written_at > found.value ->> 'checkedAt')`,
        json,
        nowMs,
      )
      .toArray()
      .map(({ tag }) => tag);
    this.#sql.exec(
      `INSERT INTO tag (tag, digest, resolved_at, written_at, holder, held_until)
       SELECT value ->> 'tag', value ->> 'digest', value ->> 'resolvedAt', ?2, NULL, 0 FROM json_each(?1)
       WHERE value ->> 'tag' NOT IN (SELECT value FROM json_each(?3))
       ON CONFLICT (tag) DO UPDATE SET digest = excluded.digest, resolved_at = excluded.resolved_at, written_at = excluded.written_at
       WHERE resolved_at <= excluded.resolved_at`,
      json,
      nowMs,
      JSON.stringify(busy),
    );
    return busy;
  }

  #read(tag: string): Row | undefined {
    if (!this.#table.isMade()) {
      return undefined;
    }
    return this.#sql.exec<Row>("SELECT digest, resolved_at, written_at, holder, held_until FROM tag WHERE tag = ?", tag).toArray()[0];
  }
}

function isHeldByOther(row: Row, write: TagWrite, nowMs: number): boolean {
  return row.holder !== null && row.holder !== write.holder && row.held_until > nowMs;
}

/** Whether the job has begun to write the tag before and either died over it or could not tell how it ended. */
function mayHaveArrived(row: Row, write: TagWrite): boolean {
  return row.holder === write.holder || (row.digest === null && row.resolved_at === write.resolvedAt);
}
