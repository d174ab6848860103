/** Everything that is content: artifacts, odd indexes, foreign layers, other digests, large manifests. */
import { describe, expect, it, test } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { expectArrived, expectNothing, expectNoUploads } from "../support/copied-image.ts";
import { copy, freshName, registry, requestKinds, twoRegistries } from "../support/copy-service.ts";
import type { ImageSummary } from "../support/images/deliver.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";
const FOREIGN = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";

type Descriptor = ImageSummary["blobs"][number] & { data?: string; urls?: string[] };

const bytesOf = (text: string) => Uint8Array.from(new TextEncoder().encode(text));
const describedAs = (mediaType: string, bytes: Uint8Array, algorithm?: "sha512"): Descriptor => ({
  mediaType,
  digest: digestOf(bytes, algorithm),
  size: bytes.byteLength,
});

/** Stores a blob and describes it. */
async function putBlob(at: RemoteRegistry, name: string, mediaType: string, text: string): Promise<Descriptor> {
  const bytes = bytesOf(text);
  await at.putBlob(name, bytes);
  return describedAs(mediaType, bytes);
}

/** Stores a manifest, under its digest where there is no tag, and describes it. */
async function putManifest(
  at: RemoteRegistry,
  name: string,
  tag: string | undefined,
  mediaType: string,
  fields: object,
): Promise<Descriptor> {
  const bytes = bytesOf(JSON.stringify({ schemaVersion: 2, mediaType, ...fields }));
  const descriptor = describedAs(mediaType, bytes);
  await at.putManifest(name, tag ?? descriptor.digest, mediaType, bytes);
  return descriptor;
}

const configOf = (at: RemoteRegistry, name: string) => putBlob(at, name, "application/vnd.oci.image.config.v1+json", `{"of":"${name}"}`);

describe("artifacts arrive as they are:", () => {
  it.each([
    [
      "a Helm chart",
      "application/vnd.cncf.helm.config.v1+json",
      ["application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/vnd.cncf.helm.chart.provenance.v1.prov"],
    ],
    ["a Wasm module", "application/vnd.wasm.config.v0+json", ["application/wasm"]],
    ["a model", "application/vnd.ollama.model.config", ["application/vnd.ollama.image.model", "application/vnd.ollama.image.license"]],
    ["something that nobody knows", "application/x-config; unheard=of", ["text/plain;charset=utf-8"]],
  ])("%s", async (_, configType, layerTypes) => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const config = await putBlob(from, name, configType, `{"kind":"${configType}"}`);
    const layers = await Promise.all(layerTypes.map((mediaType) => putBlob(from, name, mediaType, `content of ${mediaType}`)));
    const manifest = await putManifest(from, name, "1", MANIFEST, { config, layers, annotations: { "org.example": "as it is" } });

    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}`);

    expect(job).toMatchObject({ status: "succeeded", digest: manifest.digest });
    await expectArrived({ manifests: [manifest], blobs: [config, ...layers] }, { at: from, name }, { at: to, name });
  });
});

describe("content that its descriptor carries", () => {
  const empty = { ...describedAs("application/vnd.oci.empty.v1+json", bytesOf("{}")), data: "e30=" };

  test("is not asked for at the source, a config as little as a manifest", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    // The source does not even have it.
    const manifest = await putManifest(from, name, undefined, MANIFEST, {
      artifactType: "application/vnd.example",
      config: empty,
      layers: [empty],
    });
    const child = await from.manifest(name, manifest.digest);
    const data = btoa(new TextDecoder().decode(child?.bytes));
    const index = await putManifest(from, name, "1", INDEX, { manifests: [{ ...manifest, data }] });

    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}`);

    expect(job).toMatchObject({ status: "succeeded", progress: { manifests: { total: 2 }, blobs: { total: 1, copied: 1 } } });
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1, "GET manifest": 1 });
    await expectArrived({ manifests: [manifest, index], blobs: [empty] }, { at: from, name }, { at: to, name });
  });

  test("is asked for where the descriptor carries something else", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const config = await putBlob(from, name, empty.mediaType, "{}");
    const manifest = await putManifest(from, name, "1", MANIFEST, { config: { ...config, data: btoa("[]") }, layers: [] });

    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}`);

    expect(job).toMatchObject({ status: "succeeded" });
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1, "GET manifest": 1, "GET blob": 1 });
    await expectArrived({ manifests: [manifest], blobs: [config] }, { at: from, name }, { at: to, name });
  });
});

test("Q124: an index's children that are no manifests go as blobs", async () => {
  const [from, to] = await twoRegistries({}, { quirks: { sparseIndexes: true } });
  const name = freshName();
  const strange = await putBlob(from, name, "application/vnd.example.sbom", "a list of parts");
  const image = await putManifest(from, name, undefined, MANIFEST, { config: await configOf(from, name), layers: [] });
  const index = await putManifest(from, name, "1", INDEX, { manifests: [image, strange] });

  const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}`);

  expect(job).toMatchObject({ status: "succeeded", digest: index.digest, progress: { manifests: { total: 2 }, blobs: { total: 2 } } });
  await expectArrived({ manifests: [image, index], blobs: [strange] }, { at: from, name }, { at: to, name });
});

