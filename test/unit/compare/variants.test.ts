/** Images whose config does not say, or says otherwise, for which variant of an architecture they are. */
import { expect, it } from "vitest";
import { type Comparison, compare } from "../../../src/compare/compare.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { parsePlatform } from "../../../src/oci/platform.ts";
import { ComparedShelf, type ShelfImage } from "../../support/compared-shelf.ts";

type Entry = readonly [platform: string, image: Descriptor];

const compared = (shelf: ComparedShelf, left: Descriptor, right: Descriptor): Promise<Comparison> =>
  compare({ left: shelf.side("left", left), right: shelf.side("right", right) }, undefined);

/** An image for linux/arm, as its config says, without a variant. */
function arm(shelf: ComparedShelf, layer: string, more: ShelfImage = {}): Descriptor {
  return shelf.image({ platform: "linux/arm", config: { variant: undefined }, layers: ["base", layer], ...more });
}

/** An index as busybox's: the variants of arm are named in it only. */
function variants(shelf: ComparedShelf): [amd64: Entry, v5: Entry, v6: Entry, v7: Entry] {
  const entry = (variant: string): Entry => [`linux/arm/${variant}`, arm(shelf, variant)];
  return [["linux/amd64", shelf.image()], entry("v5"), entry("v6"), entry("v7")];
}

it.each(["left", "right"] as const)("a converted image is found at %s by its config among the variants", async (side) => {
  const shelf = new ComparedShelf();
  const index = shelf.index(variants(shelf));
  const converted = arm(shelf, "v6", { family: "docker" });
  const found = await (side === "left" ? compared(shelf, index, converted) : compared(shelf, converted, index));
  expect(found).toMatchObject({ verdict: "single-platform-of-index", same: { imageId: true, layers: true } });
  expect(found.explanation).toContain(`is the linux/arm/v6 image of the index at ${side}`);
  expect(shelf.reads.filter((read) => read.includes("manifest sha256:"))).toHaveLength(3);
});

it("and by its layers where the conversion wrote the config anew", async () => {
  const shelf = new ComparedShelf();
  const converted = arm(shelf, "v6", { family: "docker", config: { variant: undefined, docker_version: "20.10" } });
  expect(await compared(shelf, shelf.index(variants(shelf)), converted)).toMatchObject({
    verdict: "single-platform-of-index",
    platform: "linux/arm/v6",
    same: { imageId: false, layers: true },
  });
});

it("the only image of the architecture is taken, whatever its variant, without reading another", async () => {
  const shelf = new ComparedShelf();
  const [amd64, , v6] = variants(shelf);
  const found = await compared(shelf, shelf.index([amd64, v6]), arm(shelf, "v6", { family: "docker" }));
  expect(found).toMatchObject({ verdict: "single-platform-of-index", platform: "linux/arm/v6" });
  expect(shelf.reads.filter((read) => read.includes("manifest sha256:"))).toEqual([`left manifest ${v6[1].digest}`]);
});

it("an image that was built again is compared with the usual variant", async () => {
  const shelf = new ComparedShelf();
  const found = await compared(shelf, shelf.index(variants(shelf)), arm(shelf, "new"));
  expect(found).toMatchObject({ verdict: "shared-layers", platform: "linux/arm/v7" });
  expect(found.explanation).toContain("linux/arm/v7 was compared.");
});

it("a variant that is not there is compared with another one, and that is said", async () => {
  const shelf = new ComparedShelf();
  const [amd64, , v6] = variants(shelf);
  const found = await compared(shelf, shelf.index([amd64, v6]), shelf.image({ platform: "linux/arm/v7", layers: ["base", "v7"] }));
  expect(found).toMatchObject({ verdict: "shared-layers", platform: "linux/arm/v6" });
  expect(found.explanation).toContain(
    "linux/arm/v6 at left was compared with linux/arm/v7 at right: the same architecture, but no platform is on both sides.",
  );
});

it("variants that a sparse index names and that are not there don't matter", async () => {
  const shelf = new ComparedShelf();
  const [amd64, v5, v6, v7] = variants(shelf);
  const index = shelf.index([amd64, v5, v6, v7]);
  shelf.manifests.delete(v5[1].digest);
  shelf.manifests.delete(v7[1].digest);
  const found = await compared(shelf, index, arm(shelf, "v6", { family: "docker" }));
  expect(found).toMatchObject({ verdict: "single-platform-of-index", platform: "linux/arm/v6" });
});

it("a variant that the image names needs no second look", async () => {
  const shelf = new ComparedShelf();
  const index = shelf.index(variants(shelf));
  const named = shelf.image({ platform: "linux/arm/v6", layers: ["base", "v6"], packing: "zstd" });
  expect(await compared(shelf, index, named)).toMatchObject({ platform: "linux/arm/v6", same: { diffIds: true } });
  expect(shelf.reads.filter((read) => read.includes("manifest sha256:"))).toHaveLength(1);
});

