/**
 * Which tags of one destination repository stand for an index of which only some platforms were copied. The registry can't tell: its answer
 * for the tag is the same as that of one which has everything. Durable, one row for each such tag.
 */
import type { Digest } from "../../oci/digest.ts";
import { LazyTable } from "../lazy-table.ts";

/** The table `sparse_tag` of one destination repository, made with its first row. */
export class SparseTags {
  readonly #sql: SqlStorage;
  readonly #table: LazyTable;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#table = new LazyTable(sql, "sparse_tag", "tag TEXT PRIMARY KEY, digest TEXT NOT NULL");
  }

  /** Notes that of what the tag stands for only some was copied. */
  add(tag: string, digest: Digest): void {
    this.#table.make();
    this.#sql.exec("INSERT INTO sparse_tag (tag, digest) VALUES (?1, ?2) ON CONFLICT (tag) DO UPDATE SET digest = ?2", tag, digest);
  }

  /** Notes that everything is there of what the tag stands for. */
  remove(tag: string): void {
    if (this.#table.isMade()) {
      this.#sql.exec("DELETE FROM sparse_tag WHERE tag = ?", tag);
    }
  }

  /** Whether the tag, which stands for this digest, is known to lack some of it. */
  has(tag: string, digest: Digest): boolean {
    return (
      this.#table.isMade() && this.#sql.exec("SELECT 1 FROM sparse_tag WHERE tag = ? AND digest = ?", tag, digest).toArray().length > 0
    );
  }

  /** Of many tags with their digests those of which {@link has} is true. */
  among(found: readonly { tag: string; digest: Digest }[]): string[] {
    if (!this.#table.isMade()) {
      return [];
    }
    return this.#sql
      .exec<{ tag: string }>(
        `SELECT sparse_tag.tag FROM json_each(?) AS found
         CROSS JOIN sparse_tag ON sparse_tag.tag = found.value ->> 'tag' AND sparse_tag.digest = found.value ->> 'digest'`,
        JSON.stringify(found),
      )
      .toArray()
      .map(({ tag }) => tag);
  }
}
