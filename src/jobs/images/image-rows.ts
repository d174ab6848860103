/** The rows of what a job was asked for: images, the destinations that each is to be found under, and the repositories these are in. */
import type { TransferPlan } from "../../copy/transfer-plan.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Failure } from "../../oci/errors.ts";
import type { DestinationStatus } from "../document.ts";

/** A destination repository. */
export interface TargetRow {
  id: number;
  registry: string;
  repository: string;
}

/** One source reference that is to be copied. */
export interface ImageRow {
  id: number;
  /** Full reference: registry, repository, tag or digest. */
  source: string;
  /** What the reference stood for when it was resolved; null before. */
  digest: Digest | null;
  /** Of the manifest with that digest; null where `digest` is. */
  mediaType: string | null;
  /** Bytes of the manifest, 0 where the registry did not say. */
  size: number | null;
  /** When, in milliseconds since the epoch: decides between two jobs that write one tag. */
  resolvedAt: number | null;
  /** What is tagged instead, where platforms were chosen; null before, and where all is copied. */
  root: Descriptor | null;
}

/** One reference under which an image is to be found. */
export interface DestinationRow {
  id: number;
  /** Row id of the image, … */
  image: number;
  /** … and of the repository. */
  target: number;
  /** Full reference: registry, repository, tag or digest. */
  reference: string;
  /** Tag under which the manifest is put; null: by its digest only. */
  tag: string | null;
  /** Digest that the reference names and the image must have. */
  asserted: Digest | null;
  /** When the tag was looked at there; null before. */
  checkedAt: number | null;
  /** What the tag stands for there, as far as known. */
  digest: Digest | null;
  status: DestinationStatus;
  /** Why it failed; also why it was skipped, where the tag was deleted from the source meanwhile. */
  error: Failure | null;
  /** What a copy would do, after a dry run. */
  plan: TransferPlan | null;
}

/** A row as SQLite gives it. */
export type Columns = Record<string, SqlStorageValue>;

