/** Last step of an image at one destination repository: its blobs, its child manifests, and at the very end its tags. */
import type { Selection } from "../../copy/select-platforms.ts";
import { mapLimited, type WalkedManifest } from "../../copy/walk.ts";
import type { Digest } from "../../oci/digest.ts";
import { CopyError } from "../../oci/errors.ts";
import type { Reference } from "../../oci/reference.ts";
import type { ManifestContent } from "../../oci/store.ts";
import { bringBlobs } from "../blobs/bring-blobs.ts";
import { probeDigests } from "../blobs/probe-digests.ts";
import { writeTag } from "../destinations/write-tag.ts";
import { deliverReferrers, putLater } from "../referrers/deliver-referrers.ts";
import { asReferrer } from "../referrers/referrer-failure.ts";
import type { ImageContent } from "../within.ts";
import type { DestinationRow, ImageRow, TargetRow } from "./image-rows.ts";
import { type ImageStep, manifestWidth } from "./image-step.ts";
import { keepUnchanged } from "./resolve-image.ts";
import { withAdvice } from "./sparse-refusal.ts";

/** What is delivered: `tree` are the manifests of the selection and of what is attached to it, as `PlanTarget` and `PlanReferrers` give them. */
export interface ImageDelivery {
  image: ImageRow;
  source: Reference;
  selection: Selection;
  tree: readonly WalkedManifest[];
  /** What of the target's rows belongs to this image. @default everything */
  content: ImageContent | undefined;
}

/**
 * Brings everything that the target lacks, children before parents and the tags last, so that nobody can pull half an image.
 *
 * Gives `stopped` where the slice ran out of time. Fails with the gravest failure of what it began.
 */
export async function deliverImage(
  { image, source, selection, tree, content: own }: ImageDelivery,
  target: TargetRow,
  destinations: readonly DestinationRow[],
  step: ImageStep,
): Promise<"done" | "stopped"> {
  const { content } = step;
  const { root } = selection;
  const repository = step.openTarget(target);
  await probeDigests(target, own, repository, step);
  if ((await bringBlobs({ registry: source.registry, repository: source.repository }, target, own, step)) === "stopped") {
    return "stopped";
  }
  const put = async (digest: Digest, reference: string) => {
    // Ended by a cancel, and then waited for: a tag must not be written after the job has said that it was not.
    const manifest = stored(digest, step);
    const subject = await step.manifestGate
      .run(() => repository.putManifest(manifest, reference))
      .catch((error: unknown) => {
        throw withAdvice(error, manifest, selection);
      });
    if (subject !== undefined) {
      step.referrers.listed(target.id, digest, subject);
    }
    step.forward();
  };
  const later = putLater(target.id, root.digest, step);
  const referrers = new Map(step.referrers.pending(target.id, root.digest).map((row) => [row.digest, row]));
  for (const rank of content.pendingManifests(target.id, own?.manifests)) {
    await mapLimited(
      rank.filter((digest) => !later.has(digest)),
      manifestWidth(step),
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
  await deliverReferrers(target, root.digest, step, { put, stored: (digest) => stored(digest, step) });
  const resolvedAt = image.resolvedAt ?? 0;
  for (const row of destinations) {
    const { id, tag, checkedAt } = row;
    if (row.digest === root.digest && (await keepUnchanged(row, root.digest, resolvedAt, step, hasBrought(tree, target, step)))) {
      continue;
    }
    if (tag === null) {
      await put(root.digest, root.digest);
      step.images.end(id, "copied", root.digest);
      continue;
    }
    const write = { holder: step.holder, tag, digest: root.digest, resolvedAt, checkedAt: checkedAt ?? 0 };
    const access = {
      put: () => put(root.digest, tag),
      look: async () => (await step.manifestGate.run(() => repository.headManifest(tag)))?.digest,
      keeps: step.request.overwrite === "never",
    };
    const { status, digest } = await writeTag(write, step.destination(target), step, access);
    step.images.end(id, status, digest);
  }
  content.manifestDone(target.id, root.digest);
  step.forward();
  return "done";
}

/** Whether the job had to bring anything of the image to a target whose tag had it already. */
function hasBrought(tree: readonly WalkedManifest[], target: TargetRow, step: ImageStep): boolean {
  const manifests = tree.map(({ content }) => content.descriptor.digest);
  const blobs = tree.flatMap((manifest) => manifest.blobs.map(({ digest }) => digest));
  return step.content.hasPut(target.id, manifests) || step.blobs.hasBrought(target.id, blobs);
}

function stored(digest: Digest, step: ImageStep): ManifestContent {
  const content = step.content.manifest(digest);
  if (content === undefined) {
    throw new CopyError({ code: "internal", message: `The manifest ${digest} is no longer stored with the job`, retry: "never" });
  }
  return content;
}
