/** Gives uploads back that nobody will go on with: what an ended job has left, and what a process that died had under way. */
import { mapLimited } from "../../net/map-limited.ts";
import type { ContentTarget } from "../../oci/store.ts";
import type { TargetRow } from "../images/image-rows.ts";
import { MANIFEST_WIDTH } from "../images/slice-context.ts";
import type { JobStore } from "../job-store.ts";
import type { BlobRows, PendingBlob } from "./blob-rows.ts";

/** Opens a target; no request is made. */
type OpenTarget = (name: TargetRow) => Pick<ContentTarget, "continueUpload">;

/** Cancels all of an ended job, a few at a time. Best effort, never fails: a registry forgets uploads by itself, later. */
export async function giveBackUploads(store: JobStore, { openTarget }: { openTarget: OpenTarget }): Promise<void> {
  const targets = store.images.targets();
  const left = store.blobs.withUploads();
  for (const { target, blob } of left) {
    store.blobs.leave(target, blob.digest, null);
    store.blobs.began(target, blob.digest, null);
  }
  await mapLimited(left, MANIFEST_WIDTH, async ({ target, blob }) => {
    const row = targets.find(({ id }) => id === target);
    const locations = new Set([blob.upload?.location, blob.begun].filter((location) => typeof location === "string"));
    for (const location of row === undefined ? [] : locations) {
      await cancelAt(location, blob, row as TargetRow, openTarget);
    }
  });
}

/**
 * Cancels what a process that died had begun for a blob, where its job was told of it. Not waited for: the blob is sent in an upload of its own. Never fails.
 */
export function giveBackBegun(blob: PendingBlob, target: TargetRow, rows: BlobRows, openTarget: OpenTarget): void {
  if (blob.begun !== null) {
    rows.began(target.id, blob.digest, null);
    void cancelAt(blob.begun, blob, target, openTarget);
  }
}

/** Cancels what a slice has left of a blob to be gone on with, where the target has it by other means. Not waited for; never fails. */
export function giveBackLeft(blob: PendingBlob, target: TargetRow, rows: BlobRows, openTarget: OpenTarget): void {
  if (blob.upload !== null) {
    rows.leave(target.id, blob.digest, null);
    void cancelAt(blob.upload.location, blob, target, openTarget);
  }
}

async function cancelAt(location: string, blob: PendingBlob, target: TargetRow, openTarget: OpenTarget): Promise<void> {
  try {
    await openTarget(target).continueUpload(blob, { location, held: 0, pieceSize: 0 }).cancel();
  } catch {
    // A registry forgets uploads by itself, later.
  }
}
