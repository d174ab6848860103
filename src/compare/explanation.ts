/** Says in words why two digests differ, to somebody who thought they would not. Pure. */
import { type ComparedSide, isIndexSide, layersOf } from "./compared-side.ts";
import { samenessOf, sharedChildren, sharedLayers, type Verdict } from "./verdict.ts";

/** The explanation of a verdict: what each digest is of, what happened, and how to copy so that it does not. */
export function explanationOf(verdict: Verdict, left: ComparedSide, right: ComparedSide): string {
  return [
    whatHappened(verdict, left, right),
    ...(verdict === "identical" || verdict === "unrelated" ? [] : [advice(verdict, left, right)]),
  ].join(" ");
}

function whatHappened(verdict: Verdict, left: ComparedSide, right: ComparedSide): string {
  const same = samenessOf(left, right);
  switch (verdict) {
    case "identical":
      return `Both references stand for the same bytes: ${describe(left)}, digest ${left.root.descriptor.digest}.`;
    case "single-platform-of-index":
      return singlePlatform(left, right);
    case "reserialized":
      return isIndexSide(left)
        ? `Both are indexes over the same ${left.root.parsed.manifests.length} manifests, written differently (${reserializedHow(left, right)}). A digest is of the very bytes, so the indexes' digests differ although the images do not.`
        : `Both manifests name the same config (image ID ${imageId(left)}) and the same layers, and are written differently (${reserializedHow(left, right)}). A digest is of the manifest's very bytes, so it differs although the image does not.`;
    case "recompressed":
      return `The layers are the same files compressed in another way: unpacked they are equal (diff IDs), packed they are not (layer digests)${same.imageId ? `, and the image ID ${imageId(left)} is the same, since a config names diff IDs only` : ""}. The manifest names the packed layers, so its digest differs. This is what unpacking and packing again does: docker pull and docker push, or a tool that converts or recompresses.`;
    case "same-layers-new-config":
      return `Both have the same ${count(layersOf(left.image).length, "layer")}, but different configs (image IDs ${imageId(left)} and ${imageId(right)}): the image was built or committed again on the same files, with another time, environment, entry point or label. The manifest names the config, so its digest differs too.`;
    case "shared-layers":
      return shared(left, right);
    case "unrelated":
      return `The two have nothing in common: ${describe(left)} at left, ${describe(right)} at right, no layer of one is in the other, packed or unpacked. They are different images, not different copies of one.`;
  }
}

function singlePlatform(left: ComparedSide, right: ComparedSide): string {
  const [index, single, indexSide, singleSide] = isIndexSide(left) ? [left, right, "left", "right"] : [right, left, "right", "left"];
  const child = index.children.find(({ digest }) => digest === single.root.descriptor.digest);
  const platform = child?.platform ?? single.image.platform ?? index.image.platform ?? "one platform's";
  const others = index.children.length - 1;
  const digests = `The digest at ${indexSide} (${index.root.descriptor.digest}) is that of the index over all platforms, the one at ${singleSide} (${single.root.descriptor.digest}) that of the manifest of ${platform} alone.`;
  const lost = others > 0 ? ` The other ${count(others, "platform")} ${others === 1 ? "is" : "are"} not at ${singleSide}.` : "";
  if (child !== undefined) {
    return `${singleSide} is the ${platform} image of the index at ${indexSide}, byte for byte. ${digests}${lost} This is what copying a single platform does (crane --platform, skopeo copy without --all, "index": "single" here).`;
  }
  const { layers } = samenessOf(left, right);
  return `${singleSide} is the ${platform} image of the index at ${indexSide}, with a manifest written anew: the image ID (config digest ${imageId(single)}) is the same. ${digests}${lost} ${
    layers ? "The layers are the same blobs." : "The layers were compressed again: unpacked they are equal (diff IDs), packed they are not."
  } This is what docker pull and docker push do: the pull follows the index to one platform, unpacks its layers and forgets the manifest; the push packs them and writes a new manifest. The digest does not depend on the registry.`;
}

function shared(left: ComparedSide, right: ComparedSide): string {
  if (isIndexSide(left) && isIndexSide(right)) {
    const children = sharedChildren(left, right);
    const [there, here] = [left.root.parsed.manifests.length, right.root.parsed.manifests.length];
    if (children > 0) {
      return `Both are indexes, with ${count(children, "manifest")} in common; left has ${there}, right ${here}. An index names the digest of each of its manifests, so adding, removing or replacing one changes the index's own digest.`;
    }
  }
  const layers = sharedLayers(left, right);
  return `The images have ${count(layers, "layer")} in common; left has ${layersOf(left.image).length}, right ${layersOf(right.image).length}. They are different images on a common base, or different builds of one.`;
}

function reserializedHow(left: ComparedSide, right: ComparedSide): string {
  const [one, other] = isIndexSide(left) ? [left.root, right.root] : [left.image, right.image];
  if (one.parsed.mediaType !== other.parsed.mediaType) {
    return `media type ${one.parsed.mediaType} at left, ${other.parsed.mediaType} at right`;
  }
  if (JSON.stringify(one.json) === JSON.stringify(other.json)) {
    return "only white space";
  }
  return canonical(one.json) === canonical(other.json)
    ? "white space or the order of fields"
    : "fields beside the content, see the differences";
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function advice(verdict: Verdict, left: ComparedSide, right: ComparedSide): string {
  if (verdict === "shared-layers" || verdict === "same-layers-new-config") {
    return `If right was meant to be a copy of left, copy it without building it again: ${request(left, right)}.`;
  }
  const [from, to] = !isIndexSide(left) && isIndexSide(right) ? [right, left] : [left, right];
  return `To keep the digest, copy manifests and blobs as they are, without unpacking: ${request(from, to)}.`;
}

function request(from: ComparedSide, to: ComparedSide): string {
  return `POST /copy {"source":"${from.reference}","destination":"${to.reference.replace(/@.*$/, "")}"}`;
}

function describe(side: ComparedSide): string {
  return isIndexSide(side)
    ? `an index over ${count(side.children.length, "image")}`
    : `a manifest for ${side.image.platform ?? "no platform"}`;
}

function imageId({ image }: ComparedSide): string {
  return image.parsed.config?.digest ?? "none";
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
