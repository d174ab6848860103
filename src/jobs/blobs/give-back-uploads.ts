/** What an ended job owes the registries: uploads that it left to be gone on with, and never will. */
import { mapLimited } from "../../net/map-limited.ts";
import { MANIFEST_WIDTH } from "../images/slice-context.ts";
import type { JobStore } from "../job-store.ts";
import type { SliceDeps } from "../slice.ts";

/** Cancels them all, a few at a time. Best effort, never fails: a registry forgets uploads by itself, later. */
export async function giveBackUploads(store: JobStore, { openTarget }: Pick<SliceDeps, "openTarget">): Promise<void> {
  const targets = store.images.targets();
  const left = store.blobs.leftUploads();
  for (const { target, blob } of left) {
    store.blobs.leave(target, blob.digest, null);
  }
  await mapLimited(left, MANIFEST_WIDTH, async ({ target, blob, upload }) => {
    const row = targets.find(({ id }) => id === target);
    if (row !== undefined) {
      await openTarget(row)
        .continueUpload(blob, upload)
        .cancel()
        .catch(() => {});
    }
  });
}
