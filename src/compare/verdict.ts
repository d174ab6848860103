/** Decides in which of seven ways two references differ (contract §4). Pure. */
import { type ComparedSide, isIndexSide, layersOf } from "./compared-side.ts";

export type Verdict =
  | "identical"
  | "single-platform-of-index"
  | "reserialized"
  | "recompressed"
  | "same-layers-new-config"
  | "shared-layers"
  | "unrelated";

/** What two sides have in common. */
export interface Sameness {
  /** The digest of what the references stand for. */
  digest: boolean;
  /** The config digest of the compared platform. */
  imageId: boolean;
  /** The digests of its layers, in order. */
  layers: boolean;
  /** The digests of its layers as they are unpacked, in order; of an artifact, which has none, those of its layers. */
  diffIds: boolean;
}

export function samenessOf(left: ComparedSide, right: ComparedSide): Sameness {
  const layers = isSameList(digestsOf(left), digestsOf(right));
  const [leftIds, rightIds] = [left.image.diffIds, right.image.diffIds];
  return {
    digest: left.root.descriptor.digest === right.root.descriptor.digest,
    imageId: left.image.parsed.config !== undefined && left.image.parsed.config.digest === right.image.parsed.config?.digest,
    layers,
    diffIds:
      leftIds === undefined && rightIds === undefined
        ? layers
        : leftIds !== undefined && rightIds !== undefined && isSameList(leftIds, rightIds),
  };
}

/**
 * The first that is true, in this order:
 *
 * 1. `identical`: one digest.
 * 2. `single-platform-of-index`: one side is an index, the other one of its images: the very manifest, or another with the same config (image ID).
 * 3. `reserialized`: the same content under a manifest or index that was written anew.
 * 4. `recompressed`: the layers are the same only as they are unpacked.
 * 5. `same-layers-new-config`: the same layers under another config.
 * 6. `shared-layers`: a layer in common, packed or unpacked; or, of two indexes, an image.
 * 7. `unrelated`.
 */
export function verdictOf(left: ComparedSide, right: ComparedSide): Verdict {
  const same = samenessOf(left, right);
  if (same.digest) {
    return "identical";
  }
  const bothIndexes = isIndexSide(left) && isIndexSide(right);
  if (isIndexSide(left) !== isIndexSide(right)) {
    const [index, single] = isIndexSide(left) ? [left, right] : [right, left];
    if (same.imageId || index.children.some(({ digest }) => digest === single.root.descriptor.digest)) {
      return "single-platform-of-index";
    }
  }
  if (bothIndexes && isSameSet(childrenOf(left), childrenOf(right))) {
    return "reserialized";
  }
  const oneImage = left.image.descriptor.digest === right.image.descriptor.digest;
  if (bothIndexes && oneImage) {
    return "shared-layers";
  }
  if (same.imageId && same.layers) {
    return "reserialized";
  }
  if (same.diffIds && !same.layers) {
    return "recompressed";
  }
  if (same.layers && layersOf(left.image).length > 0) {
    return "same-layers-new-config";
  }
  return shares(left, right) ? "shared-layers" : "unrelated";
}

/** Layers that both have, packed or unpacked. */
export function sharedLayers(left: ComparedSide, right: ComparedSide): number {
  const [packed, unpacked] = [new Set(digestsOf(right)), new Set(right.image.diffIds ?? [])];
  return digestsOf(left).filter((digest, index) => packed.has(digest) || unpacked.has(left.image.diffIds?.[index] ?? "")).length;
}

/** Images that two indexes have in common. */
export function sharedChildren(left: ComparedSide, right: ComparedSide): number {
  const there = new Set(childrenOf(right));
  return childrenOf(left).filter((digest) => there.has(digest)).length;
}

function shares(left: ComparedSide, right: ComparedSide): boolean {
  return sharedLayers(left, right) > 0 || (isIndexSide(left) && isIndexSide(right) && sharedChildren(left, right) > 0);
}

function digestsOf({ image }: ComparedSide): string[] {
  return layersOf(image).map(({ digest }) => digest);
}

function childrenOf({ root }: ComparedSide): string[] {
  return root.parsed.manifests.map(({ digest }) => digest);
}

function isSameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index]);
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  const [one, other] = [new Set(left), new Set(right)];
  return one.size === other.size && [...one].every((item) => other.has(item));
}
