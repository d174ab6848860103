/** Copies that succeed: the result, the bytes at the destination, and every request that it took. */
import { describe, expect, it, test } from "vitest";
import { expectArrived, expectNoUploads } from "../support/copied-image.ts";
import { copy, freshName, registry, requestKinds, twoRegistries } from "../support/copy-service.ts";
import type { ImageSummary } from "../support/images/deliver.ts";
import type { ArtifactOptions, ImageOptions } from "../support/images/image.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";

const SINGLE: ImageOptions = { seed: "single", platforms: ["linux/amd64"], index: "none" };

/** Puts `{}` as an artifact's config and as its only layer, as ORAS does for an artifact without content. */
async function putEmptyArtifact(at: RemoteRegistry, name: string, tag: string): Promise<ImageSummary> {
  const bytes = new TextEncoder().encode("{}");
  const empty = { mediaType: "application/vnd.oci.empty.v1+json", digest: await at.putBlob(name, bytes), size: 2 };
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = { schemaVersion: 2, mediaType, artifactType: "application/vnd.example.thing", config: empty, layers: [empty] };
  const text = new TextEncoder().encode(JSON.stringify(manifest));
  const digest = await at.putManifest(name, tag, mediaType, text);
  return { seed: "", digest, mediaType, manifests: [{ digest, mediaType, size: text.byteLength }], blobs: [empty] };
}

type Put = (at: RemoteRegistry, name: string, tag: string) => Promise<ImageSummary>;
const image =
  (options: ImageOptions): Put =>
  (at, name, tag) =>
    at.putImage(name, tag, options);
const artifact =
  (options: ArtifactOptions): Put =>
  (at, name, tag) =>
    at.putArtifact(name, tag, options);

