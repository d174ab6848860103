/** Says in words why two digests differ: for a person who has seen two and expected one. Pure. */
import { formatReference } from "../oci/reference.ts";
import { platformsBeside, platformsOf } from "./choose-images.ts";
import { adviseCopy } from "./copy-advice.ts";
import { explainImages } from "./explain-images.ts";
import { explainIndexes } from "./explain-indexes.ts";
import { type Difference, MAX_DIFFERENCES } from "./field-differences.ts";
import { imageIdOf, nameOf } from "./read-image.ts";
import type { ComparedSide } from "./read-sides.ts";
import type { Pair, SideName } from "./sides.ts";
import type { Judgement } from "./verdict.ts";
import { counted, listed } from "./wording.ts";

/** Puts the explanation together, in plain sentences: the finding first, then what each digest is a digest of, what happened, and how to copy so that the digest stays. */
export function explain(sides: Pair<ComparedSide>, judgement: Judgement, differences: readonly Difference[]): string {
  const sentences =
    judgement.verdict === "identical"
      ? identicalSentences(sides)
      : [
          finding(sides, judgement),
          introduction("left", sides.left),
          introduction("right", sides.right),
          ...singleSentences(sides, judgement),
          ...explainImages(sides, judgement),
          ...explainIndexes(judgement),
          ...(isCutOff(differences) ? [`Only the first ${MAX_DIFFERENCES} differences of a document are listed.`] : []),
          ...adviseCopy(sides, judgement),
        ];
  return sentences.filter((sentence) => sentence !== "").join(" ");
}

function isCutOff(differences: readonly Difference[]): boolean {
  return Map.groupBy(differences, ({ document }) => document)
    .values()
    .some(({ length }) => length === MAX_DIFFERENCES);
}

function identicalSentences({ left, right }: Pair<ComparedSide>): string[] {
  const [one, other] = [left.root.content.descriptor.digest, right.root.content.descriptor.digest];
  const id = imageIdOf(left.image);
  return [
    `Both references stand for the same bytes: ${kindOf(left)}.`,
    one === other
      ? `Both have the digest ${one}.`
      : `The digests are of two algorithms, ${one} and ${other}; the bytes are the same, so nothing was changed.`,
    `A manifest names everything in it by digest, so all that it needs is the same too${id === null ? "" : `; the image ID (the digest of the config) is ${id}`}.`,
  ];
}

/** The verdict in a sentence. */
function finding(sides: Pair<ComparedSide>, { verdict, indexSide, images, indexes, subset }: Judgement): string {
  if (subset !== undefined) {
    return `${subset.side} is the index at ${subset.whole} with fewer ${subset.gone.length === 0 ? "entries" : "platforms"}.`;
  }
  switch (verdict) {
    case "identical":
      return "Both references stand for the same bytes.";
    case "single-platform-of-index": {
      const [index, one] = indexSide === "right" ? ["right", "left"] : ["left", "right"];
      const platform = nameOf(sides[indexSide ?? "left"].image);
      const how = images?.relation === "identical" ? "byte for byte" : "but its manifest was written anew";
      return `${one} is ${platform === undefined ? "an" : `the ${platform}`} image of the index at ${index}, ${how}.`;
    }
    case "reserialized":
      return indexes === undefined
        ? "The content is the same; only the manifest was written anew."
        : "The images are the same; what names them was written anew.";
    case "recompressed":
      return "The layers are the same files, compressed in another way.";
    case "same-layers-new-config":
      return sides.left.image?.layers.length === 0
        ? "Neither image has a layer, and their configs are not the same."
        : "The layers are the same, what stands around them is not.";
    case "shared-layers":
      return "The two have something in common, and are not the same.";
    case "unrelated":
      return "The two have nothing in common.";
  }
}

/** What a side's digest is a digest of. */
function introduction(side: SideName, compared: ComparedSide): string {
  const { reference, root } = compared;
  const what = root.parsed.kind === "index" ? "an index digest" : "a manifest digest";
  return `${side} (${formatReference(reference)}) is ${kindOf(compared)}; its digest ${root.content.descriptor.digest} is ${what}.`;
}

function kindOf({ root, candidates, image }: ComparedSide): string {
  const platforms = platformsOf(candidates);
  if (root.parsed.kind === "index") {
    const { length } = root.parsed.manifests;
    return `an index over ${platforms.length === 0 ? counted(length, "entry", "entries") : counted(platforms.length, "platform")}`;
  }
  if (image?.config === undefined) {
    const type = root.parsed.artifactType ?? root.parsed.config?.mediaType;
    return `the manifest of an artifact${type === undefined ? "" : ` (${type})`}`;
  }
  return `the manifest of one image${platforms[0] === undefined ? "" : `, for ${platforms[0]}`}`;
}

function singleSentences(sides: Pair<ComparedSide>, { images, indexSide }: Judgement): string[] {
  if (indexSide === undefined) {
    return [];
  }
  const oneSide = indexSide === "left" ? "right" : "left";
  const { candidates, image } = sides[indexSide];
  const others = platformsBeside(candidates, image === undefined ? [] : [image]);
  return [
    "An index and a manifest in it are different documents with different digests.",
    ...(others.length === 0 ? [] : [`The other platforms (${listed(others)}) are not in ${oneSide}.`]),
    ...(images?.relation === "identical"
      ? ['Copying one platform makes that: crane copy --platform, skopeo copy without --all, "index": "single" here.']
      : []),
  ];
}
