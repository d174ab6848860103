/** The rows of a job over many tags, asked and answered many at a time: what is still to be looked at, and what was seen there. */
import type { Digest } from "../../oci/digest.ts";
import type { Failure } from "../../oci/errors.ts";
import { parseReference } from "../../oci/reference.ts";
import type { TagAnswer, TagQuestion } from "../blobs/carry-task.ts";
import type { DestinationStatus } from "../document.ts";

/** A destination of which both ends are known now. */
export interface SeenDestination {
  id: number;
  target: number;
  tag: string;
  /** What the tag stands for at the destination, and when that was asked. */
  found: Digest | null;
  checkedAt: number;
  /** What it stands for at the source, and when that was asked. */
  digest: Digest;
  resolvedAt: number;
}

type Columns = Record<string, SqlStorageValue>;

// `CROSS JOIN` and `+status` keep SQLite from going over all that is pending for each batch of a few hundred: that made the survey of 10,000 tags quadratic.

/** Images with a pending destination of which one of the ends is not known. */
const UNSEEN = `EXISTS (SELECT 1 FROM destination WHERE destination.image = image.id AND status = 'pending'
  AND (checked_at IS NULL OR image.digest IS NULL)) AND image.id NOT IN (SELECT image FROM gone)`;

/** Reads and changes rows of images and destinations many at a time; of jobs over many tags only. */
export class SurveyRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** What is to be asked of images that come after one and have met no trouble, in the order of their ids. */
  questions(after: number, limit: number): TagQuestion[] {
    const query = `SELECT id, source, digest FROM image WHERE id > ? AND ${UNSEEN} AND id NOT IN (SELECT image FROM trouble) ORDER BY id LIMIT ?`;
    return this.#withDestinations(this.#sql.exec<Columns>(query, after, limit).toArray());
  }

  /** The same of those that have, the least troubled first. */
  troubledQuestions(limit: number): TagQuestion[] {
    const query = `SELECT id, source, digest FROM trouble JOIN image ON image.id = trouble.image WHERE ${UNSEEN} ORDER BY count, id LIMIT ?`;
    return this.#withDestinations(this.#sql.exec<Columns>(query, limit).toArray());
  }

  /**
   * Notes what was seen. Failures are not noted here. Row by row: one statement over all of them lets SQLite choose the order of its loops, and it reads
   * the whole table for each answer.
   */
  answer(answers: readonly TagAnswer[]): void {
    for (const { image, source, destinations } of answers) {
      if (source?.root !== undefined) {
        const { digest, mediaType, size } = source.root;
        this.#sql.exec(
          "UPDATE image SET digest = ?, media_type = ?, size = ?, resolved_at = ? WHERE id = ? AND digest IS NULL",
          ...[digest, mediaType, size, source.askedAt, image],
        );
      }
      for (const { id, askedAt, found } of destinations.filter(({ failure }) => failure === undefined)) {
        this.#sql.exec("UPDATE destination SET checked_at = ?, digest = ? WHERE id = ? AND +status = 'pending'", askedAt, found, id);
      }
    }
  }

  /** The pending destinations of these images of which both ends are known. */
  seen(images: readonly number[]): SeenDestination[] {
    return this.#sql
      .exec<Columns>(
        `SELECT destination.id, destination.target, put_as, destination.digest AS found, checked_at, image.digest, resolved_at
         FROM json_each(?) AS asked CROSS JOIN image ON image.id = asked.value CROSS JOIN destination ON destination.image = image.id
         WHERE +status = 'pending' AND checked_at IS NOT NULL AND image.digest IS NOT NULL`,
        JSON.stringify(images),
      )
      .toArray()
      .map((row) => ({
        id: row.id as number,
        target: row.target as number,
        tag: row.put_as as string,
        found: row.found as Digest | null,
        checkedAt: row.checked_at as number,
        digest: row.digest as Digest,
        resolvedAt: row.resolved_at as number,
      }));
  }

  /** Ends pending destinations. */
  end(destinations: readonly number[], status: Exclude<DestinationStatus, "pending">, failure: Failure | null = null): void {
    this.#sql.exec(
      "UPDATE destination SET status = ?, error = ? WHERE id IN (SELECT value FROM json_each(?)) AND +status = 'pending'",
      status,
      failure === null ? null : JSON.stringify(failure),
      JSON.stringify(destinations),
    );
  }

  /** Says that there is something new to see. */
  changed(): void {
    this.#sql.exec("UPDATE job SET version = version + 1");
  }

  #withDestinations(images: readonly Columns[]): TagQuestion[] {
    const rows = this.#sql
      .exec<{ id: number; image: number; target: number; known: number }>(
        `SELECT destination.id, destination.image, destination.target, checked_at IS NOT NULL AS known FROM json_each(?) AS asked CROSS JOIN destination ON destination.image = asked.value
         WHERE +status = 'pending' ORDER BY destination.id`,
        JSON.stringify(images.map(({ id }) => id)),
      )
      .toArray();
    const byImage = Map.groupBy(rows, ({ image }) => image);
    return images.map(({ id, source, digest }) => ({
      image: id as number,
      tag: parseReference(source as string).tag as string,
      asksSource: digest === null,
      all: byImage.get(id as number)?.map((row) => row.id) ?? [],
      destinations: (byImage.get(id as number) ?? []).filter(({ known }) => known === 0).map((row) => ({ id: row.id, target: row.target })),
    }));
  }
}