/** The tables `image`, `destination` and `target` of one job. */
export class ImageRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Adds an image by its full reference at the source; returns its id. */
  addImage(source: string): number {
    return this.#sql.exec<{ id: number }>("INSERT INTO image (source) VALUES (?) RETURNING id", source).one().id;
  }

  /** Adds a destination repository unless it is there already; returns its id. */
  addTarget(registry: string, repository: string): number {
    this.#sql.exec("INSERT OR IGNORE INTO target (registry, repository) VALUES (?, ?)", registry, repository);
    return this.#sql.exec<{ id: number }>("SELECT id FROM target WHERE registry = ? AND repository = ?", registry, repository).one().id;
  }

  /** Adds a destination, to be brought to. */
  addDestination(row: Pick<DestinationRow, "image" | "target" | "reference" | "tag" | "asserted">): void {
    this.#sql.exec(
      "INSERT INTO destination (image, target, reference, put_as, asserted) VALUES (?, ?, ?, ?, ?)",
      row.image,
      row.target,
      row.reference,
      row.tag,
      row.asserted,
    );
  }

  /** The image as its row says now; `undefined` where it was dropped since, as tags are that turn out not to be meant. */
  image(id: number): ImageRow | undefined {
    return this.#sql.exec<Columns>("SELECT * FROM image WHERE id = ?", id).toArray().map(imageOf)[0];
  }

  /** The first images that have destinations to be brought to. */
  pendingImages(limit: number): ImageRow[] {
    const query =
      "SELECT * FROM image WHERE EXISTS (SELECT 1 FROM destination WHERE image = image.id AND status = 'pending') ORDER BY id LIMIT ?";
    return this.#sql.exec<Columns>(query, limit).toArray().map(imageOf);
  }

  /** All destination repositories, in the order in which the request names them. */
  targets(): TargetRow[] {
    return this.#sql.exec<{ id: number; registry: string; repository: string }>("SELECT * FROM target ORDER BY id").toArray();
  }

  /** The destinations of an image that have not ended. */
  pendingOf(image: number): DestinationRow[] {
    return this.#sql
      .exec<Columns>("SELECT * FROM destination WHERE image = ? AND status = 'pending' ORDER BY id", image)
      .toArray()
      .map(destinationOf);
  }

  /** The states that destinations are in. */
  statuses(): DestinationStatus[] {
    return this.#sql
      .exec<{ status: DestinationStatus }>("SELECT DISTINCT status FROM destination")
      .toArray()
      .map(({ status }) => status);
  }

  /** Notes what an image's reference stands for; `nowMs` is from right before the source was asked. */
  resolved(image: number, root: Descriptor, nowMs: number): void {
    this.#sql.exec(
      "UPDATE image SET digest = ?, media_type = ?, size = ?, resolved_at = ? WHERE id = ?",
      root.digest,
      root.mediaType,
      root.size,
      nowMs,
      image,
    );
    this.#touch();
  }

  /** Notes what is tagged for an image of which platforms were chosen. */
  selected(image: number, root: Descriptor): void {
    const text = JSON.stringify(root);
    this.#sql.exec("UPDATE image SET root = ?1 WHERE id = ?2 AND root IS NOT ?1", text, image);
  }

  /** Notes what the tag of a pending destination stands for there, null for nothing; `nowMs` is from right before it was asked. */
  checked(destination: number, found: Digest | null, nowMs: number): void {
    this.#sql.exec("UPDATE destination SET checked_at = ?, digest = ? WHERE id = ? AND status = 'pending'", nowMs, found, destination);
  }

  /** Ends a pending destination; one that has ended stays as it is. */
  end(destination: number, status: Exclude<DestinationStatus, "pending">, digest: Digest | null, error: Failure | null = null): void {
    this.#sql.exec(
      "UPDATE destination SET status = ?, digest = coalesce(?, digest), error = ? WHERE id = ? AND status = 'pending'",
      status,
      digest,
      error === null ? null : JSON.stringify(error),
      destination,
    );
    this.#touch();
  }

  /** Ends all destinations that have not ended. */
  endPending(failure: Failure): void {
    this.#sql.exec("UPDATE destination SET status = 'failed', error = ? WHERE status = 'pending'", JSON.stringify(failure));
    this.#touch();
  }

  /**
   * For a retry: what failed is to be tried again, from a fresh look at its repository; what is there is found there. Of many images only those that
   * failed are planned anew.
   */
  reopenFailed(hasMany: boolean): void {
    if (hasMany) {
      this.#sql.exec(
        `DELETE FROM manifest_write WHERE (target, digest) IN (
           SELECT destination.target, coalesce(json_extract(image.root, '$.digest'), image.digest)
           FROM destination JOIN image ON image.id = destination.image WHERE destination.status = 'failed')`,
      );
      this.#sql.exec("UPDATE blob SET outlived = 0 WHERE status = 'pending' AND outlived > 0");
    } else {
      this.#sql.exec(
        "UPDATE blob SET status = 'pending', placement = NULL, staged = 0, outlived = 0 WHERE target IN (SELECT target FROM destination WHERE status = 'failed')",
      );
      this.#sql.exec("DELETE FROM manifest_write WHERE target IN (SELECT target FROM destination WHERE status = 'failed')");
    }
    this.#sql.exec("UPDATE destination SET status = 'pending', error = NULL, checked_at = NULL, digest = NULL WHERE status = 'failed'");
  }

  /** A change here is one that the job's watchers should see. */
  #touch(): void {
    this.#sql.exec("UPDATE job SET version = version + 1");
  }
}

/** Reads a row of the table `image`. */
export function imageOf(row: Columns): ImageRow {
  return {
    id: row.id as number,
    source: row.source as string,
    digest: row.digest as Digest | null,
    mediaType: row.media_type as string | null,
    size: row.size as number | null,
    resolvedAt: row.resolved_at as number | null,
    root: row.root === null ? null : (JSON.parse(row.root as string) as Descriptor),
  };
}

/** Reads a row of the table `destination`. */
export function destinationOf(row: Columns): DestinationRow {
  return {
    id: row.id as number,
    image: row.image as number,
    target: row.target as number,
    reference: row.reference as string,
    tag: row.put_as as string | null,
    asserted: row.asserted as Digest | null,
    checkedAt: row.checked_at as number | null,
    digest: row.digest as Digest | null,
    status: row.status as DestinationStatus,
    error: row.error === null ? null : (JSON.parse(row.error as string) as Failure),
    plan: row.plan === null ? null : (JSON.parse(row.plan as string) as TransferPlan),
  };
}
