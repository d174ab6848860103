/** Referrers: what is attached to the manifests of an image goes with it, however the two registries keep track of that. */
import { describe, expect, it, test } from "vitest";
import { attach, digestTag, entryOf, fallbackEntries, hasManifest, listedByApi, putFallbackIndex, topOf } from "../support/attached.ts";
import { expectArrived, expectNoUploads } from "../support/copied-image.ts";
import { copy, freshName, registry, requestKinds, twoRegistries } from "../support/copy-service.ts";
import type { ImageOptions } from "../support/images/image.ts";
import type { RegistryOptions } from "../support/registry/fake-registry.ts";

const SINGLE: ImageOptions = { seed: "single", platforms: ["linux/amd64"], index: "none" };
const NO_API: RegistryOptions = { quirks: { referrers: 404 } };
const referrers = true;

describe("what is attached to every manifest of an image, and to that, arrives with it:", () => {
  it.each<{ what: string; from: RegistryOptions; to: RegistryOptions }>([
    { what: "between registries with the referrers API", from: {}, to: {} },
    { what: "to a registry without it", from: {}, to: NO_API },
    { what: "from a registry without it", from: NO_API, to: {} },
    { what: "between registries without it", from: NO_API, to: NO_API },
    { what: "from an API that pages", from: { quirks: { referrersPage: 1 } }, to: NO_API },
    { what: "to an API that does not confirm", from: {}, to: { quirks: { subjectHeader: false } } },
  ])("$what", async ({ from: fromOptions, to: toOptions }) => {
    const [from, to] = await twoRegistries(fromOptions, toOptions);
    const name = freshName();
    const image = await from.putImage(name, "1.0", { seed: "attached" });
    const [child] = image.manifests as [ReturnType<typeof topOf>];
    const sbom = await attach(from, name, topOf(image), "sbom of the index");
    const other = await attach(from, name, topOf(image), "another of the index", "application/vnd.example.other");
    const ofChild = await attach(from, name, child, "sbom of a child");
    const signature = await attach(from, name, topOf(sbom), "signature of the sbom");
    if (fromOptions.quirks?.referrers === 404) {
      await putFallbackIndex(from, name, image.digest, [entryOf(sbom), entryOf(other, "application/vnd.example.other")]);
      await putFallbackIndex(from, name, child.digest, [entryOf(ofChild)]);
      await putFallbackIndex(from, name, sbom.digest, [entryOf(signature)]);
    }

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/mirror:1.0`, { referrers });

    expect(job).toMatchObject({ status: "succeeded", digest: image.digest, error: null });
    expect(job.progress.referrers).toEqual({ total: 4, done: 4 });
    expect(job.progress.manifests).toEqual({ total: 7, done: 7 });
    for (const arrived of [image, sbom, other, ofChild, signature]) {
      await expectArrived(arrived, { at: from, name }, { at: to, name: "mirror" });
    }
    await expectNoUploads(to);
    const attached = [
      { subject: image.digest, entries: [entryOf(sbom), entryOf(other, "application/vnd.example.other")] },
      { subject: child.digest, entries: [entryOf(ofChild)] },
      { subject: sbom.digest, entries: [entryOf(signature)] },
    ];
    for (const { subject, entries } of attached) {
      if (toOptions.quirks?.referrers === 404) {
        expect(await fallbackEntries(to, "mirror", subject)).toEqual(entries);
      } else {
        expect(await listedByApi(to, "mirror", subject)).toEqual(entries.map(({ digest }) => digest).sort());
        expect(await fallbackEntries(to, "mirror", subject)).toBeUndefined();
      }
    }
    // The subject is there before what is attached to it, and the tag comes after everything.
    const writes = await to.writes();
    const at = (digest: string) => writes.findIndex((write) => write.kind === "manifest" && write.digest === digest);
    expect(at(image.digest)).toBeLessThan(at(sbom.digest));
    expect(at(sbom.digest)).toBeLessThan(at(signature.digest));
    expect(writes.at(-1)).toMatchObject({ kind: "tag", tag: "1.0", digest: image.digest });
  });
});

describe("cosign's tags", () => {
  test("are copied as tags, before the image's", async () => {
    const [from, to] = await twoRegistries(NO_API, NO_API);
    const name = freshName();
    const image = await from.putImage(name, "1.0", SINGLE);
    const tags = [".sig", ".att", ".sbom"].map((suffix) => digestTag(image.digest, suffix));
    const things = await Promise.all(tags.map((tag) => from.putArtifact(name, tag, { seed: tag })));
    await from.putArtifact(name, digestTag(image.digest, ".other"), { seed: "no tag of cosign's" });

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, { referrers });

    expect(job).toMatchObject({ status: "succeeded", progress: { referrers: { total: 3, done: 3 }, manifests: { total: 4, done: 4 } } });
    const expected = Object.fromEntries(tags.map((tag, index) => [tag, things[index]?.digest]));
    expect(await to.tags(name)).toEqual({ ...expected, "1.0": image.digest });
    expect((await to.writes()).at(-1)).toMatchObject({ kind: "tag", tag: "1.0" });
    // One list of tags at the source; each tag is asked for once at each side and put once. The image is there before what is about it.
    expect(await requestKinds(from)).toMatchObject({ "HEAD tag": 4, [`GET /v2/${name}/tags/list`]: 1 });
    expect(await requestKinds(to)).toMatchObject({ "HEAD tag": 4, "PUT tag": 4 });
    expect((await requestKinds(to))["PUT manifest"]).toBe(1);
    expect((await to.writes()).find(({ kind }) => kind === "manifest")?.digest).toBe(image.digest);
  });

  test("that are as they should be are left alone, those that are not are brought up to date", async () => {
    const [from, to] = await twoRegistries(NO_API, NO_API);
    const name = freshName();
    const image = await from.putImage(name, "1.0", SINGLE);
    await to.putImage(name, "1.0", SINGLE);
    const [sig, att] = [digestTag(image.digest, ".sig"), digestTag(image.digest, ".att")];
    for (const at of [from, to]) {
      await at.putArtifact(name, sig, { seed: "signature" });
    }
    await to.putArtifact(name, att, { seed: "old attestation" });
    const attestation = await from.putArtifact(name, att, { seed: "new attestation" });
    const before = (await to.writes()).length;

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, { referrers });

    expect(job).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "copied", digest: image.digest }] }] });
    expect(job.progress.referrers).toEqual({ total: 2, done: 2 });
    const tags = (await to.writes()).slice(before).filter(({ kind }) => kind === "tag");
    expect(tags).toMatchObject([{ tag: att, digest: attestation.digest }]);
  });

  test("that differ stay with overwrite: never", async () => {
    const [from, to] = await twoRegistries(NO_API, NO_API);
    const name = freshName();
    const image = await from.putImage(name, "1.0", SINGLE);
    const sig = digestTag(image.digest, ".sig");
    await from.putArtifact(name, sig, { seed: "theirs" });
    const ours = await to.putArtifact(name, sig, { seed: "ours" });

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, { referrers, overwrite: "never" });

    expect(job).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "copied" }] }] });
    expect(await to.tags(name)).toEqual({ "1.0": image.digest, [sig]: ours.digest });
  });
});

describe("an image that is unchanged", () => {
  it.each<{ what: string; options: ImageOptions; manifests: number }>([
    { what: "one manifest", options: SINGLE, manifests: 1 },
    { what: "an index", options: { seed: "index" }, manifests: 3 },
  ])("and to which nothing is attached costs at most two requests more for each manifest: $what", async ({ options, manifests }) => {
    const [from, to] = await twoRegistries({}, NO_API);
    const name = freshName();
    const image = await from.putImage(name, "1.0", options);
    await to.putImage(name, "1.0", options);

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, { referrers });

    expect(job.images[0]?.destinations).toMatchObject([{ status: "unchanged", digest: image.digest }]);
    expect(job.progress).toMatchObject({ referrers: { total: 0, done: 0 }, manifests: { total: 1, done: 1 } });
    const requests = await from.requests();
    expect(requests.filter(({ path }) => path.includes("/referrers/"))).toHaveLength(manifests);
    expect(requests.filter(({ path }) => path.endsWith("/tags/list"))).toHaveLength(1);
    expect(requests.length - 1).toBe(manifests + 1 + (manifests > 1 ? 1 : 0));
    expect(requests.length - 1).toBeLessThanOrEqual(2 * manifests);
    expect(await requestKinds(to)).toEqual({ "HEAD tag": 1 });
  });

  test("at registries without the API costs a list of tags more, once that is known", async () => {
    const [from, to] = await twoRegistries(NO_API, NO_API);
    const name = freshName();
    await from.putImage(name, "1.0", { seed: "index" });
    await to.putImage(name, "1.0", { seed: "index" });
    await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, { referrers });
    // Asked by as many as asked at the same time, before the first answer came.
    expect((await from.requests()).filter(({ path }) => path.includes("/referrers/")).length).toBeLessThanOrEqual(3);
    await from.clearRequests();

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, { referrers });

    expect(job.images[0]?.destinations[0]?.status).toBe("unchanged");
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1, "GET manifest": 1, [`GET /v2/${name}/tags/list`]: 1 });
  });

  it.each<{ what: string; to: RegistryOptions; asks: Record<string, number> }>([
    { what: "with the API", to: {}, asks: { referrers: 2 } },
    { what: "without it", to: NO_API, asks: { referrers: 0, "GET tag": 2 } },
  ])("keeps what is attached to it, and gets what is new: at a destination $what", async ({ to: options, asks }) => {
    const [from, to] = await twoRegistries({}, options);
    const name = freshName();
    const image = await from.putImage(name, "1.0", SINGLE);
    const first = await attach(from, name, topOf(image), "first");
    const signature = await attach(from, name, topOf(first), "signature of the first");
    const reference = `${to.host}/${name}:1.0`;
    await copy(`${from.host}/${name}:1.0`, reference, { referrers });

    await Promise.all([from.clearRequests(), to.clearRequests()]);
    const before = (await to.writes()).length;
    const again = await copy(`${from.host}/${name}:1.0`, reference, { referrers });
    expect(again.images[0]?.destinations).toMatchObject([{ status: "unchanged", digest: image.digest }]);
    expect(again.progress).toMatchObject({ referrers: { total: 2, done: 2 }, manifests: { total: 1, done: 1 }, blobs: { total: 0 } });
    expect((await to.writes()).length).toBe(before);
    // Three manifests: the image, what is attached to it, and what is attached to that.
    const [source, destination] = [await from.requests(), await to.requests()];
    expect(source.length + destination.length - 2).toBeLessThanOrEqual(6);
    expect(destination.filter(({ path }) => path.includes("/referrers/"))).toHaveLength(asks.referrers ?? 0);

    const second = await attach(from, name, topOf(image), "second");
    const after = await copy(`${from.host}/${name}:1.0`, reference, { referrers });
    expect(after.images[0]?.destinations).toMatchObject([{ status: "copied", digest: image.digest }]);
    expect(after.progress.referrers).toEqual({ total: 3, done: 3 });
    await expectArrived(second, { at: from, name }, { at: to, name });
    expect(await hasManifest(to, name, signature.digest)).toBe(true);
    if (options.quirks?.referrers === 404) {
      expect(await fallbackEntries(to, name, image.digest)).toEqual([entryOf(first), entryOf(second)]);
    } else {
      expect(await listedByApi(to, name, image.digest)).toEqual([first.digest, second.digest].sort());
    }
  });
});

test("cosign's tags of an unchanged image cost a HEAD at each side, and no more", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  const { digest } = await from.putImage(name, "1.0", SINGLE);
  await to.putImage(name, "1.0", SINGLE);
  for (const at of [from, to]) {
    await at.putArtifact(name, digestTag(digest, ".sig"), { seed: "signature" });
  }
  const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, { referrers });
  expect(job).toMatchObject({ images: [{ destinations: [{ status: "unchanged" }] }], progress: { referrers: { total: 1, done: 1 } } });
  const [source, destination] = [await from.requests(), await to.requests()];
  // What is attached to the signature is asked when that is brought.
  expect(source.filter(({ path }) => path.includes("/referrers/")).map(({ path }) => path)).toEqual([expect.stringContaining(digest)]);
  expect(await requestKinds(from)).toMatchObject({ "HEAD tag": 2, [`GET /v2/${name}/tags/list`]: 1 });
  expect(await requestKinds(to)).toEqual({ "HEAD tag": 2 });
  expect(source.length + destination.length - 2).toBe(2 * 2);
});

test("several destinations, each in its own way: the source is asked and read once", async () => {
  const [from, api, tags] = [await registry(), await registry(), await registry(NO_API)];
  const name = freshName();
  const image = await from.putImage(name, "1.0", SINGLE);
  const sbom = await attach(from, name, topOf(image), "sbom");
  const job = await copy(`${from.host}/${name}:1.0`, [`${api.host}/a:1`, `${api.host}/b:1`, `${tags.host}/a:1`], { referrers });
  expect(job).toMatchObject({ status: "succeeded", progress: { referrers: { total: 3, done: 3 }, manifests: { total: 6, done: 6 } } });
  expect(await listedByApi(api, "a", image.digest)).toEqual([sbom.digest]);
  expect(await listedByApi(api, "b", image.digest)).toEqual([sbom.digest]);
  expect(await fallbackEntries(tags, "a", image.digest)).toEqual([entryOf(sbom)]);
  expect((await from.requests({ path: "/referrers/" })).length).toBe(2);
  expect((await requestKinds(from))["GET blob"]).toBe(new Set([...image.blobs, ...sbom.blobs].map(({ digest }) => digest)).size);
  expect((await api.writes()).filter(({ kind }) => kind === "mount").map(({ repository }) => repository)).toContain("b");
});

test("within one registry the blobs of referrers are mounted too", async () => {
  const at = await registry();
  const [name, mirror] = [freshName(), freshName()];
  const image = await at.putImage(name, "1.0", SINGLE);
  const sbom = await attach(at, name, topOf(image), "sbom");
  const job = await copy(`${at.host}/${name}:1.0`, `${at.host}/${mirror}:1.0`, { referrers });
  expect(job.progress).toMatchObject({ blobs: { copied: 0, mounted: image.blobs.length + sbom.blobs.length }, bytes: { copied: 0 } });
  expect(await listedByApi(at, mirror, image.digest)).toEqual([sbom.digest]);
});

test("without being asked for, nothing is looked for", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  const image = await from.putImage(name, "1.0", SINGLE);
  const sbom = await attach(from, name, topOf(image), "sbom");
  const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);
  expect(job.progress).not.toHaveProperty("referrers");
  expect(await hasManifest(to, name, sbom.digest)).toBe(false);
  expect((await from.requests()).filter(({ path }) => /referrers|tags/.test(path))).toEqual([]);
});

test("in the source's own repository everything is there", async () => {
  const at = await registry();
  const name = freshName();
  const image = await at.putImage(name, "1.0", SINGLE);
  await attach(at, name, topOf(image), "sbom");
  const job = await copy(`${at.host}/${name}:1.0`, `${at.host}/${name}:stable`, { referrers });
  expect(job).toMatchObject({ status: "succeeded", progress: { referrers: { total: 0, done: 0 } } });
  expect(await requestKinds(at)).toEqual({ "HEAD tag": 2, "GET manifest": 1, "PUT tag": 1 });
});
