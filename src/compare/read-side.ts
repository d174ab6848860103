/** Reads what a comparison needs of one reference: its manifest, and one platform's manifest and config. Three requests at most, and never a layer. */
import { readCapped } from "../net/capped-body.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, digestOf } from "../oci/digest.ts";
import { CopyError } from "../oci/errors.ts";
import { parseManifest } from "../oci/manifest.ts";
import { isRecord, type JsonRecord, parseJsonObject } from "../oci/manifest-json.ts";
import { formatPlatform, matchesPlatform, parsePlatform } from "../oci/platform.ts";
import type { ContentSource, ManifestContent } from "../oci/store.ts";
import type { ComparedSide, ReadImage, ReadManifest } from "./compared-side.ts";

/** Largest config that is read, in bytes: those of images have some KiB, and a manifest may have no more either. */
export const MAX_CONFIG_BYTES = 8 * 1024 * 1024;

/** The platform that is compared where nobody says another (contract §4). */
export const USUAL_PLATFORM = "linux/amd64";

/** What a reference stands for, before a platform is chosen. */
export interface ReadRoot {
  reference: string;
  root: ReadManifest;
  /** Children of an index that are images, in its order; empty where the root is an image itself. */
  children: readonly Descriptor[];
}

/** Reads the manifest that a tag or digest stands for. */
export async function readRoot(reference: string, tagOrDigest: string, source: ContentSource): Promise<ReadRoot> {
  const root = readContent(await source.fetchManifest(tagOrDigest));
  // Attestations and other attachments are children for no platform.
  const children = root.parsed.manifests.filter(({ platform }) => platform === undefined || platform.os !== "unknown");
  if (root.parsed.kind === "index" && children.length === 0) {
    throw new CopyError({
      code: "unsupported",
      message: `${reference} is an index without images; there is nothing to compare`,
      retry: "never",
    });
  }
  return { reference, root, children };
}

/** The platforms that an index names; one without a platform counts as none. */
export function platformsOf({ children }: ReadRoot): string[] {
  return [...new Set(children.flatMap(({ platform }) => (platform === undefined ? [] : [formatPlatform(platform)])))];
}

/** Reads the image of a platform, or of the first child where `platform` is `undefined`. Fails with `not-found` and the platforms that there are. */
export async function readSide(read: ReadRoot, platform: string | undefined, source: ContentSource): Promise<ComparedSide> {
  const { reference, root, children } = read;
  const names = children.map((child) => ({ digest: child.digest, platform: child.platform && formatPlatform(child.platform) }));
  if (root.parsed.kind !== "index") {
    const image = await readImage(root, undefined, source);
    refuseOther(image, platform, reference);
    return { reference, root, children: [{ digest: root.descriptor.digest, platform: image.platform }], image };
  }
  const child =
    platform === undefined ? children[0] : children.find((one) => one.platform && matchesPlatform(parsePlatform(platform), one.platform));
  if (child === undefined) {
    throw new CopyError({
      code: "not-found",
      message: `${reference} has no image for ${platform}; it has ${platformsOf(read).join(", ") || "none that names its platform"}`,
      retry: "never",
    });
  }
  const manifest = readContent(await source.fetchManifest(child.digest));
  return { reference, root, children: names, image: await readImage(manifest, child.platform && formatPlatform(child.platform), source) };
}

/** The platform of a single image stands in its config. */
function refuseOther({ platform }: ReadImage, wanted: string | undefined, reference: string): void {
  if (wanted !== undefined && platform !== undefined && !matchesPlatform(parsePlatform(wanted), parsePlatform(platform))) {
    throw new CopyError({ code: "not-found", message: `${reference} is an image for ${platform}, not for ${wanted}`, retry: "never" });
  }
}

async function readImage(manifest: ReadManifest, platform: string | undefined, source: ContentSource): Promise<ReadImage> {
  const descriptor = manifest.parsed.config;
  const config = descriptor === undefined ? undefined : await readConfig(descriptor, source);
  return { ...manifest, config, platform: platform ?? platformOfConfig(config), diffIds: diffIdsOf(config) };
}

/** A config is any bytes; only those of images are JSON objects, and only these are read further. */
async function readConfig(descriptor: Descriptor, source: ContentSource): Promise<JsonRecord | undefined> {
  if (descriptor.size > MAX_CONFIG_BYTES) {
    throw new CopyError({
      code: "unsupported",
      message: `The config ${descriptor.digest} is larger than ${MAX_CONFIG_BYTES} bytes`,
      retry: "never",
    });
  }
  const { stream } = await source.openBlob(descriptor, 0);
  const { bytes } = await readCapped(new Response(stream), MAX_CONFIG_BYTES);
  const digest = digestOf(bytes, algorithmOf(descriptor.digest));
  if (digest !== descriptor.digest) {
    throw new CopyError({
      code: "digest-mismatch",
      message: `The config ${descriptor.digest} came with the digest ${digest}`,
      retry: "never",
    });
  }
  try {
    return parseJsonObject(bytes);
  } catch {
    return undefined;
  }
}

function diffIdsOf(config: JsonRecord | undefined): string[] | undefined {
  const rootfs = config?.rootfs;
  const ids = isRecord(rootfs) ? rootfs.diff_ids : undefined;
  return Array.isArray(ids) && ids.every((id) => typeof id === "string") ? ids : undefined;
}

function platformOfConfig(config: JsonRecord | undefined): string | undefined {
  const { os, architecture, variant } = config ?? {};
  if (typeof os !== "string" || typeof architecture !== "string" || os === "" || architecture === "") {
    return undefined;
  }
  try {
    return formatPlatform(parsePlatform([os, architecture, ...(typeof variant === "string" && variant !== "" ? [variant] : [])].join("/")));
  } catch {
    return undefined;
  }
}

function readContent({ bytes, descriptor }: ManifestContent): ReadManifest {
  return { descriptor, parsed: parseManifest(bytes, descriptor.mediaType), json: parseJsonObject(bytes) };
}