it("a platform that is spelt in two ways is on both sides", async () => {
  const shelf = new ComparedShelf();
  const entry = (variant: string | undefined, layer: string) => ({
    ...shelf.image({ platform: "linux/arm64", layers: [layer] }),
    platform: { os: "linux", architecture: "arm64", ...(variant && { variant }) },
  });
  const [left, right] = [entry("v8", "a"), entry(undefined, "b")].map((manifest) =>
    shelf.put("application/vnd.oci.image.index.v1+json", { manifests: [manifest] }),
  );
  expect((await compared(shelf, left as Descriptor, right as Descriptor)).explanation).toContain("linux/arm64/v8 was compared.");
});

/** An index over images for the platforms as they are spelt, each with a layer of its own, and an attestation of each where that is asked for. */
function spelt(shelf: ComparedShelf, build: string, platforms: readonly string[], isAttested = false): Descriptor {
  const manifests = platforms.flatMap((name) => {
    const [os = "", architecture = "", variant] = name.split("/");
    const image = shelf.image({ platform: name, layers: ["base", `${parsePlatform(name).architecture} ${build}`] });
    const annotations = { "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": image.digest };
    const about = { ...shelf.image({ platform: "unknown/unknown", layers: [`about ${image.digest}`] }), annotations };
    const unknown = { os: "unknown", architecture: "unknown" };
    return [
      { ...image, platform: { os, architecture, ...(variant && { variant }) } },
      ...(isAttested ? [{ ...about, platform: unknown }] : []),
    ];
  });
  return shelf.put("application/vnd.oci.image.index.v1+json", { manifests });
}

it.each([
  ["linux/arm64", "linux/arm64/v8"],
  ["linux/arm64/v8", "linux/arm64"],
  ["linux/arm", "linux/arm/v7"],
  ["linux/arm/7", "linux/arm"],
  ["linux/amd64", "linux/x86_64"],
  ["linux/amd64/v1", "linux/amd64"],
])("entries of two indexes for %s and %s are for one platform", async (one, other) => {
  const shelf = new ComparedShelf();
  const found = await compared(shelf, spelt(shelf, "1", ["linux/s390x", one]), spelt(shelf, "2", [other, "linux/s390x"]));
  expect(found.explanation).toContain(`Other digests at right: linux/s390x, ${one}.`);
  expect(found.explanation).not.toMatch(/Missing at right|Only at right/);
  expect(found.differences).toContainEqual(expect.objectContaining({ document: "index", path: "/manifests/1/digest" }));
});

it.each([
  ["linux/arm/v6", "linux/arm"],
  ["linux/arm64/v9", "linux/arm64"],
  ["linux/amd64/v3", "linux/amd64"],
])("entries for %s and %s are for two", async (one, other) => {
  const shelf = new ComparedShelf();
  const found = await compared(shelf, spelt(shelf, "1", ["linux/s390x", one]), spelt(shelf, "2", [other, "linux/s390x"]));
  expect(found.explanation).toContain(`Other digests at right: linux/s390x. Missing at right: ${one}. Only at right: ${other}.`);
});

it("attestations of one platform that is spelt in two ways belong together", async () => {
  const shelf = new ComparedShelf();
  const found = await compared(shelf, spelt(shelf, "1", ["linux/arm64"], true), spelt(shelf, "2", ["linux/arm64/v8"], true));
  expect(found.explanation).toContain("Other digests at right: linux/arm64, attestation of linux/arm64.");
});

it("an index that names one platform twice, spelt in two ways, is over one platform", async () => {
  const shelf = new ComparedShelf();
  const found = await compared(
    shelf,
    spelt(shelf, "1", ["linux/arm64", "linux/arm64/v8"]),
    shelf.image({ platform: "linux/arm64", layers: ["x"] }),
  );
  expect(found.left.platforms).toEqual(["linux/arm64"]);
  expect(found.explanation).toContain("is an index over 1 platform;");
});

it("a platform that the smaller index spells otherwise is not gone", async () => {
  const shelf = new ComparedShelf();
  const [amd64, arm64, s390x] = ["linux/amd64", "linux/arm64", "linux/s390x"].map((platform) => shelf.image({ platform }));
  const entry = (image: Descriptor | undefined, architecture: string, variant?: string) => ({
    ...image,
    platform: { os: "linux", architecture, ...(variant && { variant }) },
  });
  const index = (...manifests: object[]) => shelf.put("application/vnd.oci.image.index.v1+json", { manifests });
  const whole = index(entry(amd64, "amd64"), entry(arm64, "arm64", "v8"), entry(s390x, "s390x"));
  const { explanation } = await compared(shelf, whole, index(entry(amd64, "amd64"), entry(arm64, "arm64")));
  expect(explanation).toContain("it has linux/amd64, linux/arm64, and no longer linux/s390x.");
});
