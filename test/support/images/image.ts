/** Images for tests, the same for the same seed: layers of any size, in the shapes that registries are full of. */
import type { Descriptor } from "../registry/manifest-rules.ts";
import type { Filling } from "./generated-bytes.ts";
import { type Family, type ImageBlob, ImageMaker, type ImageManifest } from "./image-maker.ts";
import { chooseSeed } from "./seed.ts";

export interface ImageOptions {
  /** @default `TEST_SEED`, else a new one, printed */
  seed?: string;
  /** `os/arch[/variant]`. @default linux/amd64 and linux/arm64/v8 */
  platforms?: readonly string[];
  /** An index over the platforms, one within another, or none: then there must be one platform. @default "flat" */
  index?: "flat" | "nested" | "none";
  /** Sizes of each platform's layers in bytes; 0 is allowed. @default two of 4 KiB */
  layers?: readonly number[];
  /** How many of the layers, from the first, are the same for every platform. @default 1 */
  shared?: number;
  /** @default "random" */
  filling?: Filling;
  /** Media types of OCI or of Docker. @default "oci" */
  family?: Family;
  /** How the JSON is written; `odd` is valid, and like nobody's. @default "compact" */
  formatting?: "compact" | "odd";
  /** For each platform also a child for `unknown/unknown` with an in-toto statement, as BuildKit does. @default false */
  attestations?: boolean;
  /** Gives the first platform a layer that is not distributed, with these addresses. */
  foreignUrls?: readonly string[];
  /** Of the top index. */
  annotations?: Record<string, string>;
  /** Puts configs into their descriptors too, in `data`. @default false */
  inline?: boolean;
}

export interface ArtifactOptions {
  /** @default `TEST_SEED`, else a new one, printed */
  seed?: string;
  /** @default "application/vnd.example.thing" */
  artifactType?: string;
  /** Sizes in bytes; none is allowed. @default one of 100 bytes */
  layers?: readonly number[];
  /** What the artifact refers to. */
  subject?: Descriptor;
  /** Puts the config into its descriptor too, in `data`. @default false */
  inline?: boolean;
}

export interface Image {
  seed: string;
  /** What the tag is to stand for: the last of `manifests`. */
  root: ImageManifest;
  /** Every manifest and index once, children before parents. */
  manifests: ImageManifest[];
  /** Every blob once. */
  blobs: ImageBlob[];
}

/** Makes an image. Its layers take no memory: they are made whenever they are read, once here for their digests. */
export async function generateImage(options: ImageOptions = {}): Promise<Image> {
  const { platforms = ["linux/amd64", "linux/arm64/v8"], layers = [4096, 4096], shared = 1, index = "flat" } = options;
  const { family = "oci", filling = "random", formatting = "compact", inline = false } = options;
  const seed = chooseSeed(options.seed);
  const maker = new ImageMaker({ seed, family, filling, formatting, inline });
  const children: Descriptor[] = [];
  for (const platform of platforms) {
    const blobs: Descriptor[] = [];
    for (const [number, size] of layers.entries()) {
      blobs.push(await maker.layer(number < shared ? `layer ${number}` : `layer ${number} of ${platform}`, size));
    }
    if (options.foreignUrls !== undefined && children.length === 0) {
      blobs.push(maker.foreignLayer(options.foreignUrls));
    }
    children.push(maker.image(platform, blobs));
  }
  if (index === "none" && children.length !== 1) {
    throw new Error("an image without an index has exactly one platform");
  }
  if (options.attestations) {
    children.push(...children.map((child) => maker.attestation(child)));
  }
  if (index === "flat") {
    maker.index(children, options.annotations);
  } else if (index === "nested") {
    maker.index([maker.index(children)], options.annotations);
  }
  return finished(seed, maker);
}

/** Makes an artifact as ORAS and Helm do: the empty config `{}`, any type, layers of any kind or none. */
export async function generateArtifact(options: ArtifactOptions = {}): Promise<Image> {
  const seed = chooseSeed(options.seed);
  const maker = new ImageMaker({ seed, family: "oci", filling: "random", formatting: "compact", inline: options.inline ?? false });
  const layers: Descriptor[] = [];
  for (const [number, size] of (options.layers ?? [100]).entries()) {
    layers.push(await maker.layer(`artifact ${number}`, size, "application/octet-stream"));
  }
  maker.artifact(options.artifactType ?? "application/vnd.example.thing", layers, options.subject);
  return finished(seed, maker);
}

function finished(seed: string, { manifests, blobs }: ImageMaker): Image {
  const root = manifests.at(-1);
  if (root === undefined) {
    throw new Error("nothing was made");
  }
  return { seed, root, manifests, blobs };
}
