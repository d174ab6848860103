/** The rows of the blobs that destination repositories need, and of those on their way into the stage. */
import type { Placement } from "../../copy/place-blob.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { inlineContent } from "../../oci/inline-content.ts";
import { isForeign } from "../../oci/manifest.ts";
import type { StageProgress } from "../../oci/stage.ts";
import type { UploadCheckpoint } from "../../oci/store.ts";
import { triedUrls } from "../../registry/foreign-layer.ts";
import { digestCondition } from "../images/digest-condition.ts";
import { shortName } from "../images/manifest-names.ts";

/** A blob that a target still needs, with what earlier slices have left of it. */
export interface PendingBlob extends Descriptor {
  /** Slices in which its direct transfer did not come to an end. */
  outlived: number;
  /** An upload that was left, to go on with. */
  upload: UploadCheckpoint | null;
  /** URL of the upload that a carrier was last seen to send in, until it comes back: where a process dies, what is to be given back. */
  begun: string | null;
}

/** How far a job's blobs are, each counted once for every target that needs it. */
export interface BlobTotals {
  /** Numbers of blobs. `done` is how many are at their target, however they came there; `staged` is how many of them were sent from the stage. */
  blobs: { total: number; done: number; copied: number; mounted: number; existing: number; staged: number };
  /** `total` and `done` add up the sizes that manifests say; `copied` is what really crossed the wire, in vain or not. */
  bytes: { total: number; done: number; copied: number };
}

/** What a descriptor says of its bytes besides their digest and size. */
type Origin = Pick<Descriptor, "data" | "urls">;

type Columns = Record<string, SqlStorageValue>;

