/**
 * The rows of a job over many tags that others don't have: how far the list of tags is read, and which tags have made trouble. Their tables and the
 * indexes that many images need are made for such jobs only; a job with one image writes nothing for them.
 *
 * | table | a row is | lives |
 * |---|---|---|
 * | listing | how far the source's list of tags is read; exactly one row | with the job |
 * | listing_page | the address of a page that was asked for | with the job |
 * | trouble | an image that met a failure which may pass, so that the others come first | with the job |
 * | gone | an image that was listed and then not found; until it is met in the list again, or the whole list was looked at again | some slices |
 * | second_look | how far the list was looked at again for them; at most one row | some slices |
 */
import type { Digest } from "../../oci/digest.ts";
import type { Failure } from "../../oci/errors.ts";
import { type Columns, type ImageRow, imageOf } from "../images/image-rows.ts";
import { LazyTable } from "../lazy-table.ts";

const TABLES = `
CREATE TABLE listing (next TEXT, pages INTEGER NOT NULL DEFAULT 0, page TEXT, complete INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE listing_page (address TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE trouble (image INTEGER PRIMARY KEY, count INTEGER NOT NULL) STRICT;
CREATE TABLE gone (image INTEGER PRIMARY KEY) STRICT;
CREATE UNIQUE INDEX image_by_source ON image (source);
CREATE INDEX destination_by_image ON destination (image);
CREATE INDEX destination_by_status ON destination (status, image);
INSERT INTO listing (pages) VALUES (0);
`;

/** Images with a pending destination of which both ends are known. */
const CHANGED = `digest IS NOT NULL AND EXISTS (SELECT 1 FROM destination WHERE destination.image = image.id AND status = 'pending' AND checked_at IS NOT NULL)`;

/** How far the source's list of tags is read. */
export interface Listing {
  /** What to ask for the next page with; null for the first. */
  next: string | null;
  /** Pages read so far. */
  pages: number;
  /** Digest of the last page's tags, by which a page that comes again is known; null before, and of a page without tags. */
  page: Digest | null;
  /** Whether all of it is read. */
  complete: boolean;
}

/** One page, read and filtered. */
export interface ListedPage {
  /** Tags to add. */
  tags: readonly string[];
  /** Tags of earlier pages that are not among the latest any more. */
  dropped: readonly string[];
  /** @default null the last page */
  next: string | null;
  /** Digest of the page's tags; see {@link Listing.page}. */
  page: Digest | null;
}

