/** Each copy option between real registries; skopeo reads back what arrived, and does the same itself where it can. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { requestsSince } from "../support/access-log.ts";
import { type DockerRegistry, hasDockerRegistry, startDockerRegistry } from "../support/docker-registry.ts";
import { send } from "../support/http.ts";
import { pushImage, storeImage } from "../support/images/deliver.ts";
import { generateImage, type Image } from "../support/images/image.ts";
import { bytesContent } from "../support/registry/content.ts";
import type { FakeRegistry } from "../support/registry/fake-registry.ts";
import type { Descriptor, ManifestBody } from "../support/registry/manifest-rules.ts";
import { startRegistry } from "../support/registry/server.ts";
import { ServiceClient } from "../support/service-client.ts";
import { hasSkopeo, readBack, skopeoInspectRaw } from "../support/skopeo.ts";
import { startWorker } from "../support/workerd.ts";

const run = promisify(execFile);
const missing = [...(hasSkopeo() ? [] : ["skopeo"]), ...(hasDockerRegistry() ? [] : ["docker-registry"])];
const PLATFORMS = ["linux/amd64", "linux/arm64/v8", "linux/s390x"];

const ended: (() => Promise<unknown>)[] = [];
let source: DockerRegistry;
let destination: DockerRegistry;
/** Keeps what distribution would not. */
let odd: FakeRegistry;
let service: ServiceClient;

beforeAll(async () => {
  if (missing.length > 0) {
    process.stderr.write(`copy options between real registries are not tested: not on the PATH: ${missing.join(", ")}\n`);
    return;
  }
  source = await startDockerRegistry({ accessLog: true });
  ended.push(() => source.stop());
  destination = await startDockerRegistry({ accessLog: true });
  ended.push(() => destination.stop());
  odd = await startRegistry();
  ended.push(() => odd.close());
  const permits = Object.fromEntries([source, destination, odd].map(({ host }) => [host, { http: true, private: true }]));
  const worker = await startWorker({ vars: { ALLOW_ANONYMOUS: "true", REGISTRIES: permits } });
  ended.push(() => worker.stop());
  service = new ServiceClient(worker.url);
});

afterAll(async () => {
  for (const end of ended.reverse()) {
    await end();
  }
});

beforeEach(({ skip }) => {
  if (missing.length > 0) {
    skip(`not on the PATH: ${missing.join(", ")}`);
  }
});

/** Pushes an image to the source, and gives where it is and where it is to go. */
async function pushed(name: string, image: Image): Promise<{ from: string; to: string }> {
  await pushImage(source.url, `library/${name}`, "1", image);
  return { from: `${source.host}/library/${name}:1`, to: `${destination.host}/mirror/${name}:1` };
}

const bodyOf = (bytes: Buffer) => JSON.parse(bytes.toString()) as ManifestBody;
const entriesOf = (image: Image): Descriptor[] => bodyOf(image.root.bytes).manifests ?? [];

/** What stands in the tags list; nothing where there is no such repository. */
async function tagsOf(name: string): Promise<string[]> {
  const { status, body } = await send("GET", `${destination.url}/v2/mirror/${name}/tags/list`);
  return status === 404 ? [] : ((JSON.parse(body.toString()) as { tags: string[] | null }).tags ?? []);
}

const writesIn = async (registry: DockerRegistry, mark: number) =>
  (await requestsSince(registry, mark)).filter(({ method }) => method !== "GET" && method !== "HEAD");

