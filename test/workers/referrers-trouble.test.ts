/** Referrers where something is in their way: other writers of a fallback index, answers that are none, content that can't be had. */
import { abortAllDurableObjects } from "cloudflare:test";
import { describe, expect, it, test } from "vitest";
import { attach, digestTag, type Entry, entryOf, fallbackEntries, hasManifest, putFallbackIndex, topOf } from "../support/attached.ts";
import { expectArrived, expectNoUploads } from "../support/copied-image.ts";
import { apiJson, copy, freshName, jobEnd, submit, twoRegistries } from "../support/copy-service.ts";
import type { ImageSummary } from "../support/images/deliver.ts";
import type { ImageOptions } from "../support/images/image.ts";
import type { RegistryOptions } from "../support/registry/fake-registry.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";

const SINGLE: ImageOptions = { seed: "trouble", platforms: ["linux/amd64"], index: "none" };
const NO_API: RegistryOptions = { quirks: { referrers: 404 } };
const referrers = true;

/** An image with something attached to it, at a source with the API. */
async function attached(to: RegistryOptions = NO_API, from: RegistryOptions = {}) {
  const [source, target] = await twoRegistries(from, to);
  const name = freshName();
  const image = await source.putImage(name, "1.0", SINGLE);
  const sbom = await attach(source, name, topOf(image), "sbom");
  return { source, target, name, image, sbom, from: `${source.host}/${name}:1.0`, to: `${target.host}/${name}:1.0` };
}

/** Puts something of somebody else's under a subject at a registry without the API, with an entry that has more fields than needed. */
async function theirs(at: RemoteRegistry, name: string, image: ImageSummary, seed: string): Promise<Entry> {
  const artifact = await attach(at, name, topOf(image), seed);
  return { ...entryOf(artifact), annotations: { by: seed } };
}

