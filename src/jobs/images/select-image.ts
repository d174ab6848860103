/** What a job copies of an image: all of it, or the platforms that were asked for. */
import { readBlob } from "../../copy/read-blob.ts";
import { type Selection, selectAll, selectPlatforms } from "../../copy/select-platforms.ts";
import { untilAborted } from "../../net/abort.ts";
import { configPlatform } from "../../oci/config.ts";
import type { Descriptor, Platform } from "../../oci/descriptor.ts";
import type { ParsedManifest } from "../../oci/manifest.ts";
import { parsePlatform } from "../../oci/platform.ts";
import type { ContentSource } from "../../oci/store.ts";
import type { CopyRequest } from "../../request/copy-request.ts";
import type { ImageRow } from "./image-rows.ts";
import type { ReadManifest } from "./read-manifest.ts";
import type { SliceContext } from "./slice-context.ts";

/**
 * Chooses what is copied, and notes under which manifest.
 *
 * What was read and made for that is kept in the job's rows, so that the next slice chooses the same without a request. Fails as
 * `selectPlatforms` does, and with the source's failures.
 */
export async function selectImage(
  image: ImageRow,
  root: Descriptor,
  source: ContentSource,
  readManifest: ReadManifest,
  slice: SliceContext,
): Promise<Selection> {
  const { platforms, index = "sparse", tags } = slice.request;
  if (platforms === undefined) {
    return selectAll(root);
  }
  const selection = await selectPlatforms(
    root,
    { platforms: platforms.map(parsePlatform), index, takesArtifacts: tags !== undefined },
    {
      readManifest: async (descriptor) => {
        const content = await readManifest(descriptor);
        slice.content.addManifest(content);
        return content;
      },
      platformOf: (parsed) => platformOf(parsed, source, slice),
    },
  );
  for (const made of selection.made) {
    slice.content.addManifest(made);
  }
  slice.images.selected(image.id, selection.root);
  return selection;
}

/** Whether what is tagged is another manifest than the source's. Until it is known, what the request says. */
export function changesDigest({ digest, root }: ImageRow, { index = "sparse" }: CopyRequest): boolean {
  return root === null ? index !== "sparse" : root.digest !== digest;
}

async function platformOf({ config }: ParsedManifest, source: ContentSource, slice: SliceContext): Promise<Platform | undefined> {
  return config === undefined ? undefined : await configPlatform(config, (blob) => untilAborted(slice.cancelled, readBlob(blob, source)));
}
