/** Reads manifests of a source by digest, each once in a slice: from the job's rows, from the descriptor that names it, else from the registry. */
import { MAX_REFERRERS } from "../../copy/find-referrers.ts";
import { MAX_MANIFESTS, MAX_TREE_BYTES } from "../../copy/walk.ts";
import { untilAborted } from "../../net/abort.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { CopyError } from "../../oci/errors.ts";
import { inlineContent } from "../../oci/inline-content.ts";
import { MAX_MANIFEST_BYTES } from "../../oci/manifest.ts";
import { isManifest } from "../../oci/media-types.ts";
import type { ContentSource, ManifestContent } from "../../oci/store.ts";
import type { SliceContext } from "./slice-context.ts";

/** Bytes of manifests that are read of one image, with everything that is attached to it: all of them are in memory. More than the walk of a tree allows. */
const MAX_READ_BYTES = MAX_TREE_BYTES + MAX_MANIFEST_BYTES;

/** Manifests of one image, with everything that is attached to it. */
const MAX_READS = MAX_MANIFESTS + MAX_REFERRERS;

/** Manifests that may be read before they are kept with the job: what a process that dies in the middle of a large index costs. */
const KEPT_AFTER = 32;

/** Gives a manifest of the source, by the descriptor that names it; asked twice, it is read once. Fails as {@link manifestReader} says. */
export type ReadManifest = (descriptor: Descriptor) => Promise<ManifestContent>;

/**
 * What was fetched is kept with the job where a read fails, so that a source that asks for patience in the middle of an index is not asked for the same
 * again; else whoever plans with it keeps it.
 *
 * Fails with what the source fails with, and before a read while its registry's quota is to be spared; a cancel ends the wait. Fails with
 * `unsupported` past the limits above, a failure that no walk takes for a sign that something is a blob.
 */
export function manifestReader(
  source: ContentSource,
  registry: string,
  { content, cancelled, admit }: Pick<SliceContext, "content" | "cancelled" | "admit">,
): ReadManifest {
  const fetched: ManifestContent[] = [];
  let isTroubled = false;
  const keep = () => {
    for (const manifest of fetched.splice(0)) {
      content.addManifest(manifest);
    }
  };
  const fetchCounted = async (digest: Digest) => {
    try {
      await admit(registry, "source", "counted");
      const manifest = await source.fetchManifest(digest);
      fetched.push(manifest);
      return manifest;
    } catch (error) {
      isTroubled = true;
      throw error;
    } finally {
      if (isTroubled || fetched.length >= KEPT_AFTER) {
        keep();
      }
    }
  };
  const reads = new Map<Digest, Promise<ManifestContent>>();
  let bytes = 0;
  const read = async (descriptor: Descriptor) => {
    const found =
      content.manifest(descriptor.digest) ?? inlineManifest(descriptor) ?? (await untilAborted(cancelled, fetchCounted(descriptor.digest)));
    bytes += found.bytes.byteLength;
    if (bytes > MAX_READ_BYTES) {
      throw tooMuch(registry, `${MAX_READ_BYTES} bytes of manifests`);
    }
    return found;
  };
  return (descriptor) => {
    const known = reads.get(descriptor.digest);
    if (known !== undefined) {
      return known;
    }
    if (reads.size >= MAX_READS) {
      return Promise.reject(tooMuch(registry, `${MAX_READS} manifests`));
    }
    const reading = read(descriptor);
    reads.set(descriptor.digest, reading);
    return reading;
  };
}

function tooMuch(registry: string, what: string): CopyError {
  const message = `The image has more than ${what}, with those that are attached to it`;
  return new CopyError({ code: "unsupported", message, retry: "never", side: "source", registry });
}

/** A manifest that its parent carries. One whose type is no manifest's is asked for: the registry's answer tells what it is. */
function inlineManifest(descriptor: Descriptor): ManifestContent | undefined {
  const bytes = isManifest(descriptor.mediaType) ? inlineContent(descriptor) : undefined;
  const { digest, mediaType, size } = descriptor;
  return bytes && { descriptor: { digest, mediaType, size }, bytes };
}
