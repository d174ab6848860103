/** Queries that may be limited to one image's content: a job over many tags has the content of many images in its tables. */
import type { WalkedManifest } from "../../copy/walk.ts";
import type { Digest } from "../../oci/digest.ts";
import type { CopyRequest } from "../../request/copy-request.ts";

/** The digests of one image's manifests and blobs, what is attached to it included. */
export interface ImageContent {
  manifests: readonly Digest[];
  blobs: readonly Digest[];
}

/** What belongs to the image of this tree; `undefined`, which is everything, in a job that has one image: its tree may not have been walked again. */
export function contentOf(tree: readonly WalkedManifest[], { tags }: CopyRequest): ImageContent | undefined {
  return tags === undefined
    ? undefined
    : {
        manifests: tree.map(({ content }) => content.descriptor.digest),
        blobs: tree.flatMap(({ blobs }) => blobs.map(({ digest }) => digest)),
      };
}
