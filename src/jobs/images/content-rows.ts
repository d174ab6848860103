/** The rows of the manifests that an image is made of, and how far each is at each destination repository. */
import type { Digest } from "../../oci/digest.ts";
import type { ManifestContent } from "../../oci/store.ts";
import { digestCondition } from "./digest-condition.ts";
import { namesOf } from "./manifest-names.ts";

/** The rank of a manifest whose tree was not walked, above all others: 8 levels of indexes, with as many of referrers of referrers, come to 80. */
export const UNWALKED_RANK = 1_000;

/** A row holds 2 MB at most; manifests may be larger. */
const PART_BYTES = 1024 * 1024;

/** The tables `manifest`, `manifest_part` and `manifest_write` of one job. */
export class ContentRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * Stores a manifest with its rank, by which manifests are put: children before what names them. Of several ranks the lowest is kept: in every
   * tree that holds a manifest its children stand lower, so their lowest ranks are lower too, whichever trees these are from.
   *
   * @default rank of one that was read ahead of the walk
   */
  addManifest(content: ManifestContent, rank = UNWALKED_RANK): void {
    const { digest, mediaType, size } = content.descriptor;
    this.#sql.exec(
      `INSERT INTO manifest (digest, media_type, size, rank, names) VALUES (?1, ?2, ?3, ?4, ?5)
       ON CONFLICT (digest) DO UPDATE SET rank = ?4 WHERE rank > ?4`,
      digest,
      mediaType,
      size,
      rank,
      JSON.stringify(namesOf(content)),
    );
    for (let part = 0; part * PART_BYTES < content.bytes.byteLength; part++) {
      const bytes = content.bytes.slice(part * PART_BYTES, (part + 1) * PART_BYTES);
      this.#sql.exec("INSERT OR IGNORE INTO manifest_part (digest, part, bytes) VALUES (?, ?, ?)", digest, part, bytes.buffer);
    }
  }

  /** A stored manifest, byte for byte as it came. */
  manifest(digest: Digest): ManifestContent | undefined {
    const row = this.#sql
      .exec<{ media_type: string; size: number }>("SELECT media_type, size FROM manifest WHERE digest = ?", digest)
      .toArray()[0];
    if (row === undefined) {
      return undefined;
    }
    const bytes = new Uint8Array(row.size);
    let offset = 0;
    for (const part of this.#sql.exec<{ bytes: ArrayBuffer }>("SELECT bytes FROM manifest_part WHERE digest = ? ORDER BY part", digest)) {
      bytes.set(new Uint8Array(part.bytes), offset);
      offset += part.bytes.byteLength;
    }
    return { descriptor: { mediaType: row.media_type, digest, size: row.size }, bytes };
  }

  /** Notes that a target needs a manifest, or that it has it. */
  wantManifest(target: number, digest: Digest, exists = false): void {
    this.#sql.exec(
      `INSERT INTO manifest_write (target, digest, status) VALUES (?1, ?2, ?3)
       ON CONFLICT (target, digest) DO UPDATE SET status = 'existing' WHERE ?3 = 'existing' AND status = 'pending'`,
      target,
      digest,
      exists ? "existing" : "pending",
    );
  }

  /** Notes that a target may not have what it was seen to have of the image under `root`, so that it is planned again. @default digests all manifests */
  doubt(target: number, root: Digest, digests?: readonly Digest[]): void {
    const [condition, ...bindings] = digestCondition(digests);
    this.#sql.exec(`UPDATE manifest_write SET status = 'pending' WHERE target = ? ${condition}`, target, ...bindings);
    this.#sql.exec("DELETE FROM manifest_write WHERE target = ? AND digest = ?", target, root);
  }

  /** Whether it was noted that a target needs a manifest, or has it. */
  isWanted(target: number, digest: Digest): boolean {
    return this.#sql.exec("SELECT 1 FROM manifest_write WHERE target = ? AND digest = ?", target, digest).toArray().length > 0;
  }

  /** Whether a target still lacks a manifest that it needs. */
  isPending(target: number, digest: Digest): boolean {
    const query = "SELECT 1 FROM manifest_write WHERE target = ? AND digest = ? AND status = 'pending'";
    return this.#sql.exec(query, target, digest).toArray().length > 0;
  }

  /** Manifests that a target still needs, children before parents; grouped, since those of one rank can be put side by side. @default digests all */
  pendingManifests(target: number, digests?: readonly Digest[]): Digest[][] {
    const [condition, ...bindings] = digestCondition(digests);
    const groups = new Map<number, Digest[]>();
    const rows = this.#sql.exec<{ digest: string; rank: number }>(
      `SELECT manifest.digest, rank FROM manifest_write JOIN manifest USING (digest)
       WHERE target = ? AND status = 'pending' ${condition} ORDER BY rank`,
      target,
      ...bindings,
    );
    for (const { digest, rank } of rows) {
      groups.set(rank, [...(groups.get(rank) ?? []), digest as Digest]);
    }
    return [...groups.values()];
  }

  /** Notes that a manifest was put at a target, and confirmed. Nothing changes at one that was there before. */
  manifestDone(target: number, digest: Digest): void {
    this.#sql.exec("UPDATE manifest_write SET status = 'done' WHERE target = ? AND digest = ? AND status = 'pending'", target, digest);
  }

  /** Whether the job has put any of these manifests at a target. */
  hasPut(target: number, digests: readonly Digest[]): boolean {
    const [condition, ...bindings] = digestCondition(digests);
    const query = `SELECT 1 FROM manifest_write WHERE target = ? AND status = 'done' ${condition} LIMIT 1`;
    return this.#sql.exec(query, target, ...bindings).toArray().length > 0;
  }

  /**
   * How many manifests are needed, each counted once for every target, and how many of them are there. In a dry run, what would be put
   * counts as there.
   */
  totals(): { total: number; done: number } {
    return this.#sql
      .exec<{ total: number; done: number }>("SELECT count(*) AS total, coalesce(sum(status <> 'pending'), 0) AS done FROM manifest_write")
      .one();
  }

  /** Drops the manifests' bytes, which a job that has succeeded no longer needs. One that failed or was cancelled may be tried again. */
  dropBytes(): void {
    this.#sql.exec("DELETE FROM manifest_part");
  }
}
