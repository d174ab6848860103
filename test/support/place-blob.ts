/** The whole ladder for one blob, as a carrier goes down it. */
import { lookForBlob, type Placement, type PlaceOptions, sendBlob } from "../../src/copy/place-blob.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import type { BlobSource, ContentTarget } from "../../src/oci/store.ts";

export async function placeBlob(blob: Descriptor, source: BlobSource, target: ContentTarget, options: PlaceOptions): Promise<Placement> {
  const found = await lookForBlob(blob, target, options);
  if (typeof found === "string") {
    return found;
  }
  await sendBlob(blob, source, target, options, found.begun);
  return "copied";
}
