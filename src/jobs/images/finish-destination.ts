/** The very end of an image at one of its destinations: its tag, unless that stands for the image already. */
import type { Selection } from "../../copy/select-platforms.ts";
import type { WalkedManifest } from "../../copy/walk.ts";
import { untilAborted } from "../../net/abort.ts";
import { listingUnder, mergedListing } from "../../oci/fallback-index.ts";
import { isSameRepository } from "../../oci/reference.ts";
import type { ManifestContent } from "../../oci/store.ts";
import type { TagExtent } from "../destinations/destination-link.ts";
import { type TagAccess, writeTag } from "../destinations/write-tag.ts";
import { listReferrers } from "../referrers/list-referrers.ts";
import type { ImageDelivery, TargetAccess } from "./image-delivery.ts";
import type { DestinationRow, TargetRow } from "./image-rows.ts";
import { isSparseAt, keepUnchanged, looksBelowRoot, type UnchangedContent } from "./resolve-image.ts";
import type { SliceContext } from "./slice-context.ts";

/**
 * Ends a destination once all that its tag needs is at the target: puts the manifest under the tag, in the order that all tags are written in; by its
 * digest alone where there is no tag; as a list that is added to where the tag is that of a fallback index. Fails with the target's failures.
 */
export async function finishDestination(
  row: DestinationRow,
  delivery: ImageDelivery,
  at: TargetAccess,
  slice: SliceContext,
): Promise<void> {
  const { image, selection, tree, readManifest } = delivery;
  const { digest } = selection.root;
  if (row.digest === digest) {
    if ((await endUnchanged(row, delivery, at.target, slice)) === "ended") {
      return;
    }
    // Another job is writing the tag, or has. Where it had the image nothing was planned, and so the manifest may not be there.
    slice.content.addManifest(await readManifest(selection.root));
  }
  const { tag } = row;
  if (tag === null) {
    await at.put(digest, digest);
    const extent = extentOf(delivery, at.target);
    if (extent !== undefined) {
      await untilAborted(slice.cancelled, slice.destination(at.target).noteExtent(digest, extent));
    }
    slice.images.end(row.id, "copied", digest);
    return;
  }
  const listing = listingUnder(tag, () => at.stored(digest));
  if (listing !== undefined) {
    // A list of referrers is added to and never replaced: others may have attached something at the destination.
    const merge = (existing: ManifestContent | undefined) => mergedListing(existing, listing);
    const listed = await listReferrers(listing.subject, merge, at.target, slice, row.asserted);
    const isCopied = listed.isWritten || hasBrought(tree, at.target, slice);
    slice.images.end(row.id, isCopied ? "copied" : "unchanged", listed.digest);
    return;
  }
  const extent = extentOf(delivery, at.target);
  const write = { holder: slice.holder, tag, digest, resolvedAt: image.resolvedAt ?? 0, checkedAt: row.checkedAt ?? 0 };
  const access: TagAccess = {
    put: () => at.put(digest, tag),
    look: () => at.look(tag),
    keeps: slice.request.overwrite === "never",
    ...(extent === undefined ? {} : { extent }),
  };
  // A tag that is kept may have stood for the image all the time, of which something was missing.
  const wasSparse = access.keeps && hasBrought(tree, at.target, slice) && (await isSparseAt(at.target, digest, slice));
  const written = await writeTag(write, slice.destination(at.target), slice, access);
  slice.images.end(row.id, wasSparse && written.status === "unchanged" ? "copied" : written.status, written.digest);
}

/** How much of the image is at the target then; not known where it was taken to be there, as in the source's own repository. */
function extentOf({ selection, source }: ImageDelivery, target: TargetRow): TagExtent | undefined {
  return selection.leftOut.size > 0 ? "sparse" : isSameRepository(target, source) ? undefined : "whole";
}

/** Ends a destination whose tag had the image's digest before; `open` where the tag has to be written after all. */
async function endUnchanged(
  row: DestinationRow,
  { image, selection, tree }: ImageDelivery,
  target: TargetRow,
  slice: SliceContext,
): Promise<"ended" | "open"> {
  const made = madeSure(selection, slice);
  const known: UnchangedContent = { hasBrought: hasBrought(tree, target, slice), ...(made && { made }) };
  const noted = await keepUnchanged(row, selection.root.digest, image.resolvedAt ?? 0, slice, known);
  return noted === "noted" ? "ended" : "open";
}

/**
 * What a delivery has made sure of below a root that was at the target before: that all `wanted` of it is there, that the `whole` is, or nothing
 * (`undefined`), where the root was taken to say that what it names is there too.
 */
export function madeSure(selection: Selection, slice: Pick<SliceContext, "request">): UnchangedContent["made"] {
  return selection.leftOut.size > 0 ? "wanted" : looksBelowRoot(selection, slice) ? "whole" : undefined;
}

/** Whether the job had to bring anything of the image to a target whose tag had it already. */
function hasBrought(tree: readonly WalkedManifest[], target: TargetRow, slice: SliceContext): boolean {
  const manifests = tree.map(({ content }) => content.descriptor.digest);
  const blobs = tree.flatMap((manifest) => manifest.blobs.map(({ digest }) => digest));
  return slice.content.hasPut(target.id, manifests) || slice.blobs.hasBrought(target.id, blobs);
}
