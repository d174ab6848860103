/** The sentences about the two images that were compared. Pure. */
import { formatPlatform, isSameMachine, matchesPlatform } from "../oci/platform.ts";
import type { ImageComparison } from "./image-relation.ts";
import { type ComparedImage, imageIdOf, nameOf } from "./read-image.ts";
import type { ComparedSide } from "./read-sides.ts";
import { sameJson } from "./same-config.ts";
import type { Pair } from "./sides.ts";
import type { Judgement } from "./verdict.ts";
import { counted, listed } from "./wording.ts";

interface ImagePair {
  left: ComparedImage;
  right: ComparedImage;
  facts: ImageComparison;
}

/** Says what is the same in both images, what is not, and what makes such a difference. */
export function explainImages(sides: Pair<ComparedSide>, { images, indexes, indexSide }: Judgement): string[] {
  const { left, right } = { left: sides.left.image, right: sides.right.image };
  if (left === undefined || right === undefined || images === undefined) {
    return ["There is no image on both sides whose layers could be compared."];
  }
  const pair = { left, right, facts: images };
  const hasChoice = sides.left.outline !== undefined || sides.right.outline !== undefined;
  const which = hasChoice && indexSide === undefined ? [comparedSentence(left, right, indexes !== undefined)] : [];
  switch (images.relation) {
    case "identical":
      return indexSide === undefined ? [...which, `Its manifest is the same on both sides. ${idSentence(pair)}`] : [idSentence(pair)];
    case "reserialized":
      return [...which, idSentence(pair), ...reserializedSentences(pair)];
    case "recompressed":
      return [...which, idSentence(pair), ...recompressedSentences(pair)];
    case "same-layers-new-config":
      return [...which, ...newConfigSentences(pair)];
    case "shared-layers":
      return [...which, ...sharedSentences(pair)];
    case "unrelated":
      return [...which, "No layer of one is in the other, packed or unpacked: these are different images, not different copies of one."];
  }
}

/** Which images were chosen out of an index or two. */
function comparedSentence(left: ComparedImage, right: ComparedImage, areIndexes: boolean): string {
  const [one, other] = [left.platform, right.platform];
  if (one === undefined || other === undefined) {
    return areIndexes ? "One image of each index was compared." : "";
  }
  const names = [formatPlatform(one), formatPlatform(other)];
  if (matchesPlatform(one, other) || matchesPlatform(other, one)) {
    return `${names[0]} was compared.`;
  }
  const compared = `${names[0]} at left was compared with ${names[1]} at right`;
  if (left.manifest.content.descriptor.digest === right.manifest.content.descriptor.digest) {
    return `${compared}: one manifest, which the two list for different platforms.`;
  }
  const machine = isSameMachine(one, other) ? "the same architecture, but " : "";
  return `${compared}: ${machine}no platform is on both sides.`;
}

function idSentence({ left, right, facts }: ImagePair): string {
  const [id, other] = [imageIdOf(left), imageIdOf(right)];
  if (left.config === undefined || right.config === undefined || id === null || other === null) {
    return id !== null && id === other ? `The config ${id} is the same.` : "";
  }
  if (facts.sameImageId) {
    return `The image ID (the digest of the config) is ${id} on both sides, so it is the same image.`;
  }
  return facts.sameConfig
    ? `The image IDs (the digests of the configs) differ, ${id} at left and ${other} at right, but only since the config was written anew: it says the same.`
    : `The image IDs (the digests of the configs) differ too, ${id} at left and ${other} at right${changedFields(left, right)}.`;
}

function reserializedSentences({ left, right }: ImagePair): string[] {
  const same = left.layers.length === 0 ? "There are no layers" : `The layers are the same, ${counted(left.layers.length, "blob")}`;
  const type = ({ manifest }: ComparedImage) => manifest.content.descriptor.mediaType;
  if (type(left) !== type(right)) {
    return [
      `${same}; the manifest was converted (media type ${type(left)} at left, ${type(right)} at right): other bytes, so another digest.`,
    ];
  }
  const fields = changedNames(left.manifest.body, right.manifest.body);
  if (fields.length > 0) {
    return [`${same}; the manifest differs in ${listed(fields)}.`];
  }
  const isOrdered = JSON.stringify(left.manifest.body) === JSON.stringify(right.manifest.body);
  const how = isOrdered ? "only white space differs" : "white space or the order of fields differs";
  return [`${same}; the manifest says the same, ${how}, and a digest is of the very bytes.`];
}

