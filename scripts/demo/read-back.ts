/** Reads an image back from a registry, with nothing of transship's own code: what arrived is hashed, not what was claimed. */
import { createHash } from "node:crypto";

/** What a registry has under a tag. */
interface ReadBack {
  /** Hash of the bytes that the tag stands for. */
  digest: string;
  bytes: Buffer;
  mediaType: string;
  /** Everything below it that was read and whose hash was its name. */
  manifests: number;
  blobs: number;
  blobBytes: number;
}

interface Child {
  digest: string;
}

interface Manifest {
  manifests?: Child[];
  config?: Child;
  layers?: Child[];
}

const ACCEPT = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** Reads all of an image. Rejects where anything is missing or is not what its digest says. */
export async function readBack(registry: string, repository: string, tag: string): Promise<ReadBack> {
  const base = `${registry}/v2/${repository}`;
  const { bytes, mediaType } = await get(`${base}/manifests/${tag}`);
  const found: ReadBack = { digest: digestOf(bytes), bytes, mediaType, manifests: 1, blobs: 0, blobBytes: 0 };
  const blobs = new Set<string>();
  await walk(bytes);
  for (const digest of blobs) {
    const blob = await getVerified(`${base}/blobs/${digest}`, digest);
    found.blobs += 1;
    found.blobBytes += blob.length;
  }
  return found;

  async function walk(manifest: Buffer): Promise<void> {
    const { manifests = [], config, layers = [] } = JSON.parse(manifest.toString()) as Manifest;
    for (const { digest } of manifests) {
      found.manifests += 1;
      await walk(await getVerified(`${base}/manifests/${digest}`, digest));
    }
    for (const { digest } of config === undefined ? layers : [config, ...layers]) {
      blobs.add(digest);
    }
  }
}

/** `sha256:` and the hash in hex. */
export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

async function getVerified(url: string, digest: string): Promise<Buffer> {
  const { bytes } = await get(url);
  if (digestOf(bytes) !== digest) {
    throw new Error(`${url} gives bytes of another digest: ${digestOf(bytes)}`);
  }
  return bytes;
}

async function get(url: string): Promise<{ bytes: Buffer; mediaType: string }> {
  const answer = await fetch(url, { headers: { accept: ACCEPT } });
  if (!answer.ok) {
    throw new Error(`${url} answers ${answer.status}`);
  }
  return { bytes: Buffer.from(await answer.arrayBuffer()), mediaType: answer.headers.get("content-type") ?? "" };
}
