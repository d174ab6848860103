/** Whether a destination keeps manifests under digests that are not sha256, asked before anything is brought there (Q135). */

import { algorithmOf } from "../../oci/digest.ts";
import { failureOf } from "../../oci/errors.ts";
import type { ContentTarget } from "../../oci/store.ts";
import type { TargetRow } from "../images/image-rows.ts";
import type { ImageStep } from "../images/image-step.ts";
import type { ImageContent } from "../within.ts";

/**
 * Puts one such manifest by its digest, before anything that it needs is there, and so without being taken: only whether its digest is refused is
 * looked at. Most images have none, and nothing is asked then.
 *
 * Fails with `unsupported` where the digest is refused.
 */
export async function probeDigests(
  target: TargetRow,
  image: ImageContent | undefined,
  repository: ContentTarget,
  step: ImageStep,
): Promise<void> {
  const [odd] = step.content
    .pendingManifests(target.id, image?.manifests)
    .flat()
    .filter((digest) => algorithmOf(digest) !== "sha256");
  const manifest = odd === undefined ? undefined : step.content.manifest(odd);
  if (manifest === undefined) {
    return;
  }
  try {
    await step.manifestGate.run(() => repository.putManifest(manifest, manifest.descriptor.digest));
  } catch (error) {
    if (failureOf(error).code === "unsupported") {
      throw error;
    }
    // It lacks its blobs. What else may be wrong shows when it is put in its turn.
  }
}
