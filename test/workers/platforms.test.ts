/** Copies of some platforms of an image: what arrives, what it is called, and every request that it took. */
import { describe, expect, it, test } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { expectArrived, expectNothing } from "../support/copied-image.ts";
import { api, copy, freshName, jobEnd, registry, requestKinds, twoRegistries } from "../support/copy-service.ts";
import type { ImageSummary } from "../support/images/deliver.ts";
import type { ImageOptions } from "../support/images/image.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";

const IMAGE: ImageOptions = { seed: "platforms", platforms: ["linux/amd64", "linux/arm64/v8", "linux/s390x"], attestations: true };
const SINGLE: ImageOptions = { seed: "platforms single", platforms: ["linux/arm64/v8"], index: "none" };
const TAKES_SPARSE = { quirks: { sparseIndexes: true } };

/** The index's entries, in order: amd64, arm64, s390x, and the attestation of each. */
async function childrenOf(
  at: RemoteRegistry,
  name: string,
  reference: string,
): Promise<{ digest: string; mediaType: string; size: number }[]> {
  const manifest = await at.manifest(name, reference);
  return JSON.parse(new TextDecoder().decode(manifest?.bytes)).manifests;
}

/** Which of an image's manifests are in a repository. */
async function manifestsAt(at: RemoteRegistry, name: string, { manifests }: ImageSummary): Promise<string[]> {
  const there = await Promise.all(manifests.map(async ({ digest }) => ((await at.manifest(name, digest)) === undefined ? [] : [digest])));
  return there.flat().sort();
}

describe("sparse", () => {
  test("the index stays byte for byte, only the named platforms and their attestations go with it", async () => {
    const [from, to] = await twoRegistries({}, TAKES_SPARSE);
    const name = freshName();
    const image = await from.putImage(name, "1.0", IMAGE);
    const [, arm64, , , aboutArm64] = await childrenOf(from, name, "1.0");

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, { platforms: ["linux/arm64"] });

    expect(job).toMatchObject({ status: "succeeded", digest: image.digest, digestPreserved: true });
    expect(job.images[0]?.destinations).toMatchObject([{ status: "copied", digest: image.digest }]);
    expect(await to.tags(name)).toEqual({ "1.0": image.digest });
    expect(await manifestsAt(to, name, image)).toEqual([image.digest, arm64?.digest, aboutArm64?.digest].sort());
    expect(job.progress).toMatchObject({ manifests: { total: 3, done: 3 }, blobs: { total: 5, copied: 5 } });
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1, "GET manifest": 3, "GET blob": 5 });
    expect(await requestKinds(to)).toEqual({
      "HEAD tag": 1,
      "HEAD blob": 5,
      "POST upload": 5,
      "PUT upload": 5,
      "PUT manifest": 2,
      "PUT tag": 1,
    });
  });

  test("again is unchanged; with another platform that one is added, and the tag is not written again", async () => {
    const [from, to] = await twoRegistries({}, TAKES_SPARSE);
    const name = freshName();
    const image = await from.putImage(name, "1.0", { ...IMAGE, attestations: false });
    const copyOf = (platform: string) => copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, { platforms: [platform] });
    await copyOf("linux/arm64");
    await Promise.all([from.clearRequests(), to.clearRequests()]);

    const again = await copyOf("linux/arm64");

    expect(again.images[0]?.destinations).toMatchObject([{ status: "unchanged", digest: image.digest }]);
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1, "GET manifest": 2 });
    expect(await requestKinds(to)).toEqual({ "HEAD tag": 1, "HEAD manifest": 1 });

    await to.clearRequests();
    const more = await copyOf("linux/amd64");

    expect(more.images[0]?.destinations).toMatchObject([{ status: "copied", digest: image.digest }]);
    expect(await requestKinds(to)).toMatchObject({ "HEAD tag": 1, "HEAD manifest": 1, "PUT manifest": 1 });
    expect((await requestKinds(to))["PUT tag"]).toBeUndefined();
    expect(await manifestsAt(to, name, image)).toHaveLength(3);
  });

  test("a registry that takes no such index refuses it once, and the error says what to ask for", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    await from.putImage(name, "1.0", IMAGE);

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, { platforms: ["linux/arm64"] });

    expect(job).toMatchObject({ status: "failed", error: { code: "destination-refused", side: "destination", registry: to.host } });
    expect(job.error?.upstream).toMatchObject({ status: 400, code: "MANIFEST_BLOB_UNKNOWN" });
    expect(job.error?.detail).toMatch(/index "single".*"rewrite"/);
    expect(await to.tags(name)).toEqual({});
    expect((await requestKinds(to))["PUT tag"]).toBe(1);
  });
});

