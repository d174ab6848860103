/** One side of a comparison: what its reference stands for, and the image of one platform in it. */
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { ParsedManifest } from "../oci/manifest.ts";
import type { JsonRecord } from "../oci/manifest-json.ts";

/** A manifest that was read: as fields, and as the JSON that they were read from. */
export interface ReadManifest {
  descriptor: Descriptor;
  parsed: ParsedManifest;
  json: JsonRecord;
}

/** The image of one platform: its manifest and, where it has one that is JSON, its config. */
export interface ReadImage extends ReadManifest {
  /** `os/arch[/variant]`, or `undefined` where neither index nor config says. */
  platform: string | undefined;
  config: JsonRecord | undefined;
  /** `rootfs.diff_ids` of the config: digests of the layers as they are unpacked. `undefined` where there are none: an artifact. */
  diffIds: readonly string[] | undefined;
}

export interface ComparedSide {
  /** The full reference. */
  reference: string;
  root: ReadManifest;
  /** The children of an index, in its order, or one with the image itself. */
  children: readonly { digest: Digest; platform: string | undefined }[];
  image: ReadImage;
}

/** The image's layers, without its config. */
export function layersOf({ parsed }: ReadManifest): Descriptor[] {
  return parsed.blobs.filter(({ digest }) => digest !== parsed.config?.digest);
}

export function isIndexSide({ root }: ComparedSide): boolean {
  return root.parsed.kind === "index";
}
