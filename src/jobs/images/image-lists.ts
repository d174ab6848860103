/** The images of a job as they are shown: counted, some of them, or page by page. A job over many tags has too many for one document. */
import type { Failure } from "../../oci/errors.ts";
import type { DestinationStatus } from "../document.ts";
import { type Columns, type DestinationRow, destinationOf, type ImageRow, imageOf } from "./image-rows.ts";

/** Most images in a job's document, … */
export const MAX_SHOWN = 100;

/** … in an event of a job at work, of which there may be four a second, … */
export const MAX_IN_EVENT = 20;

/** … and most destinations of all of them together: a document has some 600 bytes for each. */
const MAX_SHOWN_DESTINATIONS = 400;

/** Some images of a job, with all their destinations. */
export interface ImageList {
  images: readonly ImageRow[];
  destinations: readonly DestinationRow[];
}

/** Which images are asked for. */
export interface ImageQuery {
  /** Those with a destination in this state. @default all */
  status?: DestinationStatus;
  /** Images to give at most. */
  limit: number;
  /** Where the page before ended. */
  cursor?: string;
}

/** Whether a text has the form of the cursors that {@link ImageLists.page} gives. */
export function isImageCursor(text: string): boolean {
  return /^\d{1,15}$/.test(text);
}

/** The order in which images are chosen for a document that can't hold all. */
const BY_INTEREST = [
  "status = 'failed'",
  // At work: looked at, and something to be copied.
  "status = 'pending' AND checked_at IS NOT NULL",
  "status IN ('pending', 'copied')",
  "status IN ('skipped', 'superseded', 'unchanged')",
];

/** Reads images out of a job's rows, for documents. Changes nothing. */
export class ImageLists {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Images; those of which every destination has ended; and those of which one has failed. */
  counts(): { total: number; done: number; failed: number } {
    const count = (query: string) => this.#sql.exec<{ count: number }>(`SELECT count(${query}`).one().count;
    const total = count("*) AS count FROM image");
    const of = (status: DestinationStatus) => count(`DISTINCT image) AS count FROM destination WHERE status = '${status}'`);
    return { total, done: total - of("pending"), failed: of("failed") };
  }

  /** The images of a document: all where there are few, else those that failed, those at work, and so on. */
  shown(most: number): ImageList {
    const targets = this.#sql.exec<{ count: number }>("SELECT count(*) AS count FROM target").one().count;
    const limit = Math.max(1, Math.min(most, Math.floor(MAX_SHOWN_DESTINATIONS / Math.max(1, targets))));
    const ids = this.#ids("SELECT id FROM image ORDER BY id LIMIT ?", limit + 1);
    return this.#list(ids.length > limit ? this.#mostInteresting(limit) : ids);
  }

  /** One page, in the order in which the images were found. `cursor` is null on the last. A cursor that was not given here is taken as none. */
  page({ status, limit, cursor }: ImageQuery): ImageList & { cursor: string | null } {
    const after = cursor !== undefined && isImageCursor(cursor) ? Number(cursor) : 0;
    const ids =
      status === undefined
        ? this.#ids("SELECT id FROM image WHERE id > ? ORDER BY id LIMIT ?", after, limit + 1)
        : this.#ids(
            "SELECT DISTINCT image AS id FROM destination WHERE status = ? AND image > ? ORDER BY image LIMIT ?",
            status,
            after,
            limit + 1,
          );
    const page = ids.slice(0, limit);
    return { ...this.#list(page), cursor: ids.length > limit ? String(page.at(-1)) : null };
  }

  /** What went wrong: of a job with many images how many, and the first. */
  failure(hasMany: boolean): Failure | null {
    const first = this.#sql
      .exec<{ reference: string; error: string }>(
        "SELECT reference, error FROM destination WHERE status = 'failed' AND error IS NOT NULL ORDER BY id LIMIT 1",
      )
      .toArray()[0];
    if (first === undefined) {
      return null;
    }
    const failure = JSON.parse(first.error) as Failure;
    const { failed, total } = this.counts();
    return hasMany
      ? { ...failure, message: `${failed} of ${total} tags failed; the first is ${first.reference}: ${failure.message}` }
      : failure;
  }

  #mostInteresting(limit: number): number[] {
    const ids = new Set<number>();
    for (const condition of BY_INTEREST) {
      for (const id of this.#ids(`SELECT DISTINCT image AS id FROM destination WHERE ${condition} ORDER BY image LIMIT ?`, limit)) {
        ids.add(id);
      }
      if (ids.size >= limit) {
        break;
      }
    }
    return [...ids].slice(0, limit);
  }

  /** The rows of images, in the order of their ids as given. */
  #list(ids: readonly number[]): ImageList {
    const json = JSON.stringify(ids);
    const images = this.#sql.exec<Columns>(
      "SELECT image.* FROM json_each(?) AS wanted JOIN image ON image.id = wanted.value ORDER BY wanted.key",
      json,
    );
    const destinations = this.#sql.exec<Columns>(
      "SELECT destination.* FROM destination WHERE image IN (SELECT value FROM json_each(?)) ORDER BY id",
      json,
    );
    return { images: images.toArray().map(imageOf), destinations: destinations.toArray().map(destinationOf) };
  }

  #ids(query: string, ...bindings: (string | number)[]): number[] {
    return this.#sql
      .exec<{ id: number }>(query, ...bindings)
      .toArray()
      .map(({ id }) => id);
  }
}
