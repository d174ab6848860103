/** Whether a destination keeps manifests under digests that are not sha256, asked before anything is brought there (Q135). */
import { algorithmOf } from "../../oci/digest.ts";
import { failureOf } from "../../oci/errors.ts";
import type { ContentTarget } from "../../oci/store.ts";
import type { ImageContent } from "./image-content.ts";
import type { TargetRow } from "./image-rows.ts";
import type { SliceContext } from "./slice-context.ts";

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
  slice: SliceContext,
): Promise<void> {
  const [odd] = slice.content
    .pendingManifests(target.id, image?.manifests)
    .flat()
    .filter((digest) => algorithmOf(digest) !== "sha256");
  const manifest = odd === undefined ? undefined : slice.content.manifest(odd);
  if (manifest === undefined) {
    return;
  }
  try {
    await slice.manifestGate.run(() => repository.putManifest(manifest, manifest.descriptor.digest));
  } catch (error) {
    if (failureOf(error).code === "unsupported") {
      throw error;
    }
    // It lacks its blobs. What else may be wrong shows when it is put in its turn.
  }
}