/** The tables `blob` and `staging` of one job. */
export class BlobRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Notes that a target needs a blob. */
  want(target: number, blob: Descriptor): void {
    this.#sql.exec(
      "INSERT OR IGNORE INTO blob (target, digest, media_type, size, origin) VALUES (?, ?, ?, ?, ?)",
      target,
      blob.digest,
      shortName(blob.mediaType),
      blob.size,
      originOf(blob),
    );
  }

  /** Blobs that a target still needs, the largest first: the longest transfer should not begin last. @default digests all blobs */
  pending(target: number, digests?: readonly Digest[]): PendingBlob[] {
    const [condition, ...bindings] = digestCondition(digests);
    return this.#sql
      .exec<Columns>(
        `SELECT digest, media_type, size, outlived, upload, origin, begun FROM blob WHERE target = ? AND status = 'pending' ${condition} ORDER BY size DESC`,
        target,
        ...bindings,
      )
      .toArray()
      .map((row) => ({
        digest: row.digest as Digest,
        mediaType: row.media_type as string,
        size: row.size as number,
        outlived: row.outlived as number,
        upload: row.upload === null ? null : (JSON.parse(row.upload as string) as UploadCheckpoint),
        begun: row.begun as string | null,
        ...(row.origin === null ? {} : (JSON.parse(row.origin as string) as Origin)),
      }));
  }

  /** Targets of a registry, but for `except`, that have the blob by now. */
  placesOf(digest: Digest, registry: string, except: number): string[] {
    return this.#sql
      .exec<{ repository: string }>(
        // Targets first: there are few, and a blob is found by target and digest.
        "SELECT repository FROM target CROSS JOIN blob ON target = target.id AND digest = ? WHERE registry = ? AND target.id <> ? AND status = 'done' LIMIT 4",
        digest,
        registry,
        except,
      )
      .toArray()
      .map(({ repository }) => repository);
  }

  /** Notes that a target has the blob, and how it came there. Nothing changes at one that is done already. */
  done(target: number, digest: Digest, placement: Placement, staged = false): void {
    this.#sql.exec(
      "UPDATE blob SET status = 'done', placement = ?, staged = ?, upload = NULL WHERE target = ? AND digest = ? AND status = 'pending'",
      placement,
      staged ? 1 : 0,
      target,
      digest,
    );
  }

  /** Whether the job has sent the blob to a target from the stage. */
  wasStaged(digest: Digest): boolean {
    return (
      this.#sql.exec("SELECT 1 FROM target CROSS JOIN blob ON target = target.id AND digest = ? WHERE staged = 1 LIMIT 1", digest).toArray()
        .length > 0
    );
  }

  /** Whether the job has brought any of these blobs to a target. */
  hasBrought(target: number, digests: readonly Digest[]): boolean {
    const [condition, ...bindings] = digestCondition(digests);
    const query = `SELECT 1 FROM blob WHERE target = ? AND placement IN ('copied', 'mounted') ${condition} LIMIT 1`;
    return this.#sql.exec(query, target, ...bindings).toArray().length > 0;
  }

  /** Notes that what a target was seen to have may be gone; gives the blobs that are to be looked for again. @default digests all blobs */
  doubt(target: number, digests?: readonly Digest[]): Digest[] {
    const [condition, ...bindings] = digestCondition(digests);
    const update = `UPDATE blob SET status = 'pending' WHERE target = ? AND status = 'done' ${condition} RETURNING digest`;
    return this.#sql
      .exec<{ digest: Digest }>(update, target, ...bindings)
      .toArray()
      .map(({ digest }) => digest);
  }

  /** Adds bytes that crossed the wire to a blob's account, whether it came to an end or not. */
  sent(target: number, digest: Digest, bytes: number): void {
    if (bytes > 0) {
      this.#sql.exec("UPDATE blob SET sent = sent + ? WHERE target = ? AND digest = ?", bytes, target, digest);
    }
  }

  /** Counts a slice in which the blob's transfer did not come to an end. */
  outlived(target: number, digest: Digest): void {
    this.#sql.exec("UPDATE blob SET outlived = outlived + 1 WHERE target = ? AND digest = ?", target, digest);
  }

  /** Keeps an upload for a later slice to go on with; null: there is none any more. */
  leave(target: number, digest: Digest, upload: UploadCheckpoint | null): void {
    this.#sql.exec(
      "UPDATE blob SET upload = ? WHERE target = ? AND digest = ? AND status = 'pending'",
      upload === null ? null : JSON.stringify(upload),
      target,
      digest,
    );
  }

  /** Notes the upload that bytes are being sent in; null: the carrier has come back and left none open. */
  began(target: number, digest: Digest, location: string | null): void {
    this.#sql.exec("UPDATE blob SET begun = ? WHERE target = ? AND digest = ?", location, target, digest);
  }

  /** Pending blobs with uploads that will not be gone on with, left or begun. */
  withUploads(): { target: number; blob: PendingBlob }[] {
    return this.#sql
      .exec<{ id: number }>("SELECT DISTINCT target AS id FROM blob WHERE upload IS NOT NULL OR begun IS NOT NULL")
      .toArray()
      .flatMap(({ id }) => this.pending(id).map((blob) => ({ target: id, blob })))
      .filter(({ blob }) => blob.upload !== null || blob.begun !== null);
  }

  /** Where a blob's way into the stage was left. */
  staging(digest: Digest): StageProgress | undefined {
    const row = this.#sql.exec<{ progress: string }>("SELECT progress FROM staging WHERE digest = ?", digest).toArray()[0];
    return row === undefined ? undefined : (JSON.parse(row.progress) as StageProgress);
  }

  /** Keeps how far a blob is on its way into the stage; null: there is nothing to go on with. */
  setStaging(digest: Digest, progress: StageProgress | null): void {
    if (progress === null) {
      this.#sql.exec("DELETE FROM staging WHERE digest = ?", digest);
    } else {
      this.#sql.exec(
        "INSERT INTO staging (digest, progress) VALUES (?1, ?2) ON CONFLICT (digest) DO UPDATE SET progress = ?2",
        digest,
        JSON.stringify(progress),
      );
    }
  }

  /** Sizes are what manifests say: `sum` would fail where lies add up to more than 2^63, `total` does not. */
  totals(): BlobTotals {
    const row = this.#sql
      .exec<Record<"total" | "done" | "copied" | "mounted" | "existing" | "staged" | "size" | "size_done" | "sent", number>>(
        `SELECT count(*) AS total, coalesce(sum(status = 'done'), 0) AS done,
           coalesce(sum(placement = 'copied'), 0) AS copied, coalesce(sum(placement = 'mounted'), 0) AS mounted,
           coalesce(sum(placement = 'existing'), 0) AS existing, coalesce(sum(staged), 0) AS staged, total(size) AS size,
           total(CASE WHEN status = 'done' THEN size ELSE 0 END) AS size_done, coalesce(sum(sent), 0) AS sent FROM blob`,
      )
      .one();
    const { total, done, copied, mounted, existing, staged } = row;
    return {
      blobs: { total, done, copied, mounted, existing, staged },
      bytes: { total: row.size, done: row.size_done, copied: row.sent },
    };
  }
}

function originOf(blob: Descriptor): string | null {
  const { data, urls } = blob;
  const origin: Origin = {
    ...(data === undefined || inlineContent(blob) === undefined ? {} : { data }),
    ...(urls === undefined || !isForeign(blob) ? {} : { urls: triedUrls(urls) }),
  };
  return Object.keys(origin).length === 0 ? null : JSON.stringify(origin);
}