/** The tables that are described above, and the rows of images as a list of tags makes them. */
export class ListingRows {
  readonly #sql: SqlStorage;
  readonly #secondLook: LazyTable;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#secondLook = new LazyTable(sql, "second_look", "next TEXT NOT NULL, pages INTEGER NOT NULL");
  }

  /** Makes the tables. */
  begin(): void {
    this.#sql.exec(TABLES);
  }

  /** How far the list is read. Fails in a job that has no such list, for which {@link begin} was not called. */
  state(): Listing {
    const row = this.#sql.exec<Columns>("SELECT next, pages, page, complete FROM listing").one();
    return {
      next: row.next as string | null,
      pages: row.pages as number,
      page: row.page as Digest | null,
      complete: row.complete === 1,
    };
  }

  /** Whether a page was asked for before. */
  wasAsked(address: string): boolean {
    return this.#sql.exec("SELECT 1 FROM listing_page WHERE address = ?", address).toArray().length > 0;
  }

  /** Tags that were added so far, of the repository whose name is given. */
  tags(repository: string): string[] {
    return this.#sql
      .exec<{ tag: string }>("SELECT substr(source, ?) AS tag FROM image ORDER BY id", repository.length + 2)
      .toArray()
      .map(({ tag }) => tag);
  }

  /** How many tags were added so far and are still meant. */
  count(): number {
    return this.#sql.exec<{ count: number }>("SELECT count(*) AS count FROM image").one().count;
  }

  /** Adds a page's tags as images, each with a destination in every target; what is there already is not added again. No await in between: all or nothing. */
  add(repository: string, { tags, dropped, next, page }: ListedPage): void {
    const [prefix, names, gone] = [`${repository}:`, JSON.stringify(tags), JSON.stringify(dropped)];
    this.#sql.exec(
      "DELETE FROM destination WHERE image IN (SELECT image.id FROM json_each(?2) AS tag CROSS JOIN image ON source = ?1 || tag.value)",
      prefix,
      gone,
    );
    this.#sql.exec("DELETE FROM image WHERE source IN (SELECT ?1 || value FROM json_each(?2))", prefix, gone);
    this.#sql.exec("INSERT OR IGNORE INTO image (source) SELECT ?1 || value FROM json_each(?2)", prefix, names);
    this.#sql.exec(
      `INSERT INTO destination (image, target, reference, put_as)
       SELECT image.id, target.id, target.registry || '/' || target.repository || ':' || tag.value, tag.value
       FROM json_each(?2) AS tag CROSS JOIN image ON source = ?1 || tag.value CROSS JOIN target
       WHERE NOT EXISTS (SELECT 1 FROM destination AS known WHERE known.image = image.id)
       ORDER BY image.id, target.id`,
      prefix,
      names,
    );
    this.#sql.exec("UPDATE listing SET next = ?, pages = pages + 1, page = ?, complete = ?", next, page, next === null ? 1 : 0);
    if (next !== null) {
      this.#sql.exec("INSERT INTO listing_page (address) VALUES (?)", next);
    }
    this.#sql.exec("UPDATE job SET version = version + 1");
  }

  /** Notes images that were listed, but not found. The list has to be looked at from its beginning for them. */
  missed(images: readonly number[]): void {
    this.#sql.exec("INSERT OR IGNORE INTO gone (image) SELECT value FROM json_each(?)", JSON.stringify(images));
    this.lookedAgain(undefined);
  }

  /** How far the list was looked at again for those images: what to ask for the next page with, and the pages before it; `undefined` at its beginning. */
  secondLook(): { next: string; pages: number } | undefined {
    return this.#secondLook.isMade()
      ? this.#sql.exec<{ next: string; pages: number }>("SELECT next, pages FROM second_look").toArray()[0]
      : undefined;
  }

  /** Notes how far it was looked at; `undefined` where it is to be begun again. */
  lookedAgain(place: { next: string; pages: number } | undefined): void {
    if (place !== undefined) {
      this.#secondLook.make();
    }
    if (this.#secondLook.isMade()) {
      this.#sql.exec("DELETE FROM second_look");
    }
    if (place !== undefined) {
      this.#sql.exec("INSERT INTO second_look (next, pages) VALUES (?, ?)", place.next, place.pages);
    }
  }

  /** The images that were missed and are not accounted for yet, by their tags. */
  gone(repository: string): Map<string, number> {
    const rows = this.#sql.exec<{ id: number; tag: string }>(
      "SELECT image.id, substr(source, ?) AS tag FROM gone JOIN image ON image.id = gone.image",
      repository.length + 2,
    );
    return new Map(rows.toArray().map(({ id, tag }) => [tag, id]));
  }

  /** Ends the pending destinations of images that were missed: `skipped` where they are gone, `failed` where they are still listed. */
  endMissed(images: readonly number[], status: "skipped" | "failed", failure: Failure): void {
    const json = JSON.stringify(images);
    this.#sql.exec(
      "UPDATE destination SET status = ?, error = ? WHERE status = 'pending' AND image IN (SELECT value FROM json_each(?))",
      status,
      JSON.stringify(failure),
      json,
    );
    this.#sql.exec("DELETE FROM gone WHERE image IN (SELECT value FROM json_each(?))", json);
    this.#sql.exec("UPDATE job SET version = version + 1");
  }

  /** Images that come after one, were looked at and have destinations to bring them to; but for those that have made trouble. */
  changedImages(after: number, limit: number): ImageRow[] {
    const query = `SELECT * FROM image WHERE id > ? AND ${CHANGED} AND id NOT IN (SELECT image FROM trouble) ORDER BY id LIMIT ?`;
    return this.#sql.exec<Columns>(query, after, limit).toArray().map(imageOf);
  }

  /** The same of those that have, the least troublesome first. */
  troubledImages(limit: number): ImageRow[] {
    const query = `SELECT image.* FROM trouble JOIN image ON image.id = trouble.image WHERE ${CHANGED} ORDER BY count, id LIMIT ?`;
    return this.#sql.exec<Columns>(query, limit).toArray().map(imageOf);
  }

  /** For a retry: a list that was not read to its end is begun again; what was added stays. */
  restart(): void {
    this.#sql.exec("DELETE FROM listing_page WHERE (SELECT complete FROM listing) = 0");
    this.#sql.exec("UPDATE listing SET next = NULL, pages = 0, page = NULL WHERE complete = 0");
    this.#sql.exec("DELETE FROM trouble");
    this.lookedAgain(undefined);
  }

  /** Notes that images met a failure that may pass. */
  trouble(images: readonly number[]): void {
    this.#sql.exec(
      `INSERT INTO trouble (image, count) SELECT value, 1 FROM json_each(?) WHERE true
       ON CONFLICT (image) DO UPDATE SET count = count + 1`,
      JSON.stringify(images),
    );
  }
}
