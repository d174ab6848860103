/** Parses what was read of a side: a manifest, and the image that it describes with its config. Pure. */
import { isImageConfig } from "../oci/config.ts";
import type { Descriptor, Platform } from "../oci/descriptor.ts";
import { parseDescriptors } from "../oci/descriptor-json.ts";
import type { Digest } from "../oci/digest.ts";
import { MAX_DESCRIPTORS, type ParsedManifest, parseManifest } from "../oci/manifest.ts";
import { invalidManifest, isAbsent, isDeeperThan, isRecord, type JsonRecord, MAX_LEVELS, parseJsonObject } from "../oci/manifest-json.ts";
import { formatPlatform } from "../oci/platform.ts";
import { readPlatform } from "../oci/platform-json.ts";
import type { ManifestContent } from "../oci/store.ts";

/** A manifest or index, with the JSON that it was written as. */
export interface ComparedManifest {
  content: ManifestContent;
  /** What a copy needs of it; here its kind, entries, config and types. */
  parsed: ParsedManifest;
  /** Its JSON, in which fields are compared that a copy needs nothing of. */
  body: JsonRecord;
}

/** An image: one platform's manifest and what its config says. An artifact has no platform and no diff IDs. */
export interface ComparedImage {
  manifest: ComparedManifest;
  /** In the manifest's order; a layer that it names twice is here twice. */
  layers: readonly Descriptor[];
  /** As its config says it, unless an index says it otherwise. */
  platform?: Platform;
  /** The config's JSON; unset for artifacts, whose config is not read, and where it is not JSON. */
  config?: JsonRecord;
  /** Digests of the uncompressed layers (OCI image spec, config.md, `rootfs.diff_ids`); unset where the config has none. */
  diffIds?: readonly string[];
}

/** Parses what was read. Fails as `parseManifest` does, and with `manifest-invalid` where the JSON is nested too deeply to be compared. */
export function comparedManifest(content: ManifestContent): ComparedManifest {
  const parsed = parseManifest(content.bytes, content.descriptor.mediaType);
  const body = parseJsonObject(content.bytes);
  if (isDeeperThan(body, MAX_LEVELS)) {
    throw invalidManifest(`It has more than ${MAX_LEVELS} levels`);
  }
  return { content, parsed, body };
}

/** Whether the config is an image's, so that there are diff IDs in it. Others (Helm, Wasm, `{}`) are compared by their digest only. */
export function hasImageConfig({ parsed }: ComparedManifest): boolean {
  return parsed.config !== undefined && isImageConfig(parsed.config);
}

/**
 * Puts manifest and config together. `config` is the bytes of an image's config, else unset; one that can't be read tells nothing, and
 * the manifests can be compared all the same.
 */
export function comparedImage(manifest: ComparedManifest, config: Uint8Array | undefined): ComparedImage {
  const layers = layersOf(manifest.body);
  const fields = config === undefined ? undefined : configFields(config);
  if (fields === undefined) {
    return { manifest, layers };
  }
  const platform = unlessInvalid(() => readPlatform(fields, "/config"));
  const diffIds = diffIdsOf(fields);
  return { manifest, layers, config: fields, ...(platform && { platform }), ...(diffIds && { diffIds }) };
}

/** Gives Docker's image ID: the digest of the config. `null` where there is none. */
export function imageIdOf(image: ComparedImage | undefined): Digest | null {
  return image?.manifest.parsed.config?.digest ?? null;
}

/** Gives the image's platform as text, where it has one. */
export function nameOf(image: Pick<ComparedImage, "platform"> | undefined): string | undefined {
  return image?.platform && formatPlatform(image.platform);
}

function layersOf({ layers, blobs }: JsonRecord): Descriptor[] {
  const [list, pointer] = isAbsent(layers) ? [blobs, "/blobs"] : [layers, "/layers"];
  return isAbsent(list) ? [] : parseDescriptors(list, pointer, MAX_DESCRIPTORS);
}

function configFields(bytes: Uint8Array): JsonRecord | undefined {
  const fields = unlessInvalid(() => parseJsonObject(bytes));
  return fields === undefined || isDeeperThan(fields, MAX_LEVELS) ? undefined : fields;
}

function unlessInvalid<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function diffIdsOf({ rootfs }: JsonRecord): string[] | undefined {
  const ids = isRecord(rootfs) ? rootfs.diff_ids : undefined;
  return Array.isArray(ids) && ids.every((id) => typeof id === "string") ? ids : undefined;
}
