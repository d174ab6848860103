/** Second step of an image: reads its tree of manifests once and notes what every destination repository needs of it. */
import { untilAborted } from "../copy/carry.ts";
import { mapLimited, type WalkedManifest, walkTree } from "../copy/walk.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { Reference } from "../oci/reference.ts";
import type { DestinationRow, ImageRow, TargetRow } from "./image-rows.ts";
import { type ImageStep, isSameRepository, MANIFEST_WIDTH } from "./image-step.ts";

/**
 * Stores the image's manifests and the list of blobs for each target.
 *
 * In the source's own repository everything but the tag is there, so only the root is read. A target whose tag holds another image
 * probably has some of the children: they are asked for first, and the blobs of those it has are not. One that has no such tag is
 * asked nothing, since every answer would be no. Fails with the source's failures.
 */
export async function planImage(
  image: ImageRow,
  source: Reference,
  root: Descriptor,
  pending: readonly DestinationRow[],
  targets: readonly TargetRow[],
  step: ImageStep,
): Promise<void> {
  if (image.walked) {
    return;
  }
  const { cancelled, content } = step;
  const repository = step.openSource(source);
  const fetch = (descriptor: Descriptor) => untilAborted(cancelled, repository.fetchManifest(descriptor.digest));
  const elsewhere = targets.filter((target) => !isSameRepository(target, source));
  if (elsewhere.length === 0) {
    content.addManifest(await fetch(root), 0);
  } else {
    const tree = await walkTree(root, fetch);
    for (const manifest of tree) {
      content.addManifest(manifest.content, manifest.rank);
    }
    for (const target of elsewhere) {
      const hadTag = pending.some((row) => row.target === target.id && row.digest !== null);
      const present = hadTag ? await presentChildren(tree, root, target, step) : new Set<Digest>();
      for (const manifest of tree) {
        const { digest } = manifest.content.descriptor;
        content.wantManifest(target.id, digest, present.has(digest));
        for (const blob of present.has(digest) ? [] : manifest.blobs) {
          step.blobs.want(target.id, blob);
        }
      }
    }
  }
  for (const target of targets) {
    content.wantManifest(target.id, root.digest);
  }
  step.images.walked(image.id);
  step.forward();
}

/** Which child manifests the target has; one that can't be looked at counts as missing. */
async function presentChildren(
  tree: readonly WalkedManifest[],
  root: Descriptor,
  target: TargetRow,
  step: ImageStep,
): Promise<Set<Digest>> {
  const repository = step.openTarget(target);
  const children = tree.map(({ content }) => content.descriptor.digest).filter((digest) => digest !== root.digest);
  const found = await mapLimited(children, MANIFEST_WIDTH, (digest) => untilAborted(step.cancelled, repository.headManifest(digest)));
  return new Set(children.filter((_, index) => found[index] !== undefined));
}
