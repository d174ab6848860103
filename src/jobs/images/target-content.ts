/** What a destination repository has of an image, before anything is sent there. */
import type { WalkedManifest } from "../../copy/walk.ts";
import { untilAborted } from "../../net/abort.ts";
import { mapLimited } from "../../net/map-limited.ts";
import type { Digest } from "../../oci/digest.ts";
import type { TargetRow } from "./image-rows.ts";
import { manifestWidth, type SliceContext } from "./slice-context.ts";

/** Which of these manifests the target has: one `HEAD` each. Fails with the target's failures. */
export async function presentManifests(digests: readonly Digest[], target: TargetRow, slice: SliceContext): Promise<Set<Digest>> {
  const repository = slice.openTarget(target);
  const found = await mapLimited(digests, manifestWidth(slice), (digest) =>
    slice.manifestGate.run(() => untilAborted(slice.cancelled, repository.headManifest(digest))),
  );
  return new Set(digests.filter((_, index) => found[index] !== undefined));
}

/** For a deep check: blobs that other jobs have lately seen or put there are looked for all the same. */
export async function forgetBlobs(tree: readonly WalkedManifest[], target: TargetRow, slice: SliceContext): Promise<void> {
  const digests = tree.flatMap(({ blobs }) => blobs.map(({ digest }) => digest));
  await untilAborted(slice.cancelled, slice.destination(target).release(slice.holder, digests, false));
}
