/** Content of every kind that registries hold, made from one seed. */
import { generateArtifact, generateImage, type Image } from "./image.ts";

/** Bytes of annotations that make a manifest nearly as large as registries have to take (4 MiB). */
const PADDING = 3_900_000;

const IMAGES = {
  "docker-image": (seed) => generateImage({ seed, family: "docker", index: "none", platforms: ["linux/amd64"] }),
  "docker-list": (seed) => generateImage({ seed, family: "docker" }),
  "oci-image": (seed) => generateImage({ seed, index: "none", platforms: ["linux/amd64"] }),
  "oci-index": (seed) =>
    generateImage({ seed, platforms: ["linux/amd64", "linux/arm/v7", "windows/amd64"], shared: 2, layers: [300_000, 100, 5_000] }),
  "nested-index": (seed) => generateImage({ seed, index: "nested" }),
  "attested-index": (seed) => generateImage({ seed, attestations: true }),
  "odd-json": (seed) => generateImage({ seed, formatting: "odd" }),
  "empty-layer": (seed) => generateImage({ seed, layers: [0, 1_000] }),
  "data-fields": (seed) => generateImage({ seed, inline: true }),
  "foreign-layer": (seed) => generateImage({ seed, foreignUrls: ["https://layers.example.com/base"] }),
  "large-index": (seed) => generateImage({ seed, annotations: { "org.example.padding": seed.repeat(PADDING / seed.length) } }),
  artifact: (seed) => generateArtifact({ seed, layers: [100, 70_000] }),
  "artifact-data": (seed) => generateArtifact({ seed, inline: true }),
  "artifact-bare": (seed) => generateArtifact({ seed, layers: [] }),
} as const satisfies Record<string, (seed: string) => Promise<Image>>;

/** Each also a name for a repository. */
export type Kind = keyof typeof IMAGES;

export const KINDS = Object.keys(IMAGES) as Kind[];

/** The same content for the same kind and seed. */
export function generateKind(kind: Kind, seed: string): Promise<Image> {
  return IMAGES[kind](`${seed}-${kind}`);
}