describe("platforms", () => {
  test("single: the manifest that skopeo takes for the platform", async () => {
    const image = await generateImage({ seed: "single", platforms: PLATFORMS, attestations: true });
    const { from, to } = await pushed("single", image);

    const job = await service.copy(from, to, { more: { platforms: ["linux/arm64"], index: "single" } });

    const peer = `${destination.host}/peer/single:1`;
    const choice = ["--override-os", "linux", "--override-arch", "arm64"];
    const tls = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    await run("skopeo", ["--insecure-policy", ...choice, "copy", "--preserve-digests", ...tls, `docker://${from}`, `docker://${peer}`]);
    const theirs = await readBack(peer);
    expect(await readBack(to)).toEqual(theirs);
    expect(job).toMatchObject({ status: "succeeded", digest: image.root.digest, digestPreserved: false });
    expect(job.images[0]?.destinations).toMatchObject([{ status: "copied", digest: theirs.digest }]);
  });

  test.each(["oci", "docker"] as const)(
    "rewrite: a smaller index that skopeo reads with all that it names, and again the same (%s)",
    async (family) => {
      const image = await generateImage({ seed: `rewrite ${family}`, platforms: PLATFORMS, family, formatting: "odd" });
      const { from, to } = await pushed(`rewrite-${family}`, image);
      const more = { platforms: ["linux/s390x", "linux/amd64"], index: "rewrite" };

      const job = await service.copy(from, to, { more });

      const arrived = await readBack(to);
      const [amd64, , s390x] = entriesOf(image);
      expect(bodyOf(await skopeoInspectRaw(to))).toEqual({ ...bodyOf(image.root.bytes), manifests: [amd64, s390x] });
      expect([...arrived.manifests.keys()].sort()).toEqual([arrived.digest, amd64?.digest, s390x?.digest].sort());
      expect(job).toMatchObject({ status: "succeeded", digestPreserved: false, images: [{ destinations: [{ digest: arrived.digest }] }] });
      const mark = destination.logs().length;
      const again = await service.copy(from, to, { more });
      expect(again.images[0]?.destinations).toMatchObject([{ status: "unchanged", digest: arrived.digest }]);
      expect(await writesIn(destination, mark)).toEqual([]);
    },
  );

  test("sparse: distribution refuses such an index, and the error says what to ask for", async () => {
    const { from, to } = await pushed("sparse", await generateImage({ seed: "sparse", platforms: PLATFORMS }));
    const mark = destination.logs().length;

    const job = await service.copy(from, to, { more: { platforms: ["linux/amd64"] } });

    expect(job).toMatchObject({ status: "failed", error: { code: "destination-refused", side: "destination" } });
    expect(job.error?.upstream).toMatchObject({ status: 400, code: "MANIFEST_BLOB_UNKNOWN" });
    expect(job.error?.detail).toMatch(/index "single".*"rewrite"/);
    expect(await tagsOf("sparse")).toEqual([]);
    const tagged = (await requestsSince(destination, mark)).filter(({ path, method }) => method === "PUT" && path.endsWith("/manifests/1"));
    expect(tagged).toHaveLength(1);
  });

  test("one that is not there: the others are named, nothing is written", async () => {
    const { from, to } = await pushed("none", await generateImage({ seed: "none", platforms: PLATFORMS }));
    const mark = destination.logs().length;

    const job = await service.copy(from, to, { more: { platforms: ["linux/riscv64"], index: "rewrite" } });

    expect(job).toMatchObject({ status: "failed", error: { code: "not-found", side: "source" } });
    expect(job.error?.detail).toContain("linux/amd64, linux/arm64/v8, linux/s390x");
    expect(await writesIn(destination, mark)).toEqual([]);
  });
});

test("check: deep brings back what garbage collection took", async () => {
  const image = await generateImage({ seed: "deep", platforms: PLATFORMS });
  const { from, to } = await pushed("deep", image);
  await service.copy(from, to);
  const [amd64] = entriesOf(image);
  const layer = image.blobs[0]?.digest ?? "";
  for (const path of [`manifests/${amd64?.digest}`, `blobs/${layer}`]) {
    expect((await send("DELETE", `${destination.url}/v2/mirror/deep/${path}`)).status).toBe(202);
  }
  await expect(readBack(to)).rejects.toThrow();

  expect((await service.copy(from, to)).images[0]?.destinations).toMatchObject([{ status: "unchanged" }]);
  const job = await service.copy(from, to, { more: { check: "deep" } });

  expect(job.images[0]?.destinations).toMatchObject([{ status: "copied", digest: image.root.digest }]);
  expect(job.progress.blobs).toMatchObject({ total: image.blobs.length, copied: 1, existing: image.blobs.length - 1 });
  expect(await readBack(to)).toEqual(await readBack(from));
});

