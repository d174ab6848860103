/** What a job copies, as it is shown: manifests from the top down, what each names, and how far all of it is at each destination repository. */
import type { Digest } from "../../oci/digest.ts";
import type { BlobPlace, ContentPage, ManifestPlace } from "../document.ts";
import type { ManifestNames } from "./manifest-names.ts";

/** Which manifests are asked for. */
export interface ContentQuery {
  /** Manifests to give at most. */
  limit: number;
  /** Where the page before ended. */
  cursor?: string;
}

/** Blobs at a place after which a page ends, whatever its limit: each is some 100 bytes of the answer, and a row that is read. */
const MAX_PLACES = 5_000;

/** Above every rank. */
const FIRST_RANK = Number.MAX_SAFE_INTEGER;

const CURSOR = /^(\d{1,15})\.([\w:]+)$/;

/** Whether a text has the form of the cursors that {@link ContentLists.page} gives. */
export function isContentCursor(text: string): boolean {
  return CURSOR.test(text);
}

interface ManifestRow extends Record<string, SqlStorageValue> {
  digest: string;
  media_type: string;
  size: number;
  rank: number;
  names: string | null;
}

/** Reads a job's content out of its rows, for the API. Changes nothing. */
export class ContentLists {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** One page, parents before children. `cursor` is null on the last. A cursor that was not given here is taken as none. */
  page({ limit, cursor }: ContentQuery): ContentPage {
    const [, rank, after = ""] = CURSOR.exec(cursor ?? "") ?? [];
    const rows = this.#sql
      .exec<ManifestRow>(
        `SELECT digest, media_type, size, rank, names FROM manifest WHERE rank < ?1 OR (rank = ?1 AND digest > ?2)
         ORDER BY rank DESC, digest LIMIT ?3`,
        rank === undefined ? FIRST_RANK : Number(rank),
        after,
        limit + 1,
      )
      .toArray();
    const targets = this.#sql.exec<{ count: number }>("SELECT count(*) AS count FROM target").one().count;
    const page: ContentPage["manifests"] = [];
    let places = 0;
    for (const row of rows.slice(0, limit)) {
      const { manifests, blobs } = row.names === null ? { manifests: [], blobs: [] } : (JSON.parse(row.names) as ManifestNames);
      places += blobs.length * targets;
      if (page.length > 0 && places > MAX_PLACES) {
        break;
      }
      const digest = row.digest as Digest;
      page.push({
        digest,
        mediaType: row.media_type,
        size: row.size,
        at: this.#manifestPlaces(digest),
        manifests,
        blobs: blobs.map((blob) => ({ ...blob, at: this.#blobPlaces(blob.digest) })),
      });
    }
    const last = rows[page.length - 1];
    return { manifests: page, cursor: last === undefined || page.length === rows.length ? null : `${last.rank}.${last.digest}` };
  }

  #manifestPlaces(digest: Digest): ManifestPlace[] {
    // Row by row of the targets: the key begins with the target. What a dry run says would be put is still pending.
    return this.#sql
      .exec<{ repository: string; status: ManifestPlace["status"] }>(
        `SELECT registry || '/' || repository AS repository, iif(status = 'would-put', 'pending', status) AS status
         FROM target CROSS JOIN manifest_write
         WHERE target = id AND digest = ? ORDER BY id`,
        digest,
      )
      .toArray();
  }

  #blobPlaces(digest: Digest): BlobPlace[] {
    return this.#sql
      .exec<{ repository: string; status: BlobPlace["status"]; staged: number; sent: number }>(
        `SELECT registry || '/' || repository AS repository, iif(status = 'done' AND coalesce(placement, '') NOT LIKE 'would-%', coalesce(placement, 'existing'), 'pending') AS status,
           staged, sent FROM target CROSS JOIN blob WHERE target = id AND digest = ? ORDER BY id`,
        digest,
      )
      .toArray()
      .map(({ staged, ...place }) => ({ ...place, staged: staged === 1 }));
  }
}
