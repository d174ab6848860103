/** Which image of an index is compared with which. Pure. */
import type { Descriptor, Platform } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { attestedBy, type IndexEntry, type IndexOutline, platformNames } from "../oci/index-outline.ts";
import { isManifest } from "../oci/media-types.ts";
import { isSameMachine, matchesPlatform, platformKey } from "../oci/platform.ts";
import { type ComparedImage, type ComparedManifest, imageIdOf } from "./read-image.ts";
import type { Pair, SideName } from "./sides.ts";

/** An image that a side stands for. */
export interface Candidate {
  descriptor: Descriptor;
  /** Unset where nothing says it, as with artifacts. */
  platform?: Platform;
}

/** What is compared where the caller names nothing (contract §4). */
const USUAL: Platform = { os: "linux", architecture: "amd64" };

/**
 * Most images of each side among which a platform that both have is looked for, each with each; images have some thirty. An index that was made to
 * exhaust who reads it may name ten thousand, and the indexes within it as many each.
 */
const MAX_SEARCHED = 1000;

/** The images of one side: an index's, those of indexes within it included, without attestations; or the image itself. */
export function candidatesOf(
  root: ComparedManifest,
  outline: IndexOutline | undefined,
  image: Pick<ComparedImage, "platform"> | undefined,
): Candidate[] {
  if (outline !== undefined) {
    return outlineCandidates(outline);
  }
  const platform = image?.platform;
  return [{ descriptor: root.content.descriptor, ...(platform && { platform }) }];
}

function outlineCandidates({ entries }: IndexOutline): Candidate[] {
  return entries.flatMap((entry) => (entry.index === undefined ? entryCandidate(entry) : outlineCandidates(entry.index)));
}

function entryCandidate({ descriptor, platform }: IndexEntry): Candidate[] {
  const isAttestation = attestedBy(descriptor) !== undefined || platform?.os === "unknown";
  return isAttestation || !isManifest(descriptor.mediaType) ? [] : [{ descriptor, ...(platform && { platform }) }];
}

/** The platforms that a side is for, as texts, each once; one that is spelt in several ways as it is spelt first. */
export function platformsOf(candidates: readonly Candidate[]): string[] {
  return platformNames(candidates.flatMap(({ platform }) => platform ?? []));
}

/** The platforms that a side is for and none of the others is, however they spell it, as texts. */
export function platformsBeside(candidates: readonly Candidate[], others: readonly { platform?: Platform }[]): string[] {
  const known = new Set(others.map(({ platform }) => platform && platformKey(platform)));
  return platformsOf(candidates.filter(({ platform }) => platform !== undefined && !known.has(platformKey(platform))));
}

/** Images of an index that differ by variant or version only, one of which may be the other side's only image. */
export interface Variants {
  /** The side of the index. */
  side: SideName;
  /** At least two, in the index's order. */
  alike: readonly Candidate[];
  /** The other side's image. */
  only: Candidate;
}

/**
 * Finds images between which platforms don't decide: the other side's image does not name a variant, or names one that is not there. Their manifests
 * do, where one of them names the same config or layers. An index may say linux/arm/v6 of an image whose config says linux/arm; converted by itself, it
 * has lost its variant. `undefined` where it is clear which image is compared.
 */
export function undecidedVariants(candidates: Pair<readonly Candidate[]>): Variants | undefined {
  return variantsAt("right", onlyOf(candidates.left), candidates.right) ?? variantsAt("left", onlyOf(candidates.right), candidates.left);
}

function variantsAt(side: SideName, only: Candidate | undefined, others: readonly Candidate[]): Variants | undefined {
  const platform = only?.platform;
  if (only === undefined || platform === undefined || sameManifest(others, only) !== undefined) {
    return undefined;
  }
  const isNamed = platform.variant !== undefined || platform["os.version"] !== undefined;
  const alike = isNamed && forPlatform(others, platform) !== undefined ? [] : forMachine(others, platform);
  return alike.length > 1 ? { side, alike, only } : undefined;
}

