/**
 * Which indexes at one destination repository were copied for some platforms only. The registry can't tell: its answer for such an index is the same as for
 * one of which everything is there. Durable, one row for each; by digest, since an index may have several tags, or none.
 */
import type { Digest } from "../../oci/digest.ts";
import { LazyTable } from "../lazy-table.ts";

/** The table `sparse_index` of one destination repository, made with its first row. */
export class SparseIndexes {
  readonly #sql: SqlStorage;
  readonly #table: LazyTable;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#table = new LazyTable(sql, "sparse_index", "digest TEXT PRIMARY KEY");
  }

  /** Notes that of what the index names only some was copied. */
  add(digest: Digest): void {
    this.#table.make();
    this.#sql.exec("INSERT OR IGNORE INTO sparse_index (digest) VALUES (?)", digest);
  }

  /** Notes that everything is there that the index names. */
  remove(digest: Digest): void {
    if (this.#table.isMade()) {
      this.#sql.exec("DELETE FROM sparse_index WHERE digest = ?", digest);
    }
  }

  /** Whether what has this digest is known to lack some of what it names. */
  has(digest: Digest): boolean {
    return this.among([digest]).size > 0;
  }

  /** Of many digests those of which {@link has} is true. */
  among(digests: readonly Digest[]): Set<Digest> {
    if (!this.#table.isMade()) {
      return new Set();
    }
    const query = "SELECT digest FROM json_each(?) AS found CROSS JOIN sparse_index ON sparse_index.digest = found.value";
    return new Set(
      this.#sql
        .exec<{ digest: Digest }>(query, JSON.stringify(digests))
        .toArray()
        .map(({ digest }) => digest),
    );
  }
}
