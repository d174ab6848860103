/** What a repository holds, as anybody can read it: to compare what two copiers have made of one request. */
import { send } from "./http.ts";
import { sha256 } from "./registry/digest.ts";
import type { Descriptor, ManifestBody } from "./registry/manifest-rules.ts";

const ACCEPT = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** The tag of a fallback index. Its digest is its writer's own: what counts is what it lists. */
const FALLBACK = /^sha256-[0-9a-f]{64}$/;

export interface RepositoryState {
  /** Digest of the manifest under each tag; under a fallback tag its entries, sorted by digest. */
  tags: Record<string, string | Descriptor[]>;
  /** Digests of all manifests that the tags lead to, and of their blobs, sorted; all of them are there. */
  manifests: string[];
  blobs: string[];
}

/** Reads a repository of a registry without a login. Fails where a manifest or blob that something names is missing, or has another digest. */
export async function repositoryState(url: string, repository: string): Promise<RepositoryState> {
  const base = `${url}/v2/${repository}`;
  const { body } = await send("GET", `${base}/tags/list`);
  const { tags: names } = JSON.parse(body.toString()) as { tags: string[] };
  const [manifests, blobs] = [new Set<string>(), new Set<string>()];
  const tags: RepositoryState["tags"] = {};
  for (const tag of names.sort()) {
    const { digest, content } = await readManifest(base, tag);
    const isList = FALLBACK.test(tag);
    tags[tag] = isList ? [...(content.manifests ?? [])].sort((a, b) => (a.digest < b.digest ? -1 : 1)) : digest;
    await collect(base, isList ? { ...content } : content, manifests, blobs);
    if (!isList) {
      manifests.add(digest);
    }
  }
  for (const blob of blobs) {
    const { status } = await send("HEAD", `${base}/blobs/${blob}`);
    if (status !== 200) {
      throw new Error(`${repository} lacks the blob ${blob}`);
    }
  }
  return { tags, manifests: [...manifests].sort(), blobs: [...blobs].sort() };
}

async function collect(
  base: string,
  { config, layers = [], manifests = [] }: ManifestBody,
  seen: Set<string>,
  blobs: Set<string>,
): Promise<void> {
  for (const blob of [...(config === undefined ? [] : [config]), ...layers]) {
    // A layer that is kept elsewhere may be here too, and need not.
    if (blob.urls === undefined || (await send("HEAD", `${base}/blobs/${blob.digest}`)).status === 200) {
      blobs.add(blob.digest);
    }
  }
  for (const { digest } of manifests) {
    if (!seen.has(digest)) {
      seen.add(digest);
      await collect(base, (await readManifest(base, digest)).content, seen, blobs);
    }
  }
}

async function readManifest(base: string, reference: string): Promise<{ digest: string; content: ManifestBody }> {
  const { status, body } = await send("GET", `${base}/manifests/${reference}`, { headers: { accept: ACCEPT } });
  const digest = sha256(body);
  if (status !== 200 || (reference.startsWith("sha256:") && reference !== digest)) {
    throw new Error(`${base}/manifests/${reference}: ${status}, ${digest}`);
  }
  return { digest, content: JSON.parse(body.toString()) as ManifestBody };
}