/**
 * Chooses an image of each side, so that like is compared with like.
 *
 * The wanted platform, where one is named; undefined at a side that has no image for it. Else: an image and the same image in the other's
 * index, by its digest, its config or its layers; the platform of a side that has only one, or another variant of it; linux/amd64 where both have it; the
 * first platform that both have. Where they have none in common, each side's own linux/amd64, else its first image.
 *
 * `images` are those of {@link undecidedVariants}, by their manifests' digests, as far as they are there.
 */
export function chooseImages(
  candidates: Pair<readonly Candidate[]>,
  wanted: Platform | undefined,
  images: ReadonlyMap<Digest, ComparedImage>,
): Pair<Candidate | undefined> {
  if (wanted !== undefined) {
    return { left: forPlatform(candidates.left, wanted), right: forPlatform(candidates.right, wanted) };
  }
  const own = (side: SideName) => forPlatform(candidates[side], USUAL) ?? candidates[side][0];
  const [left, right] = [onlyOf(candidates.left), onlyOf(candidates.right)];
  const [rightOfLeft, leftOfRight] = [counterpart(left, candidates.right, images), counterpart(right, candidates.left, images)];
  if (left !== undefined && rightOfLeft !== undefined) {
    return { left, right: rightOfLeft };
  }
  if (right !== undefined && leftOfRight !== undefined) {
    return { left: leftOfRight, right };
  }
  return common(candidates) ?? { left: own("left"), right: own("right") };
}

/** The image of a side that has one only, or whose images are all for the same platform. */
function onlyOf(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.length === 1 || platformsOf(candidates).length === 1 ? candidates[0] : undefined;
}

/** The same image among the other side's, else one for its platform, else one for its machine. */
function counterpart(
  one: Candidate | undefined,
  others: readonly Candidate[],
  images: ReadonlyMap<Digest, ComparedImage>,
): Candidate | undefined {
  if (one === undefined) {
    return undefined;
  }
  const { platform } = one;
  return (
    sameManifest(others, one) ??
    sameParts(others, one, images) ??
    (platform && (forPlatform(others, platform) ?? forMachine(others, platform)[0])) ??
    (others.length === 1 ? others[0] : undefined)
  );
}

function sameManifest(candidates: readonly Candidate[], { descriptor }: Candidate): Candidate | undefined {
  return candidates.find((candidate) => candidate.descriptor.digest === descriptor.digest);
}

/** The candidate whose manifest names the same config, else the one that names the same layers: a conversion may write the config anew. */
function sameParts(candidates: readonly Candidate[], one: Candidate, images: ReadonlyMap<Digest, ComparedImage>): Candidate | undefined {
  const imageOf = ({ descriptor }: Candidate) => images.get(descriptor.digest);
  const own = imageOf(one);
  const withSame = (partOf: (image: ComparedImage) => string | null) => {
    const part = own && partOf(own);
    const has = (image: ComparedImage | undefined) => image !== undefined && partOf(image) === part;
    return part ? candidates.find((candidate) => has(imageOf(candidate))) : undefined;
  };
  return withSame(imageIdOf) ?? withSame(({ layers }) => layers.map(({ digest }) => digest).join(" "));
}

function common({ left, right }: Pair<readonly Candidate[]>): Pair<Candidate> | undefined {
  const usual = { left: forPlatform(left, USUAL), right: forPlatform(right, USUAL) };
  if (usual.left !== undefined && usual.right !== undefined) {
    return { left: usual.left, right: usual.right };
  }
  const others = right.slice(0, MAX_SEARCHED);
  for (const one of left.slice(0, MAX_SEARCHED)) {
    const other = one.platform && forPlatform(others, one.platform);
    if (other !== undefined) {
      return { left: one, right: other };
    }
  }
  return undefined;
}

function forPlatform(candidates: readonly Candidate[], wanted: Platform): Candidate | undefined {
  return candidates.find(({ platform }) => platform !== undefined && matchesPlatform(wanted, platform));
}

/** The images for the platform's system and architecture, whatever their variant and version. */
function forMachine(candidates: readonly Candidate[], wanted: Platform): Candidate[] {
  return candidates.filter(({ platform }) => platform !== undefined && isSameMachine(wanted, platform));
}