describe("the fallback index of a destination", () => {
  test("keeps what others have listed in it, whether or not the image is there", async () => {
    const { target, name, image, sbom, from, to } = await attached();
    const other = await theirs(target, name, image, "theirs");
    await putFallbackIndex(target, name, image.digest, [other]);
    expect(await copy(from, to, { referrers })).toMatchObject({ status: "succeeded" });
    expect(await fallbackEntries(target, name, image.digest)).toEqual([other, entryOf(sbom)]);
    const writes = (await target.writes()).length;
    expect(await copy(from, to, { referrers })).toMatchObject({ images: [{ destinations: [{ status: "unchanged" }] }] });
    expect((await target.writes()).length).toBe(writes);
  });

  test("loses nothing that somebody writes at the same time", async () => {
    const { target, name, image, sbom, from, to } = await attached();
    const other = await theirs(target, name, image, "theirs");
    const tag = digestTag(image.digest);
    await target.fail({ method: "HEAD", path: tag, action: { hold: "verify" } });
    const job = submit(from, to, { referrers });
    await target.waitForRequests({ method: "PUT", path: tag });
    // They had read the index before ours was there.
    await putFallbackIndex(target, name, image.digest, [other]);
    await target.release("verify");
    expect(await jobEnd((await job).id)).toMatchObject({ status: "succeeded" });
    expect(await fallbackEntries(target, name, image.digest)).toEqual([other, entryOf(sbom)]);
  });

  test("that is another one after the write is read again; where it has the entry then, that is enough", async () => {
    const { source, target, name, image, sbom, from, to } = await attached();
    const tag = digestTag(image.digest);
    const empty = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, manifests: [] }));
    const digest = await source.putManifest(name, "empty", "application/vnd.oci.image.index.v1+json", empty);
    await target.fail({ method: "HEAD", path: tag, action: { headers: { "docker-content-digest": digest } } });
    expect(await copy(from, to, { referrers })).toMatchObject({ status: "succeeded" });
    expect(await target.requests({ method: "GET", path: tag })).toHaveLength(2);
    expect(await target.requests({ method: "PUT", path: tag })).toHaveLength(1);
    expect(await fallbackEntries(target, name, image.digest)).toEqual([entryOf(sbom)]);
  });

  test("gets the entries of two jobs that bring different things", async () => {
    const { source, target, name, image, sbom, from, to } = await attached();
    const [second] = await twoRegistries();
    await second.putImage(name, "1.0", SINGLE);
    const signature = await attach(second, name, topOf(image), "signature");
    await target.fail({ method: "PUT", path: digestTag(image.digest), action: { delayMs: 300 } });
    const jobs = [
      await submit(from, to, { referrers }),
      await submit(`${second.host}/${name}:1.0`, `${target.host}/${name}:2.0`, { referrers }),
    ];
    for (const { id } of jobs) {
      expect(await jobEnd(id)).toMatchObject({ status: "succeeded" });
    }
    const entries = await fallbackEntries(target, name, image.digest);
    expect(entries?.map(({ digest }) => digest).sort()).toEqual([sbom.digest, signature.digest].sort());
    await expectArrived(sbom, { at: source, name }, { at: target, name });
  });

  it.each<{ what: string; put: (at: RemoteRegistry, name: string, tag: string) => Promise<ImageSummary> }>([
    { what: "a manifest", put: (at, name, tag) => at.putImage(name, tag, { ...SINGLE, seed: "something else" }) },
    { what: "a list of another kind", put: (at, name, tag) => at.putImage(name, tag, { seed: "something else", family: "docker" }) },
  ])("is not written over something else: $what", async ({ put }) => {
    const { target, name, image, from, to } = await attached();
    const other = await put(target, name, digestTag(image.digest));
    const job = await copy(from, to, { referrers });
    const error = {
      code: "destination-refused",
      side: "destination",
      registry: target.host,
      detail: expect.stringContaining("was not overwritten"),
    };
    expect(job).toMatchObject({ status: "failed", error, images: [{ destinations: [{ status: "failed", error }] }] });
    expect(await target.tags(name)).toEqual({ [digestTag(image.digest)]: other.digest });
  });

  test("is made where the registry gives the image itself under such a tag", async () => {
    const { target, name, image, sbom, from, to } = await attached({ quirks: { referrers: 404, digestTags: "digests" } });
    expect(await copy(from, to, { referrers })).toMatchObject({ status: "succeeded" });
    expect(await fallbackEntries(target, name, image.digest)).toEqual([entryOf(sbom)]);
  });

  it.each([
    { status: 400, code: "destination-refused" },
    { status: 403, code: "access-denied" },
  ])("that can't be read ($status) is not taken for none", async ({ status, code }) => {
    const { target, name, image, from, to } = await attached();
    const index = await putFallbackIndex(target, name, image.digest, [await theirs(target, name, image, "theirs")]);
    await target.fail({ method: "GET", path: digestTag(image.digest), times: "always", action: { status } });
    const job = await copy(from, to, { referrers });
    expect(job).toMatchObject({ status: "failed", error: { code, side: "destination" } });
    expect(await target.tags(name)).toEqual({ [digestTag(image.digest)]: index });
  });
});

