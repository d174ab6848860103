/** Second step of an image: reads its tree of manifests once and notes what every destination repository needs of it. */
import { untilAborted } from "../copy/carry.ts";
import { mapLimited, type WalkedManifest, walkTree } from "../copy/walk.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { inlineContent } from "../oci/inline-content.ts";
import { isManifest } from "../oci/media-types.ts";
import type { Reference } from "../oci/reference.ts";
import type { ManifestContent } from "../oci/store.ts";
import type { DestinationRow, TargetRow } from "./image-rows.ts";
import { type ImageStep, isSameRepository, manifestWidth } from "./image-step.ts";

/** Notes what one target needs of the image, once. Fails with the target's failures. */
export type PlanTarget = (target: TargetRow, pending: readonly DestinationRow[]) => Promise<void>;

/**
 * Stores the manifests that the targets need of the image; those that are stored already are not read again. Fails with the source's
 * failures.
 *
 * In the source's own repository, and in one that has the image under another tag, everything but the tag is there, so only the root
 * is read. A target whose tag holds another image probably has some of the children: they are asked for first, and the blobs of those
 * it has are not. One that has no such tag is asked nothing, since every answer would be no.
 */
export async function planImage(source: Reference, root: Descriptor, targets: readonly TargetRow[], step: ImageStep): Promise<PlanTarget> {
  const { cancelled, content } = step;
  const repository = step.openSource(source);
  const read = async (descriptor: Descriptor) =>
    content.manifest(descriptor.digest) ??
    inlineManifest(descriptor) ??
    (await untilAborted(cancelled, repository.fetchManifest(descriptor.digest)));
  const isPlanned = ({ id }: TargetRow) => content.isWanted(id, root.digest);
  const needsAll = (target: TargetRow) => !isPlanned(target) && !isSameRepository(target, source);
  const tree = targets.some(needsAll) ? await walkTree(root, read) : [{ content: await read(root), children: [], blobs: [], rank: 0 }];
  for (const manifest of tree) {
    content.addManifest(manifest.content, manifest.rank);
  }
  return async (target, pending) => {
    if (isPlanned(target)) {
      return;
    }
    const needed = needsAll(target) ? tree : tree.slice(-1);
    const hasTag = pending.some(({ digest }) => digest !== null);
    const present = hasTag ? await presentChildren(needed, root, target, step) : new Set<Digest>();
    // From here on without a pause: a target is planned as a whole or not at all.
    for (const manifest of needed) {
      const { digest } = manifest.content.descriptor;
      content.wantManifest(target.id, digest, present.has(digest));
      for (const blob of present.has(digest) || isSameRepository(target, source) ? [] : manifest.blobs) {
        step.blobs.want(target.id, blob);
      }
    }
    step.forward();
  };
}

/** A manifest that its parent carries. One whose type is no manifest's is asked for: the registry's answer tells what it is. */
function inlineManifest(descriptor: Descriptor): ManifestContent | undefined {
  const bytes = isManifest(descriptor.mediaType) ? inlineContent(descriptor) : undefined;
  const { digest, mediaType, size } = descriptor;
  return bytes && { descriptor: { digest, mediaType, size }, bytes };
}

/** Which child manifests the target has. */
async function presentChildren(
  tree: readonly WalkedManifest[],
  root: Descriptor,
  target: TargetRow,
  step: ImageStep,
): Promise<Set<Digest>> {
  const repository = step.openTarget(target);
  const children = tree.map(({ content }) => content.descriptor.digest).filter((digest) => digest !== root.digest);
  const found = await mapLimited(children, manifestWidth(step), (digest) =>
    step.manifestGate.run(() => untilAborted(step.cancelled, repository.headManifest(digest))),
  );
  return new Set(children.filter((_, index) => found[index] !== undefined));
}