describe("single", () => {
  test("the platform's manifest is tagged itself, and again is unchanged", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, "1.0", IMAGE);
    const [, arm64] = await childrenOf(from, name, "1.0");
    const one = { platforms: ["linux/arm64"], index: "single" };

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, one);

    expect(job).toMatchObject({ status: "succeeded", digest: image.digest, mediaType: image.mediaType, digestPreserved: false });
    expect(job.images[0]).toMatchObject({ digest: image.digest, destinations: [{ status: "copied", digest: arm64?.digest }] });
    expect(await to.tags(name)).toEqual({ "1.0": arm64?.digest });
    expect(job.progress).toMatchObject({ manifests: { total: 1, done: 1 }, blobs: { total: 3, copied: 3 } });
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1, "GET manifest": 2, "GET blob": 3 });
    expect((await requestKinds(to))["PUT tag"]).toBe(1);

    await Promise.all([from.clearRequests(), to.clearRequests()]);
    const again = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, one);

    expect(again).toMatchObject({ digestPreserved: false, images: [{ destinations: [{ status: "unchanged", digest: arm64?.digest }] }] });
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1, "GET manifest": 1 });
    expect(await requestKinds(to)).toEqual({ "HEAD tag": 1 });
  });

  test("an image without an index is taken where its config has the platform, and keeps its digest", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, "1.0", SINGLE);

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, { platforms: ["linux/arm64"], index: "single" });

    expect(job).toMatchObject({ status: "succeeded", digestPreserved: true, images: [{ destinations: [{ digest: image.digest }] }] });
    await expectArrived(image, { at: from, name }, { at: to, name });
  });

  test("within the source's repository a tag is one manifest", async () => {
    const at = await registry();
    const name = freshName();
    await at.putImage(name, "1.0", IMAGE);
    const [amd64] = await childrenOf(at, name, "1.0");

    const job = await copy(`${at.host}/${name}:1.0`, `${at.host}/${name}:1.0-amd64`, { platforms: ["linux/amd64"], index: "single" });

    expect(job).toMatchObject({ status: "succeeded", progress: { manifests: { total: 1 }, blobs: { total: 0 } } });
    expect(await at.tags(name)).toMatchObject({ "1.0-amd64": amd64?.digest });
    expect(await requestKinds(at)).toEqual({ "HEAD tag": 2, "GET manifest": 2, "PUT tag": 1 });
  });

  test("a destination that names a digest gets it where that is the digest of what is tagged", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, "1.0", IMAGE);
    const [amd64] = await childrenOf(from, name, "1.0");
    const one = { platforms: ["linux/amd64"], index: "single" };

    const right = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:a@${amd64?.digest}`, one);
    const wrong = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:b@${image.digest}`, one);

    expect(right).toMatchObject({ status: "succeeded" });
    expect(wrong).toMatchObject({ status: "failed", error: { code: "digest-mismatch", side: "source" } });
    expect(await to.tags(name)).toEqual({ a: amd64?.digest });
  });

  test("a source by digest goes to a destination without a tag by the digest of what is copied", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, undefined, IMAGE);
    const [amd64] = await childrenOf(from, name, image.digest);

    const job = await copy(`${from.host}/${name}@${image.digest}`, `${to.host}/${name}`, { platforms: ["linux/amd64"], index: "single" });

    expect(job.images[0]?.destinations).toMatchObject([{ status: "copied", digest: amd64?.digest }]);
    expect(await to.manifest(name, amd64?.digest ?? "")).toBeDefined();
    expect(await to.tags(name)).toEqual({});
  });
});

