/** The rows of a dry run, read as what a copy would do. What it has found stands in the rows of manifests and blobs, in states of its own. */
import { type BlobFate, type TransferPlan, transferPlan } from "../../copy/transfer-plan.ts";
import type { WalkedManifest } from "../../copy/walk.ts";
import type { Digest } from "../../oci/digest.ts";
import { digestCondition } from "./digest-condition.ts";

/** A blob's `placement` where it would be brought; one that is there is `existing`, as in a copy. */
const WOULD: Readonly<Record<BlobFate, string>> = { existing: "existing", mount: "would-mount", copy: "would-copy" };

type Columns = Record<string, SqlStorageValue>;

/** Notes in a job's rows what a dry run finds, and adds it up. */
export class PlanRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Notes what would happen to a blob. */
  surveyed(target: number, digest: Digest, fate: BlobFate): void {
    const update = "UPDATE blob SET status = 'done', placement = ? WHERE target = ? AND digest = ? AND status = 'pending'";
    this.#sql.exec(update, WOULD[fate], target, digest);
  }

  /** Notes that a manifest would not be put: every tag that it is meant for has it, or a list that has all of it. */
  isThere(target: number, digest: Digest): void {
    this.#sql.exec("UPDATE manifest_write SET status = 'existing' WHERE target = ? AND digest = ? AND status = 'pending'", target, digest);
  }

  /** Notes that the manifests which a target lacks would be put. @default digests all manifests */
  wouldPut(target: number, digests?: readonly Digest[]): void {
    const [condition, ...bindings] = digestCondition(digests);
    const update = `UPDATE manifest_write SET status = 'would-put' WHERE target = ? AND status = 'pending' ${condition}`;
    this.#sql.exec(update, target, ...bindings);
  }

  /** Notes what a destination would need, for itself. */
  setPlan(destination: number, plan: TransferPlan): void {
    this.#sql.exec("UPDATE destination SET plan = ? WHERE id = ?", JSON.stringify(plan), destination);
  }

  /** What one target would need of a tree. */
  planOf(target: number, tree: readonly WalkedManifest[], tags: number): TransferPlan {
    const [condition, digests = ""] = digestCondition([
      ...tree.map(({ content }) => content.descriptor.digest),
      ...tree.flatMap((manifest) => manifest.blobs.map(({ digest }) => digest)),
    ]);
    const [manifests, blobs] = this.#rows(`WHERE target = ? ${condition}`, target, digests);
    return transferPlan(manifests, blobs, tags);
  }

  /** What the whole job would do, each repository counted once, what is attached to images included; as far as it is known. */
  total(): TransferPlan {
    const [manifests, blobs] = this.#rows("");
    const tags = this.#sql.exec<{ tags: number }>("SELECT coalesce(sum(json_extract(plan, '$.tags')), 0) AS tags FROM destination").one();
    return transferPlan(manifests, blobs, tags.tags);
  }

  #rows(where: string, ...bindings: (number | string)[]) {
    const manifests = this.#sql
      .exec<Columns>(`SELECT status FROM manifest_write ${where}`, ...bindings)
      .toArray()
      .map(({ status }) => (status === "existing" ? ("existing" as const) : ("put" as const)));
    const fates = Object.entries(WOULD) as [BlobFate, string][];
    const blobs = this.#sql
      .exec<Columns>(`SELECT placement, size FROM blob ${where}`, ...bindings)
      .toArray()
      .flatMap(({ placement, size }) => {
        const fate = fates.find(([, text]) => text === placement)?.[0];
        return fate === undefined ? [] : [{ fate, size: size as number }];
      });
    return [manifests, blobs] as const;
  }
}
