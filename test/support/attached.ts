/** Things attached to manifests at a fake registry: by their subject, by the fallback tag, by cosign's tags. */
import { digestOf } from "../../src/oci/digest.ts";
import { OCI_INDEX } from "../../src/oci/media-types.ts";
import type { ImageSummary } from "./images/deliver.ts";
import type { RemoteRegistry } from "./registry/remote.ts";

interface Subject {
  digest: string;
  mediaType: string;
  size: number;
}

/** The top manifest of an image, as a descriptor. */
export function topOf({ manifests, digest }: ImageSummary): Subject {
  return manifests.find((manifest) => manifest.digest === digest) as Subject;
}

/** Stores an artifact about a manifest. The same `seed` gives the same artifact. */
export function attach(
  at: RemoteRegistry,
  name: string,
  subject: Subject,
  seed: string,
  artifactType = "application/vnd.example.sbom",
): Promise<ImageSummary> {
  return at.putArtifact(name, undefined, { seed, artifactType, subject: { ...subject } });
}

/** The tag of the fallback index, or with a suffix one of cosign's. */
export function digestTag(digest: string, suffix = ""): string {
  return `${digest.replace(":", "-")}${suffix}`;
}

/** A descriptor as a fallback index has it. */
export interface Entry extends Subject {
  artifactType?: string;
  annotations?: Record<string, string>;
}

/** Writes the fallback index of a subject. */
export async function putFallbackIndex(at: RemoteRegistry, name: string, subject: string, entries: readonly Entry[]): Promise<string> {
  const body = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: entries };
  return await at.putManifest(name, digestTag(subject), OCI_INDEX, new TextEncoder().encode(JSON.stringify(body)));
}

/** What the fallback index of a subject lists; `undefined` where there is none. */
export async function fallbackEntries(at: RemoteRegistry, name: string, subject: string): Promise<Entry[] | undefined> {
  const index = await at.manifest(name, digestTag(subject));
  if (index === undefined) {
    return undefined;
  }
  return (JSON.parse(new TextDecoder().decode(index.bytes)) as { manifests: Entry[] }).manifests;
}

/** A fallback index's entry for an artifact that {@link attach} made. */
export function entryOf(artifact: ImageSummary, artifactType = "application/vnd.example.sbom"): Entry {
  const { mediaType, digest, size } = topOf(artifact);
  return { mediaType, digest, size, artifactType };
}

/** What a registry with the referrers API lists. */
export async function listedByApi(at: RemoteRegistry, name: string, subject: string): Promise<string[]> {
  const response = await fetch(`${at.url}/v2/${name}/referrers/${subject}`);
  const { manifests } = (await response.json()) as { manifests: Subject[] };
  return manifests.map(({ digest }) => digest).sort();
}

/** Whether a manifest's bytes are those of its digest at a registry. */
export async function hasManifest(at: RemoteRegistry, name: string, digest: string): Promise<boolean> {
  const manifest = await at.manifest(name, digest);
  return manifest !== undefined && digestOf(manifest.bytes) === digest;
}
