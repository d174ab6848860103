/** What stands in for the delivery in a dry run: looks for what a destination repository lacks, and notes what a copy would do. Writes nothing there. */
import type { Digest } from "../../oci/digest.ts";
import { CopyError } from "../../oci/errors.ts";
import { listingUnder } from "../../oci/fallback-index.ts";
import { readDigestTag } from "../../oci/referrer-tags.ts";
import type { PendingBlob } from "../blobs/blob-rows.ts";
import { mountSources } from "../blobs/bring-one-blob.ts";
import { runAll } from "../blobs/carriers.ts";
import { foreseeListing } from "../referrers/list-referrers.ts";
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
  delivery: ImageDelivery,
  target: TargetRow,
  destinations: readonly DestinationRow[],
  slice: SliceContext,
): Promise<"done" | "stopped"> {
  const { source, selection, tree, content } = delivery;
  const looked = await runAll(slice.blobs.pending(target.id, content?.blobs), slice.gate, slice.hasTime, async (blob) => {
    await survey(blob, source, target, slice);
    slice.forward();
  });
  if (looked === "stopped") {
    return "stopped";
  }
  const { root } = selection;
  const standings: [DestinationRow, Standing][] = [];
  for (const row of destinations) {
    standings.push([row, await standingOf(row, delivery, target, slice)]);
  }
  if (standings.every(([, { isThere }]) => isThere)) {
    slice.plans.isThere(target.id, root.digest);
  }
  slice.plans.wouldPut(target.id, content?.manifests);
  for (const [{ id, tag, checkedAt }, { digest, isThere }] of standings) {
    const plan = slice.plans.planOf(target.id, tree, tag === null || isThere ? 0 : 1);
    const lacks = plan.manifests.put + plan.blobs.copy + plan.blobs.mount > 0 || slice.referrers.pending(target.id, root.digest).length > 0;
    slice.plans.setPlan(id, plan);
    if (digest === null) {
      // What was seen there is not what it would come to.
      slice.images.checked(id, null, checkedAt ?? 0);
    }
    slice.images.end(id, isThere && !lacks ? "unchanged" : "copied", digest);
  }
  slice.forward();
  return "done";
}

/**
 * What a destination would stand for, and whether it does already: the image; or, where that is a list of referrers which would be added to, the list as it
 * is, or null, since what it would come to is not known before.
 */
interface Standing {
  digest: Digest | null;
  isThere: boolean;
}

async function standingOf(
  row: DestinationRow,
  { selection: { root }, readManifest }: ImageDelivery,
  target: TargetRow,
  slice: SliceContext,
): Promise<Standing> {
  const { tag, digest: found, asserted } = row;
  if (tag === null || found === null || found === root.digest || readDigestTag(tag)?.kind !== "fallback") {
    return { digest: root.digest, isThere: found === root.digest };
  }
  const index = await readManifest(root);
  const listing = listingUnder(tag, () => index);
  if (listing === undefined) {
    return { digest: root.digest, isThere: false };
  }
  const { digest, isThere } = await foreseeListing(listing, target, slice, asserted);
  return { digest: isThere || digest === root.digest ? digest : null, isThere };
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
