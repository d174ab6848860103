/** What stands in for the delivery in a dry run: looks for what a destination repository lacks, and notes what a copy would do. Writes nothing there. */
import { CopyError } from "../../oci/errors.ts";
import type { PendingBlob } from "../blobs/blob-rows.ts";
import { mountSources } from "../blobs/bring-one-blob.ts";
import { runAll } from "../blobs/carriers.ts";
import type { ImageDelivery } from "./image-delivery.ts";
import type { DestinationRow, TargetRow } from "./image-rows.ts";
import type { SliceContext } from "./slice-context.ts";

/**
 * Looks for every blob that was planned for the target, one `HEAD` each and by carriers, so that as many are asked at once as a copy would carry;
 * then ends the destinations as a copy would.
 *
 * Gives `stopped` where the slice ran out of time. Fails with the gravest failure of what it began.
 */
export async function surveyImage(
  { source, selection, tree, content }: ImageDelivery,
  target: TargetRow,
  destinations: readonly DestinationRow[],
  slice: SliceContext,
): Promise<"done" | "stopped"> {
  const looked = await runAll(slice.blobs.pending(target.id, content?.blobs), slice.gate, slice.hasTime, async (blob) => {
    await survey(blob, source, target, slice);
    slice.forward();
  });
  if (looked === "stopped") {
    return "stopped";
  }
  slice.plans.wouldPut(target.id, content?.manifests);
  const { root } = selection;
  for (const { id, tag, digest } of destinations) {
    const isThere = digest === root.digest;
    const plan = slice.plans.planOf(target.id, tree, tag === null || isThere ? 0 : 1);
    const lacks = plan.manifests.put + plan.blobs.copy + plan.blobs.mount > 0 || slice.referrers.pending(target.id, root.digest).length > 0;
    slice.plans.setPlan(id, plan);
    slice.images.end(id, isThere && !lacks ? "unchanged" : "copied", root.digest);
  }
  slice.forward();
  return "done";
}

async function survey(blob: PendingBlob, source: ImageDelivery["source"], target: TargetRow, slice: SliceContext): Promise<void> {
  const mountFrom = mountSources(blob, source, target, slice);
  const result = await slice.carry({ errand: "survey", blob, target, mountFrom }, async () => (slice.cancelled.aborted ? "stop" : "go-on"));
  slice.cancelled.throwIfAborted();
  if (result.outcome === "failed") {
    throw new CopyError(result.failure);
  }
  if (result.outcome !== "surveyed") {
    throw new CopyError({ code: "internal", message: `A carrier came back with "${result.outcome}"`, retry: "never" });
  }
  slice.plans.surveyed(target.id, blob.digest, result.fate);
}