function recompressedSentences({ left, right, facts }: ImagePair): string[] {
  const rightDigests = new Set(right.layers.map(({ digest }) => digest));
  const packed = left.layers.filter(({ digest }) => !rightDigests.has(digest)).length;
  const kinds = [compressionsOf(left), compressionsOf(right)] as const;
  const how = kinds[0] === kinds[1] ? "with another compressor or level" : `${kinds[0]} at left, ${kinds[1]} at right`;
  const cause =
    "That is what a pull followed by a push does: docker pull unpacks the layers and throws the manifest away, docker push packs them again and writes a new manifest. The digest does not depend on the registry.";
  return [
    `The diff IDs (the digests of the unpacked layers) are the same, so the content is, but ${packed} of ${counted(left.layers.length, "layer")} ${packed === 1 ? "was" : "were"} compressed again (${how}): other bytes, so other layer digests, and with them another manifest digest.`,
    facts.sameConfig ? cause : "It was built again from the same files, or its config was edited on the way.",
  ];
}

function newConfigSentences({ left, right, facts }: ImagePair): string[] {
  const { length } = left.layers;
  if (length === 0) {
    return [idSentence({ left, right, facts })];
  }
  const same = `${length === 1 ? "The only layer is" : `All ${length} layers are`} the same, byte for byte`;
  if (facts.sameConfig) {
    return [`${same}, and so is the config; the manifest differs in ${listed(changedNames(left.manifest.body, right.manifest.body))}.`];
  }
  return [
    `${same}.`,
    idSentence({ left, right, facts }),
    "The image was built again from the same layers with other settings, or labels, times or the like were edited afterwards.",
  ];
}

function sharedSentences({ left, right, facts }: ImagePair): string[] {
  const some = facts.counted === 1 ? "The only layer at left" : `${facts.shared} of the ${facts.counted} layers at left`;
  const base =
    facts.base === 0
      ? ""
      : `, ${facts.base === 1 ? "the first one" : `the first ${facts.base}`} in the same place, as with a common base image`;
  return [
    `${some} ${facts.shared === 1 ? "is" : "are"} at right too${base}; ${restOf({ left, right, facts })}.`,
    `These are two images${nameOf(left) === nameOf(right) ? ", such as two versions or builds of one" : ""}.`,
  ];
}

/** What is to be said of the layers that are not shared. */
function restOf({ left, right, facts }: ImagePair): string {
  const more = right.layers.length - left.layers.length;
  if (facts.shared < facts.counted) {
    return "the rest is other content";
  }
  return more > 0 ? `at right there ${more === 1 ? "is" : "are"} ${counted(more, "layer")} more` : "in another order or number";
}

/** What the layers' media types say of their compression. */
function compressionsOf({ layers }: ComparedImage): string {
  const kinds = layers.map(({ mediaType }) => /[+.](zstd|gzip)$/.exec(mediaType)?.[1] ?? "not compressed");
  return [...new Set(kinds)].sort().join(" and ");
}

function changedFields(left: ComparedImage, right: ComparedImage): string {
  const names = left.config === undefined || right.config === undefined ? [] : changedNames(left.config, right.config);
  return names.length === 0 ? "" : ` (${listed(names)} ${names.length === 1 ? "differs" : "differ"})`;
}

/** Names of the top fields that differ, and of those of `config`, which holds what a container starts with. */
function changedNames(left: Readonly<Record<string, unknown>>, right: Readonly<Record<string, unknown>>): string[] {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
  return names.filter((name) => !sameJson(left[name] ?? null, right[name] ?? null));
}