describe("layers that are to be had elsewhere", () => {
  async function putForeign(from: RemoteRegistry, name: string, urls: string[], stored: boolean) {
    const bytes = bytesOf(`base of ${name}`);
    const layer = { ...describedAs(FOREIGN, bytes), urls };
    if (stored) {
      await from.putBlob(name, bytes);
    }
    const config = await configOf(from, name);
    return { layer, config, manifest: await putManifest(from, name, "1", MANIFEST, { config, layers: [layer] }) };
  }

  test("stay there", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const { layer } = await putForeign(from, name, ["https://example.com/layer"], true);

    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}`);

    expect(job).toMatchObject({ status: "succeeded", progress: { blobs: { total: 1 } } });
    expect(await to.blob(name, layer.digest)).toBeUndefined();
  });

  test("are copied from the source where that has them, if that is asked for", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const { layer, config, manifest } = await putForeign(from, name, ["https://example.com/layer"], true);

    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}`, { foreignLayers: "copy" });

    expect(job).toMatchObject({ status: "succeeded", progress: { blobs: { total: 2, copied: 2 } } });
    await expectArrived({ manifests: [manifest], blobs: [config, layer] }, { at: from, name }, { at: to, name });
  });

  test("are fetched from their own place where it does not, the first that has them", async () => {
    const [from, to] = await twoRegistries();
    const elsewhere = await registry();
    const name = freshName();
    const path = (repository: string) => `${elsewhere.url}/v2/${repository}/blobs/${digestOf(bytesOf(`base of ${name}`))}`;
    await elsewhere.putBlob("there", bytesOf(`base of ${name}`));
    const { layer, config, manifest } = await putForeign(from, name, [path("not-there"), path("there")], false);

    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}`, { foreignLayers: "copy" });

    expect(job).toMatchObject({ status: "succeeded", progress: { blobs: { total: 2, copied: 2 } } });
    await expectArrived({ manifests: [manifest], blobs: [config, layer] }, { at: from, name }, { at: to, name });
    expect((await elsewhere.requests()).map(({ path: asked, headers }) => [asked.split("/")[2], headers.authorization])).toEqual([
      ["not-there", undefined],
      ["there", undefined],
    ]);
  });

  it.each([
    ["without TLS at a host that nobody allowed", "http://layers.example.com/x", "address-refused"],
    ["in the operator's own network", "https://10.0.0.1/x", "address-refused"],
    ["at a machine's metadata", "http://169.254.169.254/latest", "address-refused"],
    ["of another kind", "file:///etc/passwd", "address-refused"],
    ["that is none", "somewhere", "manifest-invalid"],
  ])("are not fetched from a place %s", async (_, url, code) => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    await putForeign(from, name, [url], false);

    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}`, { foreignLayers: "copy" });

    expect(job).toMatchObject({ status: "failed", error: { code, side: "source" } });
    expect(await to.tags(name)).toEqual({});
    await expectNoUploads(to);
  });
});