describe("a source", () => {
  test("that gives the image itself under a fallback tag has no referrers for that", async () => {
    const { source, target, name, to } = await attached(NO_API, { quirks: { referrers: 404, digestTags: "digests" } });
    await source.fail({ path: "/tags/list", times: "always", action: { status: 403 } });
    const index = await source.putImage(name, "2.0", { seed: "platforms" });
    const job = await copy(`${source.host}/${name}:2.0`, to, { referrers });
    expect(job).toMatchObject({ status: "succeeded", digest: index.digest, progress: { referrers: { total: 0 } } });
    expect(await target.tags(name)).toEqual({ "1.0": index.digest });
  });

  it.each([400, 401, 406, "html"] as const)("that answers %s has no API, and is asked for the tag", async (answer) => {
    const { source, target, name, image, sbom, from, to } = await attached({}, { quirks: { referrers: answer } });
    await putFallbackIndex(source, name, image.digest, [entryOf(sbom)]);
    expect(await copy(from, to, { referrers })).toMatchObject({ status: "succeeded", progress: { referrers: { total: 1, done: 1 } } });
    expect(await hasManifest(target, name, sbom.digest)).toBe(true);
  });

  test("that asks for patience is not one without referrers", async () => {
    const { source, target, name, sbom, from, to } = await attached();
    await source.fail({ path: "/referrers/", times: 2, action: { status: 429, retryAfter: 1 } });
    expect(await copy(from, to, { referrers })).toMatchObject({ status: "succeeded" });
    expect(await hasManifest(target, name, sbom.digest)).toBe(true);
  });

  it.each<{ what: string; path: (sbom: ImageSummary) => string; code: string }>([
    { what: "its manifest", path: ({ digest }) => `/manifests/${digest}`, code: "not-found" },
    { what: "one of its blobs", path: ({ blobs }) => `/blobs/${blobs.at(-1)?.digest}`, code: "not-found" },
  ])("that lacks a part of a referrer fails the destination, and nothing is tagged: $what", async ({ path, code }) => {
    const { source, target, name, sbom, from, to } = await attached();
    await source.fail({ method: "GET", path: path(sbom), times: "always", action: { status: 404 } });
    const error = { code, side: "source", registry: source.host };
    expect(await copy(from, to, { referrers })).toMatchObject({
      status: "failed",
      error,
      images: [{ destinations: [{ status: "failed", error }] }],
    });
    expect(await target.tags(name)).toEqual({});
    await expectNoUploads(target);
  });

  test("that denies a tag which it has listed is not one without it", async () => {
    const { source, target, name, image, to, from } = await attached(NO_API, NO_API);
    const tag = digestTag(image.digest, ".sig");
    await source.putArtifact(name, tag, { seed: "signature" });
    await source.fail({ path: tag, times: "always", action: { status: 403 } });
    const job = await copy(from, to, { referrers });
    expect(job).toMatchObject({ status: "failed", error: { code: "access-denied", side: "source", registry: source.host } });
    expect(await target.tags(name)).toEqual({});
  });

  test("whose list names what is not there is told so", async () => {
    const { source, name, image, sbom, from, to } = await attached({}, NO_API);
    const gone = { ...entryOf(sbom), digest: `sha256:${"0".repeat(64)}` };
    await putFallbackIndex(source, name, image.digest, [entryOf(sbom), gone]);
    const job = await copy(from, to, { referrers });
    const detail = expect.stringContaining(`${digestTag(image.digest)} lists the referrer ${gone.digest}, which is not there`);
    expect(job).toMatchObject({ status: "failed", error: { code: "not-found", side: "source", registry: source.host, detail } });
  });
});

describe("a destination that refuses a referrer", () => {
  test("fails, with the registry's own words, and the image is not tagged", async () => {
    const { target, name, image, sbom, from, to } = await attached();
    const body = { errors: [{ code: "MANIFEST_INVALID", message: "no artifacts here" }] };
    await target.fail({ method: "PUT", path: `/manifests/${sbom.digest}`, times: "always", action: { status: 400, body } });
    const job = await copy(from, to, { referrers });
    const upstream = { status: 400, code: "MANIFEST_INVALID", message: "no artifacts here" };
    const detail = expect.stringContaining(`A referrer of ${image.digest} can't be copied: `);
    expect(job).toMatchObject({ status: "failed", error: { code: "destination-refused", side: "destination", detail, upstream } });
    expect(await target.tags(name)).toEqual({});
  });

  test("gets it with a retry", async () => {
    const { target, name, image, sbom, from, to } = await attached();
    await target.fail({ method: "PUT", path: `/manifests/${sbom.digest}`, action: { status: 400 } });
    const { id, status } = await copy(from, to, { referrers });
    expect(status).toBe("failed");
    await apiJson("POST", `/jobs/${id}/retry`);
    expect(await jobEnd(id)).toMatchObject({ status: "succeeded", progress: { referrers: { total: 1, done: 1 } } });
    expect(await fallbackEntries(target, name, image.digest)).toEqual([entryOf(sbom)]);
    expect((await target.tags(name))["1.0"]).toBe(image.digest);
  });

  test("since a blob is gone meanwhile gets that again", async () => {
    const { source, target, name, image, sbom, from, to } = await attached();
    const body = { errors: [{ code: "MANIFEST_BLOB_UNKNOWN", message: "gone" }] };
    await target.fail({ method: "PUT", path: `/manifests/${sbom.digest}`, action: { status: 404, body } });
    expect(await copy(from, to, { referrers })).toMatchObject({ status: "succeeded" });
    await expectArrived(sbom, { at: source, name }, { at: target, name });
    expect(await fallbackEntries(target, name, image.digest)).toEqual([entryOf(sbom)]);
  });
});

