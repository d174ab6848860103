/** Which image of an index is compared with which. Pure. */
import type { Descriptor, Platform } from "../oci/descriptor.ts";
import { attestedBy, type IndexEntry, type IndexOutline, platformNames } from "../oci/index-outline.ts";
import { isManifest } from "../oci/media-types.ts";
import { matchesPlatform } from "../oci/platform.ts";
import type { ComparedImage, ComparedManifest } from "./read-image.ts";
import type { Pair, SideName } from "./sides.ts";

/** An image that a side stands for. */
export interface Candidate {
  descriptor: Descriptor;
  /** Unset where nothing says it, as with artifacts. */
  platform?: Platform;
}

/** What is compared where the caller names nothing (contract §4). */
const USUAL: Platform = { os: "linux", architecture: "amd64" };

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

/** The platforms that a side is for, as texts, each once. */
export function platformsOf(candidates: readonly Candidate[]): string[] {
  return platformNames(candidates.flatMap(({ platform }) => platform ?? []));
}

/**
 * Chooses an image of each side, so that like is compared with like.
 *
 * The wanted platform, where one is named; undefined at a side that has no image for it. Else: an image and the same image in the other's
 * index; the platform of a side that has only one; linux/amd64 where both have it; the first platform that both have. Where they have none in
 * common, each side's own linux/amd64, else its first image.
 */
export function chooseImages(candidates: Pair<readonly Candidate[]>, wanted: Platform | undefined): Pair<Candidate | undefined> {
  if (wanted !== undefined) {
    return { left: forPlatform(candidates.left, wanted), right: forPlatform(candidates.right, wanted) };
  }
  const own = (side: SideName) => forPlatform(candidates[side], USUAL) ?? candidates[side][0];
  return (
    paired(onlyOf(candidates.left), candidates.right, (left, right) => ({ left, right })) ??
    paired(onlyOf(candidates.right), candidates.left, (right, left) => ({ left, right })) ??
    common(candidates) ?? { left: own("left"), right: own("right") }
  );
}

/** The image of a side that has one only, or whose images are all for the same platform. */
function onlyOf(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.length === 1 || platformsOf(candidates).length === 1 ? candidates[0] : undefined;
}

/** The same image among the other side's, else the one for its platform. */
function paired<T>(one: Candidate | undefined, others: readonly Candidate[], pair: (one: Candidate, other: Candidate) => T): T | undefined {
  if (one === undefined) {
    return undefined;
  }
  const { descriptor, platform } = one;
  const same = others.find((candidate) => candidate.descriptor.digest === descriptor.digest);
  const other = same ?? (platform && forPlatform(others, platform)) ?? (others.length === 1 ? others[0] : undefined);
  return other && pair(one, other);
}

function common({ left, right }: Pair<readonly Candidate[]>): Pair<Candidate> | undefined {
  const pairs = left.flatMap((one) => {
    const other = one.platform && forPlatform(right, one.platform);
    return other === undefined ? [] : [{ left: one, right: other }];
  });
  return pairs.find((pair) => pair.left.platform && matchesPlatform(USUAL, pair.left.platform)) ?? pairs[0];
}

function forPlatform(candidates: readonly Candidate[], wanted: Platform): Candidate | undefined {
  return candidates.find(({ platform }) => platform !== undefined && matchesPlatform(wanted, platform));
}