describe("sha512", () => {
  /** An image whose layer, and with `child` whose own manifest in an index, has a sha512 digest. */
  async function putSha512(from: RemoteRegistry, name: string, child: "sha256" | "sha512") {
    const layerBytes = bytesOf(`layer of ${name}`);
    const layer = describedAs(LAYER, layerBytes, "sha512");
    await from.putBlob(name, layerBytes, layer.digest);
    const config = await configOf(from, name);
    const bytes = bytesOf(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] }));
    const image = describedAs(MANIFEST, bytes, child === "sha512" ? "sha512" : undefined);
    await from.putManifest(name, image.digest, MANIFEST, bytes);
    const index = await putManifest(from, name, "1", INDEX, { manifests: [image] });
    return { manifests: [image, index], blobs: [config, layer], image };
  }

  it.each(["sha256", "sha512"] as const)("content arrives under it where the destination keeps it (child: %s)", async (child) => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await putSha512(from, name, child);

    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}`);

    expect(job).toMatchObject({ status: "succeeded", digestPreserved: true });
    for (const { digest } of image.manifests) {
      expect(await to.manifest(name, digest)).toEqual(await from.manifest(name, digest));
    }
    expect(await to.blob(name, image.blobs[1]?.digest ?? "")).toEqual(bytesOf(`layer of ${name}`));
  });

  test("a manifest is refused before anything is written where the destination would change its digest", async () => {
    const [from, to] = await twoRegistries({}, { quirks: { sha512: false } });
    const name = freshName();
    await putSha512(from, name, "sha512");

    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}`);

    expect(job).toMatchObject({ status: "failed", error: { code: "unsupported", side: "destination", registry: to.host } });
    expect(job.error?.detail).toMatch(/does not keep sha512:.*under its sha512 digest/);
    await expectNothing(to);
  });

  test("a layer is refused, and nothing is tagged", async () => {
    const [from, to] = await twoRegistries({}, { quirks: { sha512: false } });
    const name = freshName();
    await putSha512(from, name, "sha256");

    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}`);

    expect(job).toMatchObject({ status: "failed", error: { code: "unsupported", side: "destination", registry: to.host } });
    expect(await to.tags(name)).toEqual({});
    await expectNoUploads(to);
  });

  it.each([
    { what: "keeps its digest", tagParameter: true, status: "succeeded" },
    { what: "is not given one", tagParameter: false, status: "failed" },
  ])("an image that is named by it $what where a tag would change it ($tagParameter)", async ({ tagParameter, status }) => {
    const [from, to] = await twoRegistries({}, { quirks: { tagParameter } });
    const name = freshName();
    const { image } = await putSha512(from, name, "sha512");

    const job = await copy(`${from.host}/${name}@${image.digest}`, `${to.host}/${name}:named`);

    expect(job).toMatchObject({ status, error: status === "failed" ? { code: "unsupported", side: "destination" } : null });
    expect(await to.tags(name)).toEqual(status === "failed" ? {} : { named: image.digest });
  });
});

describe("a large manifest", () => {
  async function putLarge(from: RemoteRegistry, name: string, bytes: number) {
    const fields = { config: await configOf(from, name), layers: [], annotations: { padding: "" } };
    const length = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, ...fields }).length;
    return await putManifest(from, name, "1", MANIFEST, { ...fields, annotations: { padding: "x".repeat(bytes - length) } });
  }

  const MiB = 1024 * 1024;

  it.each([4 * MiB, 8 * MiB])("of %i bytes arrives where the destination takes it", async (size) => {
    const [from, to] = await twoRegistries({}, { quirks: { manifestMaxBytes: 8 * MiB } });
    const name = freshName();
    const manifest = await putLarge(from, name, size);

    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}`);

    expect(job).toMatchObject({ status: "succeeded", digest: manifest.digest });
    expect(digestOf((await to.manifest(name, "1"))?.bytes ?? new Uint8Array())).toBe(manifest.digest);
  });

  it.each([
    {
      what: "the destination's own limit",
      size: 4 * MiB + 1,
      error: { code: "destination-refused", upstream: { code: "MANIFEST_INVALID" } },
    },
    { what: "what is read", size: 8 * MiB + 1, error: { code: "manifest-invalid", side: "source" } },
  ])("past $what is refused, and nothing is tagged", async ({ size, error }) => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    await putLarge(from, name, size);

    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}`);

    expect(job).toMatchObject({ status: "failed", error });
    expect(await to.tags(name)).toEqual({});
  });
});
