import { describe, expect, it } from "vitest";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { blob, CONFIG, INDEX, MANIFEST, ManifestShelf } from "../../support/manifest-shelf.ts";
import { entry, rewritten, select, textOf } from "./platform-shelf.ts";

const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";

function attestation(shelf: ManifestShelf, subject: Descriptor): Descriptor {
  const annotations = { "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": subject.digest };
  const image = shelf.putImage({ os: "unknown", architecture: "unknown" }, subject.digest);
  return { ...image, annotations, platform: { os: "unknown", architecture: "unknown" } };
}

/** An index over five platforms, two of them with attestations. */
function fivePlatforms(shelf: ManifestShelf, fields: object = {}) {
  const images = ["linux/amd64", "linux/arm64/v8", "linux/arm/v6", "linux/arm/v7", "windows/amd64:10.0.17763.1"].map((text) =>
    entry(shelf, text),
  );
  const attestations = images.slice(0, 2).map((image) => attestation(shelf, image));
  const root = shelf.put(INDEX, { manifests: [...images, ...attestations], ...fields });
  const [amd64, arm64, v6, v7, windows] = images as [Descriptor, Descriptor, Descriptor, Descriptor, Descriptor];
  const [aboutAmd64, aboutArm64] = attestations as [Descriptor, Descriptor];
  return { root, amd64, arm64, v6, v7, windows, aboutAmd64, aboutArm64 };
}

const digests = (...descriptors: Descriptor[]) => descriptors.map(({ digest }) => digest);

describe("sparse", () => {
  it("keeps the index, and leaves out what is for other platforms with its attestations", async () => {
    const shelf = new ManifestShelf();
    const { root, v6, v7, windows, arm64, aboutArm64 } = fivePlatforms(shelf);
    const selection = await select(shelf, root, "linux/amd64");
    expect(selection.root).toEqual(root);
    expect([...selection.leftOut].sort()).toEqual(digests(v6, v7, windows, arm64, aboutArm64).sort());
    expect(selection.made).toEqual([]);
    // Descriptors tell enough.
    expect(shelf.asked).toEqual([root.digest]);
  });

  it.each([
    ["linux/arm", "v7"],
    ["linux/arm/v6", "v6"],
    ["linux/aarch64", "arm64"],
    ["windows/amd64", "windows"],
    ["windows/amd64:10.0.17763", "windows"],
  ] as const)("%s keeps %s", async (platform, name) => {
    const shelf = new ManifestShelf();
    const image = fivePlatforms(shelf);
    const { leftOut } = await select(shelf, image.root, platform);
    const others = digests(image.amd64, image.arm64, image.v6, image.v7, image.windows).filter((digest) => digest !== image[name].digest);
    expect(others.filter((digest) => !leftOut.has(digest))).toEqual([]);
    expect(leftOut.has(image[name].digest)).toBe(false);
  });

  it("keeps an index within that holds a wanted platform, and of it only that", async () => {
    const shelf = new ManifestShelf();
    const [amd64, arm64, s390x] = [entry(shelf, "linux/amd64"), entry(shelf, "linux/arm64"), entry(shelf, "linux/s390x")];
    const inner = shelf.put(INDEX, { manifests: [amd64, arm64] });
    const other = shelf.put(INDEX, { manifests: [s390x] });
    const root = shelf.put(INDEX, { manifests: [inner, other] });
    const { leftOut } = await select(shelf, root, "linux/arm64");
    expect([...leftOut].sort()).toEqual(digests(amd64, other).sort());
  });

  it("keeps everything where everything is wanted", async () => {
    const shelf = new ManifestShelf();
    const root = shelf.put(INDEX, { manifests: [entry(shelf, "linux/amd64"), entry(shelf, "linux/arm64")] });
    expect((await select(shelf, root, ["linux/amd64", "linux/arm64"])).leftOut.size).toBe(0);
  });

  it("leaves out what is for no platform", async () => {
    const shelf = new ManifestShelf();
    const strange = blob("strange", { mediaType: "application/vnd.example.thing" });
    const chart = shelf.put(MANIFEST, { config: blob("{}", { mediaType: "application/vnd.cncf.helm.config.v1+json" }), layers: [] });
    const root = shelf.put(INDEX, { manifests: [strange, chart, entry(shelf, "linux/amd64")] });
    expect([...(await select(shelf, root, "linux/amd64")).leftOut].sort()).toEqual(digests(strange, chart).sort());
  });

  it("reads the config of an image whose descriptor names no platform", async () => {
    const shelf = new ManifestShelf();
    const bare = [
      shelf.putImage({ os: "linux", architecture: "amd64" }),
      shelf.putImage({ os: "linux", architecture: "arm", variant: "v6" }),
    ];
    const root = shelf.put(INDEX, { manifests: bare });
    expect([...(await select(shelf, root, "linux/arm/v6")).leftOut]).toEqual([bare[0]?.digest]);
  });
});

