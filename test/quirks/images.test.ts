/** Quirks that concern a whole image: what belongs to it, the order of writing, and what is refused before anything is written. */
import { describe, expect, it } from "vitest";
import { DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from "../../src/oci/media-types.ts";
import { expectArrived } from "../support/copied-image.ts";
import { copy, freshName, registry, requestKinds, twoRegistries } from "../support/copy-service.ts";
import type { ImageOptions } from "../support/images/image.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";
import { APART, guestName } from "../support/worker-variables.ts";

const SINGLE: ImageOptions = { seed: "quirk", platforms: ["linux/amd64"], index: "none" };

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

async function putBlob(at: RemoteRegistry, name: string, text: string, mediaType: string) {
  const bytes = new TextEncoder().encode(text);
  return { mediaType, digest: await at.putBlob(name, bytes), size: bytes.byteLength };
}

async function putManifest(at: RemoteRegistry, name: string, reference: string, mediaType: string, body: object) {
  const bytes = encode({ schemaVersion: 2, mediaType, ...body });
  return { mediaType, digest: await at.putManifest(name, reference, mediaType, bytes), size: bytes.byteLength };
}

describe("what belongs to an image", () => {
  it("Q52, Q68 not a layer that is to be fetched elsewhere: nobody is asked there, with or without a login", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, "1", { ...SINGLE, foreignUrls: [`http://${from.storageHost}/storage/layer`] });
    expect(await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`)).toMatchObject({ status: "succeeded", digest: image.digest });
    expect(await from.requests({ server: "storage" })).toEqual([]);
    await expectArrived(image, { at: from, name }, { at: to, name });
  });

  it("Q68 a layer that is not to be distributed and names no other place", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const config = await putBlob(from, name, "{}", "application/vnd.docker.container.image.v1+json");
    const layer = await putBlob(from, name, "layer", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
    await putManifest(from, name, "1", DOCKER_MANIFEST, { config, layers: [layer] });
    expect(await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`)).toMatchObject({ status: "succeeded" });
    expect(await to.blob(name, layer.digest)).toBeDefined();
  });

  it("Q70 a blob that is config and layer at once, once", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const empty = await putBlob(from, name, "{}", "application/vnd.oci.empty.v1+json");
    await putManifest(from, name, "1", OCI_MANIFEST, {
      artifactType: "application/vnd.example.thing",
      config: empty,
      layers: [empty, empty],
    });
    expect(await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`)).toMatchObject({
      status: "succeeded",
      progress: { blobs: { total: 1 } },
    });
    expect(await requestKinds(to)).toEqual({ "HEAD tag": 1, "HEAD blob": 1, "POST upload": 1, "PUT upload": 1, "PUT tag": 1 });
  });

  it("Q70 but no blob of two sizes, one of which is not true", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const empty = await putBlob(from, name, "{}", "application/vnd.oci.empty.v1+json");
    await putManifest(from, name, "1", OCI_MANIFEST, { config: empty, layers: [{ ...empty, size: 3 }] });
    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`);
    expect(job).toMatchObject({ status: "failed", error: { code: "manifest-invalid", side: "source" } });
    expect(job.error?.detail).toContain("two sizes, 2 and 3");
    expect(await to.writes()).toEqual([]);
  });

  it("Q71 a layer that only its descriptor still has", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const config = await putBlob(from, freshName(), "{}", "application/vnd.oci.empty.v1+json");
    await putManifest(from, name, "1", OCI_MANIFEST, { config: { ...config, data: btoa("{}") }, layers: [] });
    expect(await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`)).toMatchObject({ status: "succeeded" });
    expect(await to.blob(name, config.digest)).toBeDefined();
    expect((await requestKinds(from))["GET blob"]).toBeUndefined();
  });

  it("Q71 a layer that is missing: it is named, and the image is not tagged", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const config = await putBlob(from, name, "{}", "application/vnd.oci.empty.v1+json");
    const layer = await putBlob(from, freshName(), "gone", "application/vnd.oci.image.layer.v1.tar");
    await putManifest(from, name, "1", OCI_MANIFEST, { config, layers: [layer] });
    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`);
    expect(job).toMatchObject({ status: "failed", error: { code: "not-found", side: "source" } });
    expect(JSON.stringify(job.error)).toContain(layer.digest);
    expect(await to.tags(name)).toEqual({});
  });

  it("Q124 children of an index that are images of images, artifacts, or no manifests at all", async () => {
    // As distribution does it, every child would have to be a manifest there.
    const [from, to] = await twoRegistries({}, { quirks: { sparseIndexes: true } });
    const name = freshName();
    const thing = await putBlob(from, name, "a thing", "application/vnd.example.thing");
    const config = await putBlob(from, name, "{}", "application/vnd.oci.empty.v1+json");
    const image = await putManifest(from, name, "image", OCI_MANIFEST, { config, layers: [] });
    const inner = await putManifest(from, name, "inner", OCI_INDEX, { manifests: [image] });
    const root = await putManifest(from, name, "1", OCI_INDEX, { manifests: [inner, image, thing] });
    expect(await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`)).toMatchObject({ status: "succeeded", digest: root.digest });
    expect(await to.blob(name, thing.digest)).toBeDefined();
    expect(await to.manifest(name, inner.digest)).toBeDefined();
  });
});

describe("the order of writing", () => {
  it("Q122, Q123 is blobs, children by their digests, the index, and the one tag last", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, "1", { seed: "order", index: "nested" });
    await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`);
    const writes = await to.writes();
    const kinds = writes.map(({ kind }) => kind);
    expect(kinds.lastIndexOf("blob")).toBeLessThan(kinds.indexOf("manifest"));
    expect(
      writes
        .filter(({ kind }) => kind === "manifest")
        .map(({ digest }) => digest)
        .at(-1),
    ).toBe(image.digest);
    expect(writes.filter(({ kind }) => kind === "tag")).toMatchObject([{ tag: "1", digest: image.digest }]);
    expect(kinds.at(-1)).toBe("tag");
    expect(await to.tags(name)).toEqual({ 1: image.digest });
  });

  it("Q128 leaves an immutable tag alone that stands for the image already", async () => {
    const from = await registry();
    const to = await registry({ quirks: { existingTag: "ecr" } });
    const name = freshName();
    await from.putImage(name, "1", SINGLE);
    await to.putImage(name, "1", SINGLE);
    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`);
    expect(job.images[0]?.destinations[0]?.status).toBe("unchanged");
    expect(await requestKinds(to)).toEqual({ "HEAD tag": 1 });
  });

  it("Q107 sends one blob once, however many jobs want it at the same time", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, "1", SINGLE);
    const jobs = await Promise.all(["a", "b", "c", "d"].map((tag) => copy(`${from.host}/${name}:1`, `${to.host}/${name}:${tag}`)));
    expect(jobs.map(({ status }) => status)).toEqual(Array(4).fill("succeeded"));
    expect(await requestKinds(to)).toMatchObject({ "POST upload": image.blobs.length, "PUT upload": image.blobs.length });
  });

  it.each<[string, (host: string) => string]>([
    ["each with a login", (host) => host],
    ["both without a login", guestName],
  ])("Q110 asks for no mount from another registry, %s", async (_, named) => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, "1", SINGLE);
    const job = await copy(`${named(from.host)}/${name}:1`, `${named(to.host)}/${name}-copy:1`);
    expect(job).toMatchObject({ status: "succeeded", progress: { blobs: { copied: image.blobs.length } } });
    expect((await requestKinds(to))["POST mount"]).toBeUndefined();
  });

  it("Q110 asks for no mount from a repository that another login is for", async () => {
    const at = await registry();
    const name = freshName();
    const image = await at.putImage(name, "1", SINGLE);
    const job = await copy(`${at.host}/${name}:1`, `${at.host}/${APART}/${name}:1`);
    expect(job).toMatchObject({ status: "succeeded", progress: { blobs: { copied: image.blobs.length } } });
    expect((await requestKinds(at))["POST mount"]).toBeUndefined();
  });

  it("Q122 is not gone on with where a child is refused: neither the index nor the tag is written", async () => {
    const [from, to] = await twoRegistries({}, { quirks: { sparseIndexes: true } });
    const name = freshName();
    const image = await from.putImage(name, "1", { seed: "order" });
    await to.fail({ method: "PUT", path: "manifests/sha256", times: "always", action: { status: 403 } });
    expect(await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`)).toMatchObject({ status: "failed" });
    expect(await to.tags(name)).toEqual({});
    expect(await to.manifest(name, image.digest)).toBeUndefined();
  });
});

