/** What a destination repository has of an image, before anything is sent there. */

import { mapLimited, type WalkedManifest } from "../../copy/walk.ts";
import { untilAborted } from "../../net/abort.ts";
import type { Digest } from "../../oci/digest.ts";
import type { TargetRow } from "./image-rows.ts";
import { type ImageStep, manifestWidth } from "./image-step.ts";

/** Which of these manifests the target has: one `HEAD` each. Fails with the target's failures. */
export async function presentManifests(digests: readonly Digest[], target: TargetRow, step: ImageStep): Promise<Set<Digest>> {
  const repository = step.openTarget(target);
  const found = await mapLimited(digests, manifestWidth(step), (digest) =>
    step.manifestGate.run(() => untilAborted(step.cancelled, repository.headManifest(digest))),
  );
  return new Set(digests.filter((_, index) => found[index] !== undefined));
}

/** For a deep check: blobs that other jobs have lately seen or put there are looked for all the same. */
export async function forgetBlobs(tree: readonly WalkedManifest[], target: TargetRow, step: ImageStep): Promise<void> {
  const digests = tree.flatMap(({ blobs }) => blobs.map(({ digest }) => digest));
  await untilAborted(step.cancelled, step.destination(target).release(step.holder, digests, false));
}
