/** The rows of what is attached to images (signatures, SBOMs, attestations), and how far each is at each destination repository. */
import type { FoundReferrer } from "../../copy/find-referrers.ts";
import type { Digest } from "../../oci/digest.ts";

/** Something attached that a target still lacks. */
export interface ReferrerRow {
  /** The manifest that it is attached to. */
  subject: Digest;
  digest: Digest;
  /** cosign's tag under which it is put; null: by its digest, listed under its subject. */
  tag: string | null;
  /** When the source was asked, … */
  askedAt: number;
  /** … and when the destination was, milliseconds since the epoch. */
  checkedAt: number;
}

type Columns = Record<string, SqlStorageValue>;

/** The tables `referrer` and `referrer_plan` of one job. */
export class ReferrerRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Notes that an image's referrers were looked for, for one target; they are added in the same breath. */
  planned(target: number, root: Digest): void {
    this.#sql.exec("INSERT OR IGNORE INTO referrer_plan (target, root) VALUES (?, ?)", target, root);
  }

  /** Whether an image's referrers were looked for, for that target. */
  isPlanned(target: number, root: Digest): boolean {
    return this.#sql.exec("SELECT 1 FROM referrer_plan WHERE target = ? AND root = ?", target, root).toArray().length > 0;
  }

  /** Adds a referrer of the image under `root`, or of what is attached to it; `exists`: the target has it already. */
  add(
    target: number,
    root: Digest,
    { subject, root: { digest }, tag, askedAt }: Omit<FoundReferrer, "depth">,
    checkedAt: number,
    exists: boolean,
  ): void {
    this.#sql.exec(
      `INSERT OR IGNORE INTO referrer (target, root, subject, digest, put_as, asked_at, checked_at, status)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      target,
      root,
      subject,
      digest,
      tag ?? "",
      askedAt,
      checkedAt,
      exists ? "existing" : "pending",
    );
  }

  /** What the target still lacks of the image's referrers, in the order in which they were found. */
  pending(target: number, root: Digest): ReferrerRow[] {
    return this.#sql
      .exec<Columns>("SELECT * FROM referrer WHERE target = ? AND root = ? AND status = 'pending' ORDER BY rowid", target, root)
      .toArray()
      .map((row) => ({
        subject: row.subject as Digest,
        digest: row.digest as Digest,
        tag: (row.put_as as string) || null,
        askedAt: row.asked_at as number,
        checkedAt: row.checked_at as number,
      }));
  }

  /** Notes that the target lists a manifest under its subject, for whichever image it was brought. */
  listed(target: number, digest: Digest, subject: Digest): void {
    this.#sql.exec(
      "UPDATE referrer SET status = 'done' WHERE target = ? AND digest = ? AND subject = ? AND put_as = '' AND status = 'pending'",
      target,
      digest,
      subject,
    );
  }

  /** Notes that one of cosign's tags stands at the target as it should. */
  tagged(target: number, tag: string): void {
    this.#sql.exec("UPDATE referrer SET status = 'done' WHERE target = ? AND put_as = ? AND status = 'pending'", target, tag);
  }

  /** The manifests of all that is attached to the image, for the target. */
  digests(target: number, root: Digest): Digest[] {
    return this.#sql
      .exec<{ digest: Digest }>("SELECT DISTINCT digest FROM referrer WHERE target = ? AND root = ?", target, root)
      .toArray()
      .map(({ digest }) => digest);
  }

  /** Forgets what a target has and needs of what is attached to the image under `root`, so that it is looked for again. */
  doubt(target: number, root: Digest): void {
    this.#sql.exec("DELETE FROM referrer WHERE target = ? AND root = ?", target, root);
    this.#sql.exec("DELETE FROM referrer_plan WHERE target = ? AND root = ?", target, root);
  }

  /** For a retry, before the destinations that failed are pending again: what is attached to their images is looked for anew. */
  reopenFailed(): void {
    for (const table of ["referrer", "referrer_plan"]) {
      this.#sql.exec(
        `DELETE FROM ${table} WHERE (target, root) IN (
           SELECT destination.target, coalesce(json_extract(image.root, '$.digest'), image.digest)
           FROM destination JOIN image ON image.id = destination.image WHERE destination.status = 'failed')`,
      );
    }
  }

  /** How many referrers were found, each counted once for every target, and how many of them are there. */
  totals(): { total: number; done: number } {
    return this.#sql
      .exec<{ total: number; done: number }>("SELECT count(*) AS total, coalesce(sum(status <> 'pending'), 0) AS done FROM referrer")
      .one();
  }
}
