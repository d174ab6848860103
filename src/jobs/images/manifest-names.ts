/** What a manifest names, as its row keeps it: the tree of an image can be shown when its manifests' bytes are gone. Pure. */
import type { Digest } from "../../oci/digest.ts";
import { parseManifest } from "../../oci/manifest.ts";
import { formatPlatform } from "../../oci/platform.ts";
import type { ManifestContent } from "../../oci/store.ts";

/** Most things that are kept of one manifest: an image has some hundred, and a row holds 2 MB. */
export const MAX_NAMES = 1_000;

/**
 * Characters of a media type or a platform that are kept. A type has at most 255 (RFC 6838 §4.2), yet a manifest may name one of a megabyte; in JSON
 * each is at most six bytes, so that {@link MAX_NAMES} fit into a row.
 */
const MAX_NAME_LENGTH = 255;

/** A manifest that an index names. */
export interface NamedManifest {
  digest: Digest;
  /** `os/arch[/variant]`; null where the index does not say. */
  platform: string | null;
}

/** A config or a layer that a manifest names. */
export interface NamedBlob {
  digest: Digest;
  mediaType: string;
  /** Bytes, as the manifest says. */
  size: number;
}

/** What one manifest names, each kind in the manifest's order. */
export interface ManifestNames {
  manifests: NamedManifest[];
  blobs: NamedBlob[];
}

/** What the manifest names, of each kind the first {@link MAX_NAMES}. Fails as reading a manifest does. */
export function namesOf({ bytes, descriptor }: ManifestContent): ManifestNames {
  const { manifests, blobs } = parseManifest(bytes, descriptor.mediaType);
  return {
    manifests: manifests
      .slice(0, MAX_NAMES)
      .map(({ digest, platform }) => ({ digest, platform: platform === undefined ? null : shortName(formatPlatform(platform)) })),
    blobs: blobs.slice(0, MAX_NAMES).map(({ digest, mediaType, size }) => ({ digest, mediaType: shortName(mediaType), size })),
  };
}

/** A media type or a platform as far as a row keeps it: only to be shown. */
export function shortName(text: string): string {
  return text.slice(0, MAX_NAME_LENGTH);
}
