/** Last step of an image at one destination repository: its blobs, its child manifests, and at the very end its tags. */
import type { Selection } from "../../copy/select-platforms.ts";
import type { WalkedManifest } from "../../copy/walk.ts";
import { mapLimited } from "../../net/map-limited.ts";
import type { Digest } from "../../oci/digest.ts";
import { CopyError } from "../../oci/errors.ts";
import { listingUnder } from "../../oci/fallback-index.ts";
import type { Reference } from "../../oci/reference.ts";
import type { ManifestContent } from "../../oci/store.ts";
import { bringBlobs } from "../blobs/bring-blobs.ts";
import { type TagAccess, writeTag } from "../destinations/write-tag.ts";
import { deliverReferrers, putLater } from "../referrers/deliver-referrers.ts";
import { listReferrers } from "../referrers/list-referrers.ts";
import { asReferrer } from "../referrers/referrer-failure.ts";
import type { ImageContent } from "./image-content.ts";
import type { DestinationRow, ImageRow, TargetRow } from "./image-rows.ts";
import { probeDigests } from "./probe-digests.ts";
import type { ReadManifest } from "./read-manifest.ts";
import { keepUnchanged, looksBelowRoot, type UnchangedContent } from "./resolve-image.ts";
import { manifestWidth, type SliceContext } from "./slice-context.ts";
import { withAdvice } from "./sparse-refusal.ts";

/** What is delivered: `tree` are the manifests of the selection and of what is attached to it, as `PlanTarget` and `PlanReferrers` give them. */
export interface ImageDelivery {
  image: ImageRow;
  source: Reference;
  selection: Selection;
  tree: readonly WalkedManifest[];
  /** What of the target's rows belongs to this image. @default everything */
  content: ImageContent | undefined;
  /** Reads a manifest of the source that is not stored with the job. */
  readManifest: ReadManifest;
}

/**
 * Brings everything that the target lacks, children before parents and the tags last, so that nobody can pull half an image.
 *
 * Gives `stopped` where the slice ran out of time. Fails with the gravest failure of what it began.
 */
export async function deliverImage(
  { image, source, selection, tree, content: own, readManifest }: ImageDelivery,
  target: TargetRow,
  destinations: readonly DestinationRow[],
  slice: SliceContext,
): Promise<"done" | "stopped"> {
  const { content } = slice;
  const { root } = selection;
  const repository = slice.openTarget(target);
  await probeDigests(target, own, repository, slice);
  if ((await bringBlobs({ registry: source.registry, repository: source.repository }, target, own, slice)) === "stopped") {
    return "stopped";
  }
  const put = async (digest: Digest, reference: string) => {
    // Ended by a cancel, and then waited for: a tag must not be written after the job has said that it was not.
    const manifest = stored(digest, slice);
    const subject = await slice.manifestGate
      .run(() => repository.putManifest(manifest, reference))
      .catch((error: unknown) => {
        throw withAdvice(error, manifest, selection);
      });
    if (subject !== undefined) {
      slice.referrers.listed(target.id, digest, subject);
    }
    slice.forward();
  };
  const later = putLater(target.id, root.digest, slice);
  const referrers = new Map(slice.referrers.pending(target.id, root.digest).map((row) => [row.digest, row]));
  for (const rank of content.pendingManifests(target.id, own?.manifests)) {
    await mapLimited(
      rank.filter((digest) => !later.has(digest)),
      manifestWidth(slice),
      async (digest) => {
        if (!content.isPending(target.id, digest)) {
          // Another image of this job has it too, and was quicker.
          return;
        }
        await put(digest, digest).catch((error: unknown) => {
          throw asReferrer(error, referrers.get(digest));
        });
        content.manifestDone(target.id, digest);
      },
    );
  }
  await deliverReferrers(target, root.digest, slice, { put, stored: (digest) => stored(digest, slice) });
  const resolvedAt = image.resolvedAt ?? 0;
  for (const row of destinations) {
    const { id, tag, checkedAt } = row;
    if (row.digest === root.digest) {
      const made: UnchangedContent["made"] = selection.leftOut.size > 0 ? "wanted" : looksBelowRoot(selection, slice) ? "whole" : undefined;
      const known = { hasBrought: hasBrought(tree, target, slice), ...(made && { made }) } satisfies UnchangedContent;
      if ((await keepUnchanged(row, root.digest, resolvedAt, slice, known)) === "noted") {
        continue;
      }
      // Another job is writing the tag, or has. Where it had the image nothing was planned, and so the manifest may not be there.
      content.addManifest(await readManifest(root));
    }
    if (tag === null) {
      await put(root.digest, root.digest);
      slice.images.end(id, "copied", root.digest);
      continue;
    }
    const listing = listingUnder(tag, () => stored(root.digest, slice));
    if (listing !== undefined) {
      // A list of referrers is added to and never replaced: others may have attached something at the destination.
      const listed = await listReferrers(listing.subject, listing.referrers, target, slice, listing.index);
      slice.images.end(id, "copied", listed);
      continue;
    }
    const write = { holder: slice.holder, tag, digest: root.digest, resolvedAt, checkedAt: checkedAt ?? 0 };
    const access: TagAccess = {
      put: () => put(root.digest, tag),
      look: async () => (await slice.manifestGate.run(() => repository.headManifest(tag)))?.digest,
      keeps: slice.request.overwrite === "never",
      extent: selection.leftOut.size > 0 ? "sparse" : "whole",
    };
    const { status, digest } = await writeTag(write, slice.destination(target), slice, access);
    slice.images.end(id, status, digest);
  }
  content.manifestDone(target.id, root.digest);
  slice.forward();
  return "done";
}

/** Whether the job had to bring anything of the image to a target whose tag had it already. */
function hasBrought(tree: readonly WalkedManifest[], target: TargetRow, slice: SliceContext): boolean {
  const manifests = tree.map(({ content }) => content.descriptor.digest);
  const blobs = tree.flatMap((manifest) => manifest.blobs.map(({ digest }) => digest));
  return slice.content.hasPut(target.id, manifests) || slice.blobs.hasBrought(target.id, blobs);
}

function stored(digest: Digest, slice: SliceContext): ManifestContent {
  const content = slice.content.manifest(digest);
  if (content === undefined) {
    throw new CopyError({ code: "internal", message: `The manifest ${digest} is no longer stored with the job`, retry: "never" });
  }
  return content;
}
