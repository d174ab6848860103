/** What a compare knows of a manifest and of the image in it. Pure. */
import type { Descriptor, Platform } from "../oci/descriptor.ts";
import { parseDescriptors } from "../oci/descriptor-json.ts";
import type { Digest } from "../oci/digest.ts";
import { MAX_DESCRIPTORS, type ParsedManifest, parseManifest } from "../oci/manifest.ts";
import { invalidManifest, isAbsent, isDeeperThan, isRecord, type JsonRecord, MAX_LEVELS, parseJsonObject } from "../oci/manifest-json.ts";
import { DOCKER_CONFIG, OCI_CONFIG } from "../oci/media-types.ts";
import { formatPlatform } from "../oci/platform.ts";
import type { ManifestContent } from "../oci/store.ts";

/** A manifest or index, with the JSON that it was written as. */
export interface ComparedManifest {
  content: ManifestContent;
  parsed: ParsedManifest;
  body: JsonRecord;
}

/** An image: one platform's manifest and what its config says. An artifact has no platform and no diff IDs. */
export interface ComparedImage {
  manifest: ComparedManifest;
  /** In their order, one that stands there twice twice. */
  layers: readonly Descriptor[];
  platform?: Platform;
  /** The config's JSON; unset for artifacts, whose config is not read, and where it is not JSON. */
  config?: JsonRecord;
  /** Digests of the uncompressed layers. */
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
  return parsed.config?.mediaType === OCI_CONFIG || parsed.config?.mediaType === DOCKER_CONFIG;
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
  const platform = platformOf(fields);
  const diffIds = diffIdsOf(fields);
  return { manifest, layers, config: fields, ...(platform && { platform }), ...(diffIds && { diffIds }) };
}

/** Docker's image ID: the digest of the config. `null` where there is none. */
export function imageIdOf(image: ComparedImage | undefined): Digest | null {
  return image?.manifest.parsed.config?.digest ?? null;
}

/** The platform's name, where there is one. */
export function nameOf(image: Pick<ComparedImage, "platform"> | undefined): string | undefined {
  return image?.platform && formatPlatform(image.platform);
}

function layersOf({ layers, blobs }: JsonRecord): Descriptor[] {
  const [list, pointer] = isAbsent(layers) ? [blobs, "/blobs"] : [layers, "/layers"];
  return isAbsent(list) ? [] : parseDescriptors(list, pointer, MAX_DESCRIPTORS);
}

function configFields(bytes: Uint8Array): JsonRecord | undefined {
  try {
    const fields = parseJsonObject(bytes);
    return isDeeperThan(fields, MAX_LEVELS) ? undefined : fields;
  } catch {
    return undefined;
  }
}

function platformOf(fields: JsonRecord): Platform | undefined {
  const text = (name: string) => (typeof fields[name] === "string" && fields[name] !== "" ? fields[name] : undefined);
  const [os, architecture, variant, version] = [text("os"), text("architecture"), text("variant"), text("os.version")];
  if (os === undefined || architecture === undefined) {
    return undefined;
  }
  return { os, architecture, ...(variant && { variant }), ...(version && { "os.version": version }) };
}

function diffIdsOf({ rootfs }: JsonRecord): string[] | undefined {
  const ids = isRecord(rootfs) ? rootfs.diff_ids : undefined;
  return Array.isArray(ids) && ids.every((id) => typeof id === "string") ? ids : undefined;
}
