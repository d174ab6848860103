/**
 * The floor that the bench compares with: the least a Worker can do to copy an image. It hands each blob's body from the
 * source's answer to the destination's upload and looks at nothing: no digest, no check, no retry, no resume. No Worker
 * can be faster, but nobody could use it.
 *
 * `POST /?source=http://host/v2/name&reference=tag&destination=http://host/v2/name`. For registries without
 * authentication. Blobs are all sent again, even those the destination has.
 */

/** Blobs on their way at once. */
const CONCURRENCY = 3;

const ACCEPT = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

interface Manifest {
  manifests?: { digest: string }[];
  config?: { digest: string };
  layers?: { digest: string }[];
}

interface Repositories {
  source: string;
  destination: string;
}

/** Copies a manifest, before it all that it names. */
async function copyManifest(at: Repositories, reference: string): Promise<void> {
  const answer = await expectOk(await fetch(`${at.source}/manifests/${reference}`, { headers: { accept: ACCEPT } }));
  const bytes = await answer.arrayBuffer();
  const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
  for (const child of manifest.manifests ?? []) {
    await copyManifest(at, child.digest);
  }
  const blobs = new Set([...(manifest.layers ?? []), ...(manifest.config ? [manifest.config] : [])].map((blob) => blob.digest));
  const queue = blobs.values();
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (const digest of queue) {
        await copyBlob(at, digest);
      }
    }),
  );
  const headers = { "content-type": answer.headers.get("content-type") ?? "" };
  await expectOk(await fetch(`${at.destination}/manifests/${reference}`, { method: "PUT", headers, body: bytes }));
}

async function copyBlob(at: Repositories, digest: string): Promise<void> {
  const [blob, session] = await Promise.all([
    fetch(`${at.source}/blobs/${digest}`),
    fetch(`${at.destination}/blobs/uploads/`, { method: "POST" }),
  ]);
  await expectOk(blob);
  await expectOk(session);
  const upload = new URL(session.headers.get("location") ?? "", at.destination);
  upload.searchParams.set("digest", digest);
  await expectOk(await fetch(upload, { method: "PUT", body: blob.body }));
}

async function expectOk(answer: Response): Promise<Response> {
  if (!answer.ok) {
    throw new Error(`${answer.url}: ${answer.status} ${await answer.text()}`);
  }
  return answer;
}

export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    if (request.method !== "POST") {
      return new Response("pass-through\n");
    }
    try {
      const at = { source: searchParams.get("source") ?? "", destination: searchParams.get("destination") ?? "" };
      await copyManifest(at, searchParams.get("reference") ?? "");
      return new Response("copied\n");
    } catch (error) {
      return new Response(`${error}\n`, { status: 502 });
    }
  },
};