describe("what is refused before anything is written", () => {
  it("Q116 Docker's schema 1, whose digest does not cover its bytes", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const type = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    await from.putManifest(name, "1", type, encode({ schemaVersion: 1, name, fsLayers: [], history: [], signatures: [] }));
    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`);
    expect(job).toMatchObject({ status: "failed", error: { code: "unsupported" } });
    expect(job.error?.detail).toContain("schema 1");
    expect(await to.writes()).toEqual([]);
  });

  it("Q126 an index whose child is missing at the source", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const child = { mediaType: OCI_MANIFEST, digest: `sha256:${"1".repeat(64)}`, size: 100 };
    await putManifest(from, name, "1", OCI_INDEX, { manifests: [child] });
    expect(await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`)).toMatchObject({
      status: "failed",
      error: { code: "not-found", side: "source" },
    });
    expect(await to.writes()).toEqual([]);
  });
});

describe("all tags of a repository", () => {
  it("Q143 are not copied where their list leads in a circle: that is said, and nothing is written", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    await from.putImage(name, "1", SINGLE);
    const link = `</v2/${name}/tags/list?n=1000&last=1>; rel="next"`;
    await from.fail({ path: "tags/list", times: "always", action: { headers: { link } } });
    const job = await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" });
    expect(job).toMatchObject({ status: "failed", error: { code: "registry-unavailable", side: "source" } });
    expect(job.error?.detail).toContain("without an end");
    expect(await to.writes()).toEqual([]);
    expect((await from.requests({ path: "tags/list" })).length).toBeLessThanOrEqual(3);
  });

  it("Q143 are not copied where each page is the first again, whatever address it has", async () => {
    const [from, to] = await twoRegistries({ quirks: { tagPage: 1, tagPages: "first-again" } });
    const name = freshName();
    await from.putImage(name, "1", SINGLE);
    await from.putImage(name, "2", SINGLE);
    const job = await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" });
    expect(job).toMatchObject({ status: "failed", error: { code: "registry-unavailable", side: "source" } });
    expect(job.error?.detail).toContain("without an end");
    expect(await to.writes()).toEqual([]);
    expect((await from.requests({ path: "tags/list" })).length).toBe(2);
  });

  it("Q144 are copied without the digests that stand beside them in the list", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, "1", SINGLE);
    await from.fail({ path: "tags/list", times: "always", action: { status: 200, body: { name, tags: [image.digest, "1"] } } });
    const job = await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" });
    expect(job.status).toBe("succeeded");
    expect(await to.tags(name)).toEqual({ 1: image.digest });
  });
});
