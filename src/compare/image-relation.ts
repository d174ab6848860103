/** How two images are related: by their config, layers and diff IDs. Pure. */
import { algorithmOf, type Digest, hexOf } from "../oci/digest.ts";
import type { JsonRecord } from "../oci/manifest-json.ts";
import { DOCKER_CONFIG, DOCKER_MANIFEST } from "../oci/media-types.ts";
import type { ManifestContent } from "../oci/store.ts";
import { type ComparedImage, imageIdOf } from "./read-image.ts";
import { sameConfig, sameJson } from "./same-config.ts";

/** How two images are related, from the closest relation to none; the first that holds. */
export type ImageRelation =
  /** The same bytes. */
  | "identical"
  /** The same config and layers in another manifest. */
  | "reserialized"
  /** Other layers with the same content. */
  | "recompressed"
  /** The same layers under another config, or under the same one in a manifest that stands for something else. */
  | "same-layers-new-config"
  /** Some layers in common. */
  | "shared-layers"
  /** No layer in common, but for empty ones. */
  | "unrelated";

/** What two images have in common. */
export interface ImageComparison {
  relation: ImageRelation;
  /** The same config, or one that says the same in other bytes. */
  sameConfig: boolean;
  /** The same config digest. */
  sameImageId: boolean;
  /** The same layer digests in the same order. */
  sameLayers: boolean;
  /** The same content of all layers, in the same order: by diff IDs, or since the layers are the same. */
  sameDiffIds: boolean;
  /** How many of left's layers are at right too, by digest or diff ID. Empty ones don't count. */
  shared: number;
  /** How many of left's layers are not empty. */
  counted: number;
  /** How many layers, from the first, are the same on both sides. */
  base: number;
  /** One has Docker's media types and the other OCI's. */
  isConverted: boolean;
}

/** Layers that say nothing of where an image comes from: the empty tar, gzipped and not, and OCI's `{}` for artifacts without content. */
const EMPTY_LAYERS: ReadonlySet<string> = new Set([
  "a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4",
  "4f4fb700ef54461cfa02571ae0db9a0dc1e0cdb5577484a6d75e68dc38e8acc1",
  "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
  "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
]);

/** Fields by which artifacts differ that have the same config, most often `{}`. */
const IDENTITY_FIELDS = ["artifactType", "subject"];

/** Compares two images, or artifacts, by what their manifests and configs say. */
export function compareImages(left: ComparedImage, right: ComparedImage): ImageComparison {
  const [leftKeys, rightKeys] = [layerKeys(left), layerKeys(right)];
  const sameLayers = sameList(leftKeys.digests, rightKeys.digests);
  // Some tools list no diff IDs, whatever the layers are: two such lists are the same and say nothing.
  const sameDiffIds = sameLayers || (isComplete(leftKeys) && isComplete(rightKeys) && sameList(leftKeys.diffIds, rightKeys.diffIds));
  const isConverted = isDocker(left) !== isDocker(right);
  const atRight = new Set([...rightKeys.digests, ...rightKeys.diffIds]);
  const isAtRight = (index: number) => atRight.has(leftKeys.digests[index] ?? "") || atRight.has(leftKeys.diffIds[index] ?? "");
  const counted = leftKeys.digests.flatMap((_, index) => (isEmptyLayer(leftKeys, index) ? [] : [index]));
  const firstOther = leftKeys.digests.findIndex((digest, index) => {
    const diffId = leftKeys.diffIds[index];
    return digest !== rightKeys.digests[index] && (diffId === undefined || diffId !== rightKeys.diffIds[index]);
  });
  const facts = {
    sameConfig: hasSameConfig(left, right, isConverted),
    sameImageId: imageIdOf(left) !== null && imageIdOf(left) === imageIdOf(right),
    sameLayers,
    sameDiffIds,
    shared: counted.filter(isAtRight).length,
    counted: counted.length,
    base: firstOther === -1 ? leftKeys.digests.length : firstOther,
    isConverted,
  };
  return { relation: relationOf(left, right, facts), ...facts };
}

function relationOf(left: ComparedImage, right: ComparedImage, facts: Omit<ImageComparison, "relation">): ImageRelation {
  if (sameContent(left.manifest.content, right.manifest.content)) {
    return "identical";
  }
  if (facts.sameConfig && facts.sameLayers && hasSameIdentity(left, right, facts.counted === 0)) {
    return "reserialized";
  }
  // Artifacts without content all have the same empty layer, or none, which says nothing of them. Images with the same layers hold the same files, be it none.
  if (facts.shared === 0 && !areImages(left, right)) {
    return "unrelated";
  }
  if (facts.sameLayers) {
    return "same-layers-new-config";
  }
  if (facts.sameDiffIds) {
    return "recompressed";
  }
  return facts.shared === 0 ? "unrelated" : "shared-layers";
}

function areImages(left: ComparedImage, right: ComparedImage): boolean {
  return left.config !== undefined && right.config !== undefined;
}

/** Whether two manifests are the same bytes, also where their digests are of two algorithms. */
export function sameContent(left: ManifestContent, right: ManifestContent): boolean {
  if (algorithmOf(left.descriptor.digest) === algorithmOf(right.descriptor.digest)) {
    return left.descriptor.digest === right.descriptor.digest;
  }
  return left.bytes.byteLength === right.bytes.byteLength && left.bytes.every((byte, index) => byte === right.bytes[index]);
}

/** Whether a manifest has Docker's media types, itself or, where it was pushed without one, by its config's. */
function isDocker({ manifest }: ComparedImage): boolean {
  return manifest.content.descriptor.mediaType === DOCKER_MANIFEST || manifest.parsed.config?.mediaType === DOCKER_CONFIG;
}

function hasSameConfig(left: ComparedImage, right: ComparedImage, isConverted: boolean): boolean {
  const [leftId, rightId] = [imageIdOf(left), imageIdOf(right)];
  if (leftId === rightId) {
    return true;
  }
  return left.config !== undefined && right.config !== undefined && sameConfig(left.config, right.config, isConverted);
}

/** Artifacts may keep what they are outside of config and layers; those without content keep all of it there. */
function hasSameIdentity(left: ComparedImage, right: ComparedImage, isEmpty: boolean): boolean {
  const fields = isEmpty ? [...IDENTITY_FIELDS, "annotations"] : IDENTITY_FIELDS;
  return (
    areImages(left, right) || fields.every((field) => sameJson(fieldOf(left.manifest.body, field), fieldOf(right.manifest.body, field)))
  );
}

function fieldOf(body: JsonRecord, field: string): unknown {
  return body[field] ?? null;
}

interface LayerKeys {
  digests: readonly string[];
  /** Beside the digests, or empty where they don't belong to them one by one. */
  diffIds: readonly string[];
}

function layerKeys({ layers, diffIds = [] }: ComparedImage): LayerKeys {
  return { digests: layers.map(({ digest }) => digest), diffIds: diffIds.length === layers.length ? diffIds : [] };
}

function isComplete({ digests, diffIds }: LayerKeys): boolean {
  return diffIds.length === digests.length;
}

function isEmptyLayer({ digests, diffIds }: LayerKeys, index: number): boolean {
  return [digests[index], diffIds[index]].some((digest) => digest?.startsWith("sha256:") && EMPTY_LAYERS.has(hexOf(digest as Digest)));
}

function sameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((each, index) => each === right[index]);
}
