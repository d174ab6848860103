/** Brings a generated image into a registry: by HTTP into any, or straight into a fake one. */
import { authorize, type Login, send } from "../http.ts";
import type { FakeRegistry } from "../registry/fake-registry.ts";
import type { Image } from "./image.ts";

/** What an image is made of, for comparison with what arrives elsewhere. */
export interface ImageSummary {
  seed: string;
  digest: string;
  mediaType: string;
  manifests: { digest: string; mediaType: string; size: number }[];
  blobs: { digest: string; mediaType: string; size: number }[];
}

/** Describes an image without its bytes. */
export function summarize({ seed, root, manifests, blobs }: Image): ImageSummary {
  return {
    seed,
    digest: root.digest,
    mediaType: root.mediaType,
    manifests: manifests.map(({ digest, mediaType, bytes }) => ({ digest, mediaType, size: bytes.length })),
    blobs: blobs.map(({ digest, mediaType, content }) => ({ digest, mediaType, size: content.size })),
  };
}

/**
 * Pushes an image to a registry, as any client would: blobs that are not there, manifests by digest, then the tag.
 * Without a tag the root stays reachable by its digest. Fails at the first answer that is not the right one.
 */
export async function pushImage(base: string, repository: string, tag: string | undefined, image: Image, login?: Login): Promise<void> {
  const api = `${base}/v2/${repository}`;
  for (const { digest, content } of image.blobs) {
    // Anew for each blob: tokens may be short-lived, blobs long.
    const headers = await authorization(base, repository, login);
    if ((await send("HEAD", `${api}/blobs/${digest}`, { headers })).status === 200) {
      continue;
    }
    const session = await expect(202, "POST", `${api}/blobs/uploads/`, { headers });
    const location = new URL(session.headers.location ?? "", `${api}/blobs/uploads/`);
    await expect(201, "PUT", `${location}${location.search === "" ? "?" : "&"}digest=${encodeURIComponent(digest)}`, {
      headers: { ...headers, "content-type": "application/octet-stream", "content-length": String(content.size) },
      body: content.read(0, content.size),
    });
  }
  const headers = await authorization(base, repository, login);
  for (const manifest of image.manifests) {
    const reference = manifest === image.root && tag !== undefined ? tag : manifest.digest;
    await expect(201, "PUT", `${api}/manifests/${reference}`, {
      headers: { ...headers, "content-type": manifest.mediaType },
      body: manifest.bytes,
    });
  }
}

/** Puts an image into a fake registry, without any request. */
export function storeImage(registry: FakeRegistry, repository: string, tag: string | undefined, image: Image): void {
  for (const { digest, content } of image.blobs) {
    registry.putBlob(repository, content, digest);
  }
  for (const { digest, mediaType, bytes } of image.manifests) {
    registry.putManifest(repository, digest, mediaType, bytes);
  }
  if (tag !== undefined) {
    registry.putManifest(repository, tag, image.root.mediaType, image.root.bytes);
  }
}

async function authorization(base: string, repository: string, login: Login | undefined): Promise<Record<string, string>> {
  const header = await authorize(base, repository, login);
  return header === undefined ? {} : { authorization: header };
}

async function expect(status: number, method: string, url: string, request: Parameters<typeof send>[2]): ReturnType<typeof send> {
  const answer = await send(method, url, request);
  if (answer.status !== status) {
    throw new Error(`${method} ${url.split("?")[0]}: ${answer.status} ${answer.body.toString().slice(0, 500)}`);
  }
  return answer;
}
