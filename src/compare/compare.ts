/** `compare`: why two references have different digests (contract §4). Reads manifests and configs, never a layer. */
import { formatReference, type Reference } from "../oci/reference.ts";
import type { ContentSource } from "../oci/store.ts";
import { type ComparedSide, isIndexSide } from "./compared-side.ts";
import { type Difference, differencesOf } from "./differences.ts";
import { explanationOf } from "./explanation.ts";
import { platformsOf, type ReadRoot, readRoot, readSide, USUAL_PLATFORM } from "./read-side.ts";
import { type Sameness, samenessOf, type Verdict, verdictOf } from "./verdict.ts";

export interface SideDocument {
  reference: string;
  digest: string;
  mediaType: string;
  /** Config digest of the compared platform; null where the manifest has no config. */
  imageId: string | null;
  platforms: string[];
}

/** The answer of `GET /compare`. */
export interface Comparison {
  left: SideDocument;
  right: SideDocument;
  /** The compared platform; null where the images name none. */
  platform: string | null;
  same: Sameness;
  verdict: Verdict;
  explanation: string;
  differences: Difference[];
}

/** One end: a reference, and where it is read. */
export interface CompareEnd {
  reference: Reference;
  source: ContentSource;
}

/** Runs the work of one end; its failures say which end they belong to. */
export type WithSide = <T>(side: "left" | "right", work: () => Promise<T>) => Promise<T>;

/**
 * Compares two references, both sides side by side; three requests each at most.
 *
 * The compared platform is `platform`, else that of a single image on either side, else {@link USUAL_PLATFORM}, else the first that both have, else
 * each side's first. Fails with what reading fails with, and `not-found` where a side does not have the platform.
 */
export async function compare(left: CompareEnd, right: CompareEnd, platform: string | undefined, withSide: WithSide): Promise<Comparison> {
  const root = ({ reference, source }: CompareEnd) =>
    readRoot(formatReference(reference), reference.digest ?? reference.tag ?? "latest", source);
  const [one, other] = await Promise.all([withSide("left", () => root(left)), withSide("right", () => root(right))]);
  const sides = await readSides(one, other, left, right, platform, withSide);
  const [leftSide, rightSide] = sides;
  const verdict = verdictOf(leftSide, rightSide);
  return {
    left: sideDocument(leftSide, one),
    right: sideDocument(rightSide, other),
    platform: leftSide.image.platform ?? rightSide.image.platform ?? null,
    same: samenessOf(leftSide, rightSide),
    verdict,
    explanation: explanationOf(verdict, leftSide, rightSide),
    differences: verdict === "identical" ? [] : allDifferences(leftSide, rightSide),
  };
}

async function readSides(
  one: ReadRoot,
  other: ReadRoot,
  left: CompareEnd,
  right: CompareEnd,
  platform: string | undefined,
  withSide: WithSide,
): Promise<[ComparedSide, ComparedSide]> {
  const readLeft = (wanted: string | undefined) => withSide("left", () => readSide(one, wanted, left.source));
  const readRight = (wanted: string | undefined) => withSide("right", () => readSide(other, wanted, right.source));
  if (one.root.descriptor.digest === other.root.descriptor.digest) {
    const side = await readLeft(platform ?? chosen(one, other));
    return [side, { ...side, reference: other.reference }];
  }
  const isSingle = ({ root }: ReadRoot) => root.parsed.kind !== "index";
  if (isSingle(one) !== isSingle(other)) {
    // The single image says in its config which platform it is: the index is asked for that one.
    const [single, index, readSingle, readIndex] = isSingle(one) ? [one, other, readLeft, readRight] : [other, one, readRight, readLeft];
    const image = await readSingle(platform);
    const wanted = platform ?? childPlatform(single, index) ?? image.image.platform;
    const indexed = await readIndex(
      wanted !== undefined && platformsOf(index).includes(wanted) ? wanted : (platform ?? chosen(index, index)),
    );
    return isSingle(one) ? [image, indexed] : [indexed, image];
  }
  const wanted = platform ?? chosen(one, other);
  return await Promise.all([readLeft(wanted), readRight(wanted)]);
}

/** The platform under which an index has the very manifest. */
function childPlatform(single: ReadRoot, { children }: ReadRoot): string | undefined {
  const child = children.find(({ digest }) => digest === single.root.descriptor.digest);
  return child?.platform === undefined ? undefined : platformsOf({ ...single, children: [child] })[0];
}

function chosen(one: ReadRoot, other: ReadRoot): string | undefined {
  const [here, there] = [platformsOf(one), platformsOf(other)];
  const both = here.filter((name) => there.includes(name));
  return both.includes(USUAL_PLATFORM) ? USUAL_PLATFORM : both[0];
}

function allDifferences(left: ComparedSide, right: ComparedSide): Difference[] {
  const bothIndexes = isIndexSide(left) && isIndexSide(right);
  const mediaType = ({ root }: ComparedSide) => ({ mediaType: root.descriptor.mediaType });
  return [
    ...(isIndexSide(left) === isIndexSide(right) ? [] : differencesOf("root", mediaType(left), mediaType(right))),
    ...(bothIndexes ? differencesOf("index", left.root.json, right.root.json) : []),
    ...differencesOf("manifest", left.image.json, right.image.json),
    ...(left.image.config === undefined || right.image.config === undefined
      ? []
      : differencesOf("config", left.image.config, right.image.config)),
  ];
}

function sideDocument({ reference, root, image }: ComparedSide, read: ReadRoot): SideDocument {
  return {
    reference,
    digest: root.descriptor.digest,
    mediaType: root.descriptor.mediaType,
    imageId: image.parsed.config?.digest ?? null,
    platforms: root.parsed.kind === "index" ? platformsOf(read) : image.platform === undefined ? [] : [image.platform],
  };
}