describe("rewrite", () => {
  it.each<[string, ImageOptions]>([
    ["OCI", { ...IMAGE, annotations: { "org.example": "kept" } }],
    ["Docker", { ...IMAGE, seed: "rewrite docker", family: "docker", attestations: false, formatting: "odd" }],
    ["a nested one", { ...IMAGE, seed: "rewrite nested", index: "nested" }],
  ])("a smaller index takes the tag (%s), and again is unchanged", async (_, options) => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, "1.0", options);
    const two = { platforms: ["linux/arm64", "linux/amd64"], index: "rewrite" };

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, two);

    const digest = job.images[0]?.destinations[0]?.digest;
    expect(job).toMatchObject({
      status: "succeeded",
      digest: image.digest,
      digestPreserved: false,
      images: [{ destinations: [{ status: "copied" }] }],
    });
    expect(await to.tags(name)).toEqual({ "1.0": digest });
    const written = await to.manifest(name, "1.0");
    expect(written && digestOf(written.bytes)).toBe(digest);
    expect([digest === image.digest, written?.mediaType]).toEqual([false, image.mediaType]);
    const body = JSON.parse(new TextDecoder().decode(written?.bytes));
    expect(body.annotations).toEqual(options.annotations);
    const isNested = options.index === "nested";
    const entries = await childrenOf(to, name, isNested ? body.manifests[0].digest : "1.0");
    const before = await childrenOf(from, name, isNested ? ((await childrenOf(from, name, "1.0"))[0]?.digest ?? "") : "1.0");
    expect(entries).toEqual(before.filter((_entry, position) => position % 3 !== 2));

    await Promise.all([from.clearRequests(), to.clearRequests()]);
    const again = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, two);

    expect(again).toMatchObject({ digestPreserved: false, images: [{ destinations: [{ status: "unchanged", digest }] }] });
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1, "GET manifest": isNested ? 2 : 1 });
    expect(await requestKinds(to)).toEqual({ "HEAD tag": 1 });
  });

  test("within the source's repository only the new index is put", async () => {
    const at = await registry();
    const name = freshName();
    await at.putImage(name, "1.0", IMAGE);

    const job = await copy(`${at.host}/${name}:1.0`, `${at.host}/${name}:small`, { platforms: ["linux/amd64"], index: "rewrite" });

    expect(job).toMatchObject({ status: "succeeded", digestPreserved: false, progress: { manifests: { total: 1 }, blobs: { total: 0 } } });
    expect(await childrenOf(at, name, "small")).toHaveLength(2);
    expect(await requestKinds(at)).toEqual({ "HEAD tag": 2, "GET manifest": 1, "PUT tag": 1 });
  });

  test("an entry for another platform goes, also where it names the very manifest that stays", async () => {
    const at = await registry();
    const name = freshName();
    await at.putImage(name, "1.0", { ...IMAGE, attestations: false });
    const [amd64] = await childrenOf(at, name, "1.0");
    const entry = (variant?: string) => ({ ...amd64, platform: { os: "linux", architecture: "amd64", ...(variant && { variant }) } });
    const mediaType = "application/vnd.oci.image.index.v1+json";
    const index = JSON.stringify({ schemaVersion: 2, mediaType, manifests: [entry(), entry("v2")] });
    await at.putManifest(name, "twice", mediaType, new TextEncoder().encode(index));

    const job = await copy(`${at.host}/${name}:twice`, `${at.host}/${name}:once`, { platforms: ["linux/amd64"], index: "rewrite" });

    expect(job).toMatchObject({ status: "succeeded", digestPreserved: false });
    expect(await childrenOf(at, name, "once")).toEqual([entry()]);
  });
});

describe.each(["sparse", "single", "rewrite"])("%s: a platform that is not there", (index) => {
  it.each<[string, ImageOptions, RegExp]>([
    ["of an index", IMAGE, /not there for linux\/riscv64; it is for linux\/amd64, linux\/arm64\/v8, linux\/s390x$/],
    ["of an image without one", SINGLE, /not there for linux\/riscv64; it is for linux\/arm64\/v8$/],
  ])("%s fails before anything is written", async (_, options, detail) => {
    const [from, to] = await twoRegistries({}, TAKES_SPARSE);
    const name = freshName();
    await from.putImage(name, "1.0", options);

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, { platforms: ["linux/riscv64"], index });

    expect(job).toMatchObject({ status: "failed", error: { code: "not-found", side: "source", registry: from.host } });
    expect(job.error?.detail).toMatch(detail);
    await expectNothing(to);
  });
});

test("a retry chooses the same again without a request to the source for it", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  await from.putImage(name, "1.0", IMAGE);
  const denied = await to.fail({ method: "PUT", path: "/manifests/1.0", times: "always", action: { status: 403 } });
  const two = { platforms: ["linux/arm64", "linux/amd64"], index: "rewrite" };
  const failed = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, two);
  expect(failed).toMatchObject({ status: "failed", digestPreserved: false, error: { code: "access-denied" } });
  await to.clearFaults(denied);
  await Promise.all([from.clearRequests(), to.clearRequests()]);

  await api("POST", `/jobs/${failed.id}/retry`);
  const job = await jobEnd(failed.id);

  expect(job).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "copied" }] }] });
  expect(await to.tags(name)).toEqual({ "1.0": job.images[0]?.destinations[0]?.digest });
  expect(await requestKinds(from)).toEqual({});
});
