/** Reads manifests of a source by digest, each once in a slice: from the job's rows, from the descriptor that names it, else from the registry. */
import { untilAborted } from "../../copy/carry.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { inlineContent } from "../../oci/inline-content.ts";
import { isManifest } from "../../oci/media-types.ts";
import type { ContentSource, ManifestContent } from "../../oci/store.ts";
import type { ImageStep } from "./image-step.ts";

export type ReadManifest = (descriptor: Descriptor) => Promise<ManifestContent>;

/** Fails with what the source fails with, and before a read while its registry's quota is to be spared; a cancel ends the wait. */
export function manifestReader(
  source: ContentSource,
  registry: string,
  { content, cancelled, admit }: Pick<ImageStep, "content" | "cancelled" | "admit">,
): ReadManifest {
  const fetchCounted = async (digest: Digest) => {
    await admit(registry, "source", "counted");
    return await source.fetchManifest(digest);
  };
  const reads = new Map<Digest, Promise<ManifestContent>>();
  const read = async (descriptor: Descriptor) =>
    content.manifest(descriptor.digest) ?? inlineManifest(descriptor) ?? (await untilAborted(cancelled, fetchCounted(descriptor.digest)));
  return (descriptor) => {
    const known = reads.get(descriptor.digest);
    if (known !== undefined) {
      return known;
    }
    const reading = read(descriptor);
    reads.set(descriptor.digest, reading);
    return reading;
  };
}

/** A manifest that its parent carries. One whose type is no manifest's is asked for: the registry's answer tells what it is. */
function inlineManifest(descriptor: Descriptor): ManifestContent | undefined {
  const bytes = isManifest(descriptor.mediaType) ? inlineContent(descriptor) : undefined;
  const { digest, mediaType, size } = descriptor;
  return bytes && { descriptor: { digest, mediaType, size }, bytes };
}
