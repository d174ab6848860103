/** What a copy would do, in numbers: the report of a dry run. Pure. */

/** What would happen to a blob: it is there, the registry would take it from another repository of its own, or its bytes would be sent. */
export type BlobFate = "existing" | "mount" | "copy";

/** What a copy would do, in numbers. */
export interface TransferPlan {
  /** Manifests that would be put, and those that are there. */
  manifests: { put: number; existing: number };
  /** Tags that would be written. */
  tags: number;
  /** Blobs by what would happen to them, each counted once for every destination repository. */
  blobs: Record<BlobFate, number>;
  /** Bytes of the blobs that would be sent. */
  bytes: { copy: number };
}

/** Adds up what would happen to each manifest and blob. */
export function transferPlan(
  manifests: readonly ("put" | "existing")[],
  blobs: readonly { fate: BlobFate; size: number }[],
  tags: number,
): TransferPlan {
  const count = (fate: BlobFate) => blobs.filter((blob) => blob.fate === fate).length;
  const put = manifests.filter((manifest) => manifest === "put").length;
  return {
    manifests: { put, existing: manifests.length - put },
    tags,
    blobs: { copy: count("copy"), mount: count("mount"), existing: count("existing") },
    bytes: { copy: blobs.reduce((sum, { fate, size }) => sum + (fate === "copy" ? size : 0), 0) },
  };
}
