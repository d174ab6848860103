/** Quirks that concern what is attached to an image: where it is listed, and by whom. */
import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { OCI_INDEX } from "../../src/oci/media-types.ts";
import { attach, digestTag, entryOf, fallbackEntries, listedByApi, putFallbackIndex, topOf } from "../support/attached.ts";
import { expectArrived } from "../support/copied-image.ts";
import { copy, freshName, registry, twoRegistries } from "../support/copy-service.ts";
import type { ImageOptions } from "../support/images/image.ts";
import type { RegistryOptions } from "../support/registry/fake-registry.ts";

const SINGLE: ImageOptions = { seed: "quirk", platforms: ["linux/amd64"], index: "none" };
const NO_API: RegistryOptions = { quirks: { referrers: 404 } };

describe("what is attached to an image", () => {
  it("Q129, Q130 is listed in the fallback tag's index where the registry does not confirm it, beside what is there", async () => {
    const [from, to] = await twoRegistries({}, NO_API);
    const name = freshName();
    const image = await from.putImage(name, "1", SINGLE);
    await to.putImage(name, "1", SINGLE);
    const theirs = await attach(to, name, topOf(image), "theirs");
    await putFallbackIndex(to, name, image.digest, [entryOf(theirs)]);
    const sbom = await attach(from, name, topOf(image), "sbom");
    await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`, { referrers: true });
    expect(Object.keys(await to.tags(name))).toContain(`sha256-${image.digest.slice("sha256:".length)}`);
    expect(await fallbackEntries(to, name, image.digest)).toEqual([entryOf(theirs), entryOf(sbom)]);
  });

  it("Q129 is listed nowhere else where the registry confirms it", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, "1", SINGLE);
    await attach(from, name, topOf(image), "sbom");
    await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`, { referrers: true });
    expect(await to.tags(name)).toEqual({ 1: image.digest });
    // Nor is it asked what it lists.
    expect(await to.requests({ path: "referrers" })).toEqual([]);
  });

  it("Q130 is not listed in a tag of that name that is no list", async () => {
    const [from, to] = await twoRegistries({}, NO_API);
    const name = freshName();
    const image = await from.putImage(name, "1", SINGLE);
    await attach(from, name, topOf(image), "sbom");
    const other = await to.putImage(name, digestTag(image.digest), { ...SINGLE, seed: "other" });
    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`, { referrers: true });
    expect(job).toMatchObject({ status: "failed", error: { code: "destination-refused", side: "destination" } });
    expect((await to.tags(name))[digestTag(image.digest)]).toBe(other.digest);
    expect(await to.requests({ method: "PUT", path: "manifests/sha256-" })).toEqual([]);
  });

  it.each([
    ["its image is copied", ":1", {}],
    ["all tags are", "", { tags: "all" }],
  ])("Q130 is listed where a sha512 digest is cut to what a tag may be, and %s", async (_, tag, more) => {
    const [from, to] = await twoRegistries(NO_API, NO_API);
    const name = freshName();
    const plain = await from.putImage(name, undefined, SINGLE);
    const { bytes } = (await from.manifest(name, plain.digest)) as { bytes: Uint8Array };
    const child = { ...topOf(plain), digest: digestOf(bytes, "sha512") };
    await from.putManifest(name, child.digest, child.mediaType, bytes);
    const index = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child] }));
    await from.putManifest(name, "1", OCI_INDEX, index);
    const sbom = await attach(from, name, child, "sbom");
    const cut = child.digest.slice(0, "sha512:".length + 64);
    await putFallbackIndex(from, name, cut, [entryOf(sbom)]);
    const job = await copy(`${from.host}/${name}${tag}`, `${to.host}/${name}${tag}`, { ...more, referrers: true });
    expect(job).toMatchObject({ status: "succeeded", images: { length: 1 }, progress: { referrers: { total: 1, done: 1 } } });
    expect(await fallbackEntries(to, name, cut)).toEqual([entryOf(sbom)]);
  });

  it("Q132 is listed with its own size where its list at the source gives another", async () => {
    const [from, to] = await twoRegistries({ quirks: { referrersSize: "wrong" } }, NO_API);
    const name = freshName();
    const image = await from.putImage(name, "1", SINGLE);
    const sbom = await attach(from, name, topOf(image), "sbom");
    await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`, { referrers: true });
    expect(await fallbackEntries(to, name, image.digest)).toEqual([entryOf(sbom)]);
  });

  it("Q132 arrives though its list gives it another size", async () => {
    const [from, to] = await twoRegistries({ quirks: { referrersSize: "wrong" } });
    const name = freshName();
    const image = await from.putImage(name, "1", SINGLE);
    const sbom = await attach(from, name, topOf(image), "sbom");
    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`, { referrers: true });
    expect(job).toMatchObject({ status: "succeeded", progress: { referrers: { total: 1, done: 1 } } });
    await expectArrived(sbom, { at: from, name }, { at: to, name });
  });

  it.each([400, 401, 406, "html"] as const)("Q131 arrives at and from registries without the API, as %s says", async (referrers) => {
    const [from, to] = await twoRegistries({ quirks: { referrers } }, { quirks: { referrers } });
    const name = freshName();
    const image = await from.putImage(name, "1", SINGLE);
    const sbom = await attach(from, name, topOf(image), "sbom");
    await putFallbackIndex(from, name, image.digest, [entryOf(sbom)]);
    const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`, { referrers: true });
    expect(job).toMatchObject({ status: "succeeded", progress: { referrers: { total: 1, done: 1 } } });
    expect(await fallbackEntries(to, name, image.digest)).toEqual([entryOf(sbom)]);
  });

  it("Q134 goes with its image where all tags are copied: as referrers where the registry has the API, added to its list where not", async () => {
    const from = await registry(NO_API);
    const [withApi, without] = await twoRegistries({}, NO_API);
    const name = freshName();
    const image = await from.putImage(name, "1", SINGLE);
    const sbom = await attach(from, name, topOf(image), "sbom");
    await putFallbackIndex(from, name, image.digest, [entryOf(sbom)]);
    await without.putImage(name, "1", SINGLE);
    const theirs = await attach(without, name, topOf(image), "theirs");
    await putFallbackIndex(without, name, image.digest, [entryOf(theirs)]);
    for (const to of [withApi, without]) {
      const job = await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all", referrers: true });
      expect(job).toMatchObject({ status: "succeeded" });
    }
    expect(await withApi.tags(name)).toEqual({ 1: image.digest });
    expect(await listedByApi(withApi, name, image.digest)).toEqual([sbom.digest]);
    expect(await fallbackEntries(without, name, image.digest)).toEqual([entryOf(theirs), entryOf(sbom)]);
  });
});