describe("single", () => {
  it("is the platform's own manifest", async () => {
    const shelf = new ManifestShelf();
    const { root, v7 } = fivePlatforms(shelf);
    const { digest, mediaType, size } = v7;
    expect(await select(shelf, root, "linux/arm/v7", "single")).toEqual({
      root: { digest, mediaType, size },
      leftOut: new Set(),
      made: [],
    });
  });

  it("finds it in an index within", async () => {
    const shelf = new ManifestShelf();
    const arm64 = entry(shelf, "linux/arm64");
    const root = shelf.put(INDEX, { manifests: [shelf.put(INDEX, { manifests: [arm64] })] });
    expect((await select(shelf, root, "linux/arm64", "single")).root.digest).toBe(arm64.digest);
  });

  it("is the first of several for the very same platform", async () => {
    const shelf = new ManifestShelf();
    const [first, second] = [entry(shelf, "linux/amd64", "first"), entry(shelf, "linux/amd64", "second")];
    const root = shelf.put(INDEX, { manifests: [first, second] });
    expect((await select(shelf, root, "linux/amd64", "single")).root.digest).toBe(first.digest);
  });

  it("wants to know which of several versions of a system", async () => {
    const shelf = new ManifestShelf();
    const versions = ["10.0.17763.6054", "10.0.20348.2582"].map((version) => entry(shelf, `windows/amd64:${version}`));
    const root = shelf.put(INDEX, { manifests: versions });
    await expect(select(shelf, root, "windows/amd64", "single")).rejects.toMatchObject({
      failure: {
        code: "unsupported",
        side: "source",
        message: expect.stringContaining("windows/amd64:10.0.17763.6054, windows/amd64:10.0.20348.2582"),
      },
    });
    expect((await select(shelf, root, "windows/amd64:10.0.20348", "single")).root.digest).toBe(versions[1]?.digest);
  });
});

