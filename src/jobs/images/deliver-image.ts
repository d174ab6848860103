/** Last step of an image at one destination repository: its blobs, its child manifests, and at the very end its tags. */
import type { Selection } from "../../copy/select-platforms.ts";
import { mapLimited } from "../../net/map-limited.ts";
import type { Digest } from "../../oci/digest.ts";
import { CopyError } from "../../oci/errors.ts";
import type { ContentTarget, ManifestContent, ManifestSource } from "../../oci/store.ts";
import { bringBlobs } from "../blobs/bring-blobs.ts";
import { deliverReferrers, putLater } from "../referrers/deliver-referrers.ts";
import { asReferrer } from "../referrers/referrer-failure.ts";
import { finishDestination } from "./finish-destination.ts";
import type { ImageDelivery, TargetAccess } from "./image-delivery.ts";
import type { DestinationRow, TargetRow } from "./image-rows.ts";
import { probeDigests } from "./probe-digests.ts";
import { manifestWidth, type SliceContext } from "./slice-context.ts";
import { withAdvice } from "./sparse-refusal.ts";

/**
 * Brings everything that the target lacks, children before parents and the tags last, so that nobody can pull half an image.
 *
 * Gives `stopped` where the slice ran out of time. Fails with the gravest failure of what it began.
 */
export async function deliverImage(
  delivery: ImageDelivery,
  target: TargetRow,
  destinations: readonly DestinationRow[],
  slice: SliceContext,
): Promise<"done" | "stopped"> {
  const { source, selection, content: own } = delivery;
  const { root } = selection;
  const repository = slice.openTarget(target);
  await probeDigests(target, own, repository, slice);
  if ((await bringBlobs({ registry: source.registry, repository: source.repository }, target, own, slice)) === "stopped") {
    return "stopped";
  }
  const at = accessTo(target, repository, selection, slice);
  await putChildren(delivery, at, slice);
  await deliverReferrers(target, root.digest, slice, at);
  for (const row of destinations) {
    await finishDestination(row, delivery, at, slice);
  }
  slice.content.manifestDone(target.id, root.digest);
  slice.forward();
  return "done";
}

function accessTo(target: TargetRow, repository: ContentTarget & ManifestSource, selection: Selection, slice: SliceContext): TargetAccess {
  return {
    target,
    stored: (digest) => stored(digest, slice),
    put: async (digest, reference) => {
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
    },
    look: async (tag) => (await slice.manifestGate.run(() => repository.headManifest(tag)))?.digest,
  };
}

/** Puts the manifests that the target lacks by their digests, rank by rank, but for those that get a tag later. */
async function putChildren({ selection, content: own }: ImageDelivery, { target, put }: TargetAccess, slice: SliceContext): Promise<void> {
  const { content } = slice;
  const root = selection.root.digest;
  const later = putLater(target.id, root, slice);
  const referrers = new Map(slice.referrers.pending(target.id, root).map((row) => [row.digest, row]));
  const putOne = async (digest: Digest) => {
    if (!content.isPending(target.id, digest)) {
      // Another image of this job has it too, and was quicker.
      return;
    }
    await put(digest, digest).catch((error: unknown) => {
      throw asReferrer(error, referrers.get(digest));
    });
    content.manifestDone(target.id, digest);
  };
  for (const rank of content.pendingManifests(target.id, own?.manifests)) {
    const now = rank.filter((digest) => !later.has(digest));
    await mapLimited(now, manifestWidth(slice), putOne);
  }
}

function stored(digest: Digest, slice: SliceContext): ManifestContent {
  const content = slice.content.manifest(digest);
  if (content === undefined) {
    throw new CopyError({ code: "internal", message: `The manifest ${digest} is no longer stored with the job`, retry: "never" });
  }
  return content;
}