test("overwrite: never leaves a tag as it is", async () => {
  const older = await generateImage({ seed: "older" });
  const { from, to } = await pushed("kept", older);
  await service.copy(from, to);
  await pushImage(source.url, "library/kept", "1", await generateImage({ seed: "newer" }));

  const job = await service.copy(from, to, { more: { overwrite: "never" } });

  expect(job).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "skipped", digest: older.root.digest }] }] });
  expect(await skopeoInspectRaw(to)).toEqual(older.root.bytes);
});

test("a dry run writes nothing, and the copy then does what it said", async () => {
  const image = await generateImage({ seed: "dry", platforms: PLATFORMS, layers: [100_000, 20_000] });
  const { from, to } = await pushed("dry", image);
  const mark = destination.logs().length;

  const planned = await service.copy(from, to, { more: { dryRun: true } });

  expect(await writesIn(destination, mark)).toEqual([]);
  expect(await tagsOf("dry")).toEqual([]);
  expect(planned.images[0]?.destinations).toMatchObject([{ status: "copied", digest: image.root.digest }]);
  const { progress } = await service.copy(from, to);
  expect(planned.plan).toEqual({
    manifests: { put: progress.manifests.total, existing: 0 },
    tags: 1,
    blobs: { copy: progress.blobs.copied, mount: 0, existing: 0 },
    bytes: { copy: progress.bytes.copied },
  });
});

describe("sha512", () => {
  /** An image of one layer that is named by its sha512; its own manifest, in an index, by the given one. */
  function sha512Image(seed: string, algorithm: "sha256" | "sha512"): Image {
    const digestOf = (bytes: Buffer, by: string) => `${by}:${createHash(by).update(bytes).digest("hex")}`;
    const blob = (mediaType: string, text: string, by: string) => {
      const bytes = Buffer.from(text);
      return { mediaType, digest: digestOf(bytes, by), size: bytes.length, content: bytesContent([bytes]) };
    };
    const config = blob("application/vnd.oci.image.config.v1+json", `{"os":"linux","architecture":"amd64","of":"${seed}"}`, "sha256");
    const layer = blob("application/vnd.oci.image.layer.v1.tar", `layer of ${seed}`, "sha512");
    const manifest = (mediaType: string, fields: object, by: string) => {
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...fields }));
      return { mediaType, digest: digestOf(bytes, by), bytes };
    };
    const plain = ({ mediaType, digest, size }: typeof config) => ({ mediaType, digest, size });
    const image = manifest("application/vnd.oci.image.manifest.v1+json", { config: plain(config), layers: [plain(layer)] }, algorithm);
    const child = { mediaType: image.mediaType, digest: image.digest, size: image.bytes.length };
    const root = manifest("application/vnd.oci.image.index.v1+json", { manifests: [child] }, "sha256");
    return { seed, root, manifests: [image, root], blobs: [config, layer] };
  }

  test("a layer is found under it at distribution", async () => {
    const image = sha512Image("kept", "sha256");
    const { from, to } = await pushed("sha512", image);

    expect(await service.copy(from, to)).toMatchObject({ status: "succeeded", digestPreserved: true });

    const layer = await send("GET", `${destination.url}/v2/mirror/sha512/blobs/${image.blobs[1]?.digest}`);
    expect([layer.status, layer.body.toString()]).toEqual([200, "layer of kept"]);
  });

  test("a manifest is refused by distribution before anything is written there", async () => {
    const image = sha512Image("refused", "sha512");
    storeImage(odd, "library/sha512", "1", image);
    const mark = destination.logs().length;

    const job = await service.copy(`${odd.host}/library/sha512:1`, `${destination.host}/mirror/refused:1`);

    expect(job).toMatchObject({ status: "failed", error: { code: "unsupported", side: "destination", registry: destination.host } });
    expect(job.error?.detail).toContain("does not keep sha512:");
    const written = (await writesIn(destination, mark)).map(({ method, path, status }) => [method, path, status]);
    expect(written).toEqual([["PUT", `/v2/mirror/refused/manifests/${image.manifests[0]?.digest}`, 400]]);
  });
});