describe("an image arrives byte for byte, in as many requests as it needs and no more:", () => {
  it.each<{ what: string; put: Put; manifests: number; blobs: number; fetched?: number; pings?: number }>([
    { what: "one platform without an index", put: image(SINGLE), manifests: 1, blobs: 3 },
    { what: "an index over platforms that share a layer", put: image({ seed: "flat" }), manifests: 3, blobs: 5 },
    { what: "an index within an index", put: image({ seed: "nested", index: "nested" }), manifests: 4, blobs: 5 },
    { what: "an index with attestations", put: image({ seed: "built", attestations: true }), manifests: 5, blobs: 9 },
    { what: "a Docker list in odd JSON", put: image({ seed: "docker", family: "docker", formatting: "odd" }), manifests: 3, blobs: 5 },
    { what: "an artifact", put: artifact({ seed: "artifact", layers: [10, 2000] }), manifests: 1, blobs: 3 },
    { what: "an artifact without layers", put: artifact({ seed: "bare", layers: [] }), manifests: 1, blobs: 1 },
    { what: "an artifact whose empty config is its layer too", put: putEmptyArtifact, manifests: 1, blobs: 1 },
    { what: "a layer of no bytes", put: image({ ...SINGLE, layers: [0, 100] }), manifests: 1, blobs: 3, fetched: 2 },
    { what: "a layer of several reads", put: image({ ...SINGLE, layers: [3_500_000] }), manifests: 1, blobs: 2 },
    {
      what: "a layer that is to be fetched elsewhere, which is left there",
      put: image({ ...SINGLE, foreignUrls: ["https://example.com/layer"] }),
      manifests: 1,
      blobs: 3,
    },
  ])("$what", async ({ put, manifests, blobs, fetched = blobs }) => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const summary = await put(from, name, "1.0");

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/mirror/${name}`);

    const { digest, mediaType } = summary;
    expect(job).toMatchObject({ status: "succeeded", digest, mediaType, digestPreserved: true, error: null, waiting: null });
    const reference = `${to.host}/mirror/${name}:1.0`;
    expect(job.images).toEqual([
      { source: `${from.host}/${name}:1.0`, digest, destinations: [{ reference, digest, status: "copied", error: null }] },
    ]);
    const size = summary.blobs.reduce((sum, blob) => sum + blob.size, 0);
    expect(job.progress).toEqual({
      manifests: { total: manifests, done: manifests },
      blobs: { total: blobs, done: blobs, copied: blobs, mounted: 0, existing: 0, staged: 0 },
      bytes: { total: size, done: size, copied: size },
    });
    await expectArrived(summary, { at: from, name }, { at: to, name: `mirror/${name}` });
    await expectNoUploads(to);
    expect(await to.tags(`mirror/${name}`)).toEqual({ "1.0": digest });
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1, "GET manifest": manifests, "GET blob": fetched });
    expect(await requestKinds(to)).toEqual({
      "HEAD tag": 1,
      "HEAD blob": blobs,
      "POST upload": blobs,
      "PUT upload": blobs,
      ...(manifests === 1 ? {} : { "PUT manifest": manifests - 1 }),
      "PUT tag": 1,
    });
  });
});

describe("nothing is transferred that is there already:", () => {
  test("an image that is unchanged costs two requests", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const { digest } = await from.putImage(name, "1.0", { seed: "same" });
    await to.putImage(name, "1.0", { seed: "same" });

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);

    expect(job).toMatchObject({ status: "succeeded", digest, images: [{ destinations: [{ status: "unchanged", digest }] }] });
    expect(job.progress.manifests).toEqual({ total: 1, done: 1 });
    expect([await requestKinds(from), await requestKinds(to)]).toEqual([{ "HEAD tag": 1 }, { "HEAD tag": 1 }]);
  });

  test("blobs that exist are asked for and not sent", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const { digest, blobs } = await from.putImage(name, "1.0", SINGLE);
    await to.putImage(name, undefined, SINGLE);

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:2.0`);

    expect(job).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "copied", digest }] }] });
    expect(job.progress.blobs).toMatchObject({ total: blobs.length, done: blobs.length, existing: blobs.length, copied: 0 });
    expect(job.progress.bytes.copied).toBe(0);
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1, "GET manifest": 1 });
    expect(await requestKinds(to)).toEqual({ "HEAD tag": 1, "HEAD blob": 3, "PUT tag": 1 });
  });

  test("blobs that another job has just brought are not even asked for", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    await from.putImage(name, "1.0", { ...SINGLE, seed: "older" });
    await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);
    await to.clearRequests();

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.1`);

    expect(job.progress.blobs).toMatchObject({ total: 3, existing: 3 });
    expect(await requestKinds(to)).toEqual({ "HEAD tag": 1, "PUT tag": 1 });
  });

  test("of an index that has grown only the new child is brought", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    await to.putImage(name, "latest", { seed: "grown", platforms: ["linux/amd64", "linux/arm64/v8"] });
    const platforms = ["linux/amd64", "linux/arm64/v8", "linux/s390x"];
    const image = await from.putImage(name, "latest", { seed: "grown", platforms });

    const job = await copy(`${from.host}/${name}`, `${to.host}/${name}`);

    expect(job).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "copied", digest: image.digest }] }] });
    expect(job.progress).toMatchObject({ manifests: { total: 4, done: 4 }, blobs: { total: 3, copied: 2, existing: 1 } });
    await expectArrived(image, { at: from, name }, { at: to, name });
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1, "GET manifest": 4, "GET blob": 2 });
    expect(await requestKinds(to)).toEqual({
      "HEAD tag": 1,
      "HEAD manifest": 3,
      "HEAD blob": 3,
      "POST upload": 2,
      "PUT upload": 2,
      "PUT manifest": 1,
      "PUT tag": 1,
    });
  });

  test("within one repository a tag is one manifest", async () => {
    const at = await registry();
    const name = freshName();
    const { digest } = await at.putImage(name, "1.0", { seed: "retag" });

    const job = await copy(`${at.host}/${name}:1.0`, `${at.host}/${name}:stable`);

    expect(job).toMatchObject({ status: "succeeded", progress: { manifests: { total: 1 }, blobs: { total: 0 } } });
    expect(await at.tags(name)).toEqual({ "1.0": digest, stable: digest });
    expect(await requestKinds(at)).toEqual({ "HEAD tag": 2, "GET manifest": 1, "PUT tag": 1 });
  });
});

describe("within one registry", () => {
  test("blobs are mounted, one request each", async () => {
    const at = await registry();
    const [name, mirror] = [freshName(), freshName()];
    const image = await at.putImage(name, "1.0", SINGLE);

    const job = await copy(`${at.host}/${name}:1.0`, `${at.host}/${mirror}:1.0`);

    expect(job.progress).toMatchObject({ blobs: { total: 3, done: 3, mounted: 3, copied: 0 }, bytes: { copied: 0 } });
    await expectArrived(image, { at, name }, { at, name: mirror });
    await expectNoUploads(at);
    expect(await requestKinds(at)).toEqual({ "HEAD tag": 2, "GET manifest": 1, "POST mount": 3, "PUT tag": 1 });
  });

  it.each([
    { mount: "session" as const, more: {} },
    { mount: "session-without-location" as const, more: { "POST upload": 3 } },
    { mount: 405 as const, more: { "POST upload": 3 } },
  ])("a mount that is refused ($mount) becomes an upload, and no session is left open", async ({ mount, more }) => {
    const at = await registry({ quirks: { mount } });
    const [name, mirror] = [freshName(), freshName()];
    const image = await at.putImage(name, "1.0", SINGLE);

    const job = await copy(`${at.host}/${name}:1.0`, `${at.host}/${mirror}:1.0`);

    expect(job.progress.blobs).toMatchObject({ total: 3, done: 3, mounted: 0, copied: 3 });
    await expectArrived(image, { at, name }, { at, name: mirror });
    await expectNoUploads(at);
    expect(await requestKinds(at)).toEqual({
      "HEAD tag": 2,
      "GET manifest": 1,
      "POST mount": 3,
      "HEAD blob": 3,
      "GET blob": 3,
      "PUT upload": 3,
      "PUT tag": 1,
      ...more,
    });
  });

  test("the session of a mount that was refused is given back where the blob exists", async () => {
    const at = await registry({ quirks: { mount: "session" } });
    const [name, mirror] = [freshName(), freshName()];
    await at.putImage(name, "1.0", SINGLE);
    await at.putImage(mirror, undefined, SINGLE);

    const job = await copy(`${at.host}/${name}:1.0`, `${at.host}/${mirror}:1.0`);

    expect(job.progress.blobs).toMatchObject({ existing: 3, copied: 0 });
    await expectNoUploads(at);
    expect(await requestKinds(at)).toMatchObject({ "POST mount": 3, "HEAD blob": 3, "DELETE upload": 3 });
  });
});
