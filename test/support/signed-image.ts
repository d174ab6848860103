/** An image with all that tools attach to images: at registries with the referrers API and without. */
import { send } from "./http.ts";
import { pushImage, storeImage } from "./images/deliver.ts";
import { generateArtifact, generateImage, type Image } from "./images/image.ts";
import type { FakeRegistry } from "./registry/fake-registry.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";

export interface SignedImage {
  image: Image;
  /** Everything attached, by what it is attached to. */
  attached: [subject: string, artifact: Image][];
  cosign: [tag: string, artifact: Image][];
}

/** The tag of a manifest's fallback index, or with a suffix one of cosign's. */
export const tagOf = (digest: string, suffix = "") => `${digest.replace(":", "-")}${suffix}`;

/** An index with an SBOM, which is signed, a signature of one of its platforms, and what cosign keeps in tags. */
export async function signedImage(seed: string): Promise<SignedImage> {
  const image = await generateImage({ seed, layers: [3_000, 20_000] });
  const about = ({ mediaType, digest, bytes }: Image["root"], name: string) =>
    generateArtifact({
      seed: `${seed} ${name}`,
      artifactType: `application/vnd.example.${name}`,
      subject: { mediaType, digest, size: bytes.length },
    });
  const platform = image.manifests[0] as Image["root"];
  const sbom = await about(image.root, "sbom");
  const provenance = await about(image.root, "provenance");
  const signature = await about(sbom.root, "signature");
  const ofPlatform = await about(platform, "signature-of-platform");
  const tags = [tagOf(image.root.digest, ".sig"), tagOf(image.root.digest, ".att"), tagOf(platform.digest, ".sig")];
  return {
    image,
    attached: [
      [image.root.digest, sbom],
      [image.root.digest, provenance],
      [sbom.root.digest, signature],
      [platform.digest, ofPlatform],
    ],
    cosign: await Promise.all(tags.map(async (tag): Promise<[string, Image]> => [tag, await generateArtifact({ seed: `${seed} ${tag}` })])),
  };
}

/** Pushes it as clients do. `lists`: to a registry without the referrers API, with each subject's list under its fallback tag. */
export async function pushSigned(
  url: string,
  repository: string,
  { image, attached, cosign }: SignedImage,
  { lists }: { lists: boolean },
): Promise<void> {
  await pushImage(url, repository, "1", image);
  for (const [, artifact] of attached) {
    await pushImage(url, repository, undefined, artifact);
  }
  for (const [subject, artifacts] of Map.groupBy(lists ? attached : [], ([digest]) => digest)) {
    const manifests = artifacts.map(([, { root }]) => {
      const { artifactType } = JSON.parse(root.bytes.toString()) as { artifactType: string };
      return { mediaType: root.mediaType, digest: root.digest, size: root.bytes.length, artifactType };
    });
    const body = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests });
    const { status } = await send("PUT", `${url}/v2/${repository}/manifests/${tagOf(subject)}`, {
      headers: { "content-type": INDEX },
      body,
    });
    if (status !== 201) {
      throw new Error(`the list of ${subject} could not be put: ${status}`);
    }
  }
  for (const [tag, artifact] of cosign) {
    await pushImage(url, repository, tag, artifact);
  }
}

/** Puts it into a registry with the API, where a list is made of the subjects that manifests name. */
export function storeSigned(registry: FakeRegistry, repository: string, { image, attached, cosign }: SignedImage): void {
  storeImage(registry, repository, "1", image);
  for (const [, artifact] of attached) {
    storeImage(registry, repository, undefined, artifact);
  }
  for (const [tag, artifact] of cosign) {
    storeImage(registry, repository, tag, artifact);
  }
}