describe("rewrite", () => {
  it("keeps the type, the fields and the entries as they were, in their order", async () => {
    const shelf = new ManifestShelf();
    const fields = { annotations: { b: "2", a: "1" }, "org.example.extra": { deep: [1, null] }, artifactType: "application/vnd.example" };
    const { root, amd64, v7, aboutAmd64 } = fivePlatforms(shelf, fields);
    const selection = await select(shelf, root, ["linux/arm/v7", "linux/amd64"], "rewrite");
    expect(textOf(selection.made.at(-1))).toBe(
      JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [amd64, v7, aboutAmd64], ...fields }),
    );
    expect(selection.root).toEqual(selection.made.at(-1)?.descriptor);
    expect([selection.leftOut.size, selection.root.digest === root.digest]).toEqual([0, false]);
  });

  it("leaves out an entry for another platform that names a wanted one's manifest", async () => {
    const shelf = new ManifestShelf();
    const amd64 = entry(shelf, "linux/amd64");
    const alsoV2 = { ...amd64, platform: { os: "linux", architecture: "amd64", variant: "v2" } };
    const about = attestation(shelf, amd64);
    const root = shelf.put(INDEX, { manifests: [amd64, alsoV2, about] });
    expect(rewritten(await select(shelf, root, "linux/amd64", "rewrite")).manifests).toEqual([amd64, about]);
    expect(rewritten(await select(shelf, root, "linux/amd64/v2", "rewrite")).manifests).toEqual([alsoV2, about]);
    expect((await select(shelf, root, "linux/amd64")).leftOut.size).toBe(0);
  });

  it.each(["linux/amd64", "linux/s390x"])("takes an index for what is in it, though its entry says %s", async (said) => {
    const shelf = new ManifestShelf();
    const [amd64, arm64] = [entry(shelf, "linux/amd64"), entry(shelf, "linux/arm64")];
    const inner = shelf.put(INDEX, { manifests: [amd64, arm64] });
    const [os = "", architecture = ""] = said.split("/");
    const named = { ...inner, platform: { os, architecture } };
    const root = shelf.put(INDEX, { manifests: [named, inner] });
    const selection = await select(shelf, root, "linux/amd64", "rewrite");
    const made = selection.made[0]?.descriptor;
    expect(rewritten(selection).manifests).toEqual([{ ...named, ...made }, made]);
    expect((await select(shelf, root, "linux/amd64", "single")).root.digest).toBe(amd64.digest);
    expect([...(await select(shelf, root, "linux/amd64", "sparse")).leftOut]).toEqual([arm64.digest]);
  });

  it("leaves numbers as they are written, which JavaScript would write in another way", async () => {
    const shelf = new ManifestShelf();
    const [amd64, arm64] = [entry(shelf, "linux/amd64"), entry(shelf, "linux/arm64")];
    const fields = '"big":123456789012345678901234567890,"point":1.0,"power":1E3,"minus":-0';
    const root = shelf.putBytes(
      INDEX,
      `{"schemaVersion":2,"mediaType":"${INDEX}","manifests":${JSON.stringify([amd64, arm64])},${fields}}`,
    );
    expect(textOf((await select(shelf, root, "linux/amd64", "rewrite")).made.at(-1))).toBe(
      `{"schemaVersion":2,"mediaType":"${INDEX}","manifests":${JSON.stringify([amd64])},${fields}}`,
    );
  });

  it("keeps Docker's type", async () => {
    const shelf = new ManifestShelf();
    const root = shelf.put(DOCKER_LIST, { manifests: [entry(shelf, "linux/amd64"), entry(shelf, "linux/arm64")] });
    const { made } = await select(shelf, root, "linux/arm64", "rewrite");
    expect(made.map(({ descriptor }) => descriptor.mediaType)).toEqual([DOCKER_LIST]);
  });

  it("gives the same bytes for the same index and platforms, however these are ordered", async () => {
    const shelf = new ManifestShelf();
    const { root } = fivePlatforms(shelf);
    const one = await select(shelf, root, ["linux/amd64", "linux/arm64"], "rewrite");
    const two = await select(shelf, root, ["linux/arm64/v8", "linux/x86_64"], "rewrite");
    expect(textOf(two.made.at(-1))).toBe(textOf(one.made.at(-1)));
  });

  it("leaves an index of which nothing falls away byte for byte", async () => {
    const shelf = new ManifestShelf();
    const text = ` {"schemaVersion":2,\n"manifests" : [${JSON.stringify(entry(shelf, "linux/amd64"))}]}`;
    const root = shelf.putBytes(INDEX, text);
    expect(await select(shelf, root, "linux/amd64", "rewrite")).toEqual({ root, leftOut: new Set(), made: [] });
  });

  it("writes an index within anew first, and lets its parent point to that", async () => {
    const shelf = new ManifestShelf();
    const [amd64, arm64, s390x] = [entry(shelf, "linux/amd64"), entry(shelf, "linux/arm64"), entry(shelf, "linux/s390x")];
    const inner = shelf.put(INDEX, { manifests: [amd64, arm64] });
    const whole = shelf.put(INDEX, { manifests: [arm64] });
    const gone = shelf.put(INDEX, { manifests: [s390x] });
    const named = { ...inner, annotations: { name: "inner" }, data: "e30=" };
    const root = shelf.put(INDEX, { manifests: [named, whole, gone] });
    const selection = await select(shelf, root, "linux/arm64", "rewrite");
    const [madeInner, madeRoot] = selection.made;
    expect(selection.made).toHaveLength(2);
    expect(JSON.parse(textOf(madeInner)).manifests).toEqual([arm64]);
    expect(rewritten(selection).manifests).toEqual([{ ...madeInner?.descriptor, annotations: { name: "inner" } }, whole]);
    expect(selection.root).toEqual(madeRoot?.descriptor);
  });
});

describe.each(["sparse", "single", "rewrite"] as const)("%s", (index) => {
  it("fails where a platform is not there, and names those that are", async () => {
    const shelf = new ManifestShelf();
    const { root } = fivePlatforms(shelf);
    await expect(select(shelf, root, "linux/riscv64", index)).rejects.toMatchObject({
      failure: {
        code: "not-found",
        side: "source",
        message: `${root.digest} is not there for linux/riscv64; it is for linux/amd64, linux/arm64, linux/arm/v6, linux/arm/v7, windows/amd64:10.0.17763.1`,
      },
    });
  });

  it("takes an image without an index by its config's platform", async () => {
    const shelf = new ManifestShelf();
    const root = shelf.putImage({ os: "linux", architecture: "arm64", variant: "v8" });
    expect(await select(shelf, root, "linux/arm64", index)).toEqual({ root, leftOut: new Set(), made: [] });
    await expect(select(shelf, root, "linux/amd64", index)).rejects.toMatchObject({
      failure: { code: "not-found", message: expect.stringContaining("it is for linux/arm64/v8") },
    });
  });

  it.each([
    ["an artifact", "application/vnd.oci.empty.v1+json", "{}"],
    ["an image whose config does not say", CONFIG, "{}"],
  ])("fails for %s", async (_, mediaType, text) => {
    const shelf = new ManifestShelf();
    const config = blob(text, { mediaType });
    shelf.configs.set(config.digest, new TextEncoder().encode(text));
    const root = shelf.put(MANIFEST, { config, layers: [] });
    await expect(select(shelf, root, "linux/amd64", index)).rejects.toMatchObject({
      failure: { code: "not-found", message: expect.stringContaining("it is for no platform") },
    });
  });
});