describe("a job whose process dies", () => {
  it.each<{ where: string; method: string; path: (image: ImageSummary, sbom: ImageSummary) => string }>([
    { where: "when the image is put without its tag", method: "PUT", path: ({ digest }) => `/manifests/${digest}` },
    { where: "when a referrer is put", method: "PUT", path: (_, { digest }) => `/manifests/${digest}` },
    { where: "before the list is read", method: "GET", path: ({ digest }) => `${digestTag(digest)}$` },
    { where: "when the list is written", method: "PUT", path: ({ digest }) => `${digestTag(digest)}$` },
    { where: "when the list is looked at again", method: "HEAD", path: ({ digest }) => `${digestTag(digest)}$` },
    { where: "when a cosign tag is written", method: "PUT", path: ({ digest }) => digestTag(digest, ".sig") },
    { where: "before the image's tag", method: "PUT", path: () => "/manifests/1.0" },
  ])("$where goes on and does nothing twice that can be told", async ({ method, path }) => {
    const { source, target, name, image, sbom, from, to } = await attached();
    const sig = digestTag(image.digest, ".sig");
    const signature = await source.putArtifact(name, sig, { seed: "signature" });
    const place = { method, path: path(image, sbom) };
    await target.fail({ ...place, action: { hold: "death" } });
    const { id } = await submit(from, to, { referrers });
    await target.waitForRequests(place);
    const asked = (await source.requests({ path: "/referrers/" })).length;
    await abortAllDurableObjects();
    await target.release("death");
    expect(await jobEnd(id)).toMatchObject({ status: "succeeded", progress: { referrers: { total: 2, done: 2 } } });
    expect(await fallbackEntries(target, name, image.digest)).toEqual([entryOf(sbom)]);
    expect(await target.tags(name)).toMatchObject({ "1.0": image.digest, [sig]: signature.digest });
    // What was found is in the job's rows.
    expect((await source.requests({ path: "/referrers/" })).length).toBe(asked);
  });
});

test("cosign's tags never go back: what the source had earlier does not come over what it had later", async () => {
  const [source, target] = await twoRegistries(NO_API, NO_API);
  const name = freshName();
  const image = await source.putImage(name, "1.0", SINGLE);
  const tag = digestTag(image.digest, ".sig");
  await source.putArtifact(name, tag, { seed: "older" });
  await target.fail({ method: "HEAD", path: tag, action: { hold: "older" } });
  const { id } = await submit(`${source.host}/${name}:1.0`, `${target.host}/${name}:1.0`, { referrers });
  await target.waitForRequests({ method: "HEAD", path: tag });
  const newer = await source.putArtifact(name, tag, { seed: "newer" });
  expect(await copy(`${source.host}/${name}:1.0`, `${target.host}/${name}:2.0`, { referrers })).toMatchObject({ status: "succeeded" });

  await target.release("older");

  expect(await jobEnd(id)).toMatchObject({ status: "succeeded" });
  expect(await target.tags(name)).toEqual({ "1.0": image.digest, "2.0": image.digest, [tag]: newer.digest });
  expect((await target.writes()).filter((write) => write.tag === tag)).toHaveLength(1);
});
