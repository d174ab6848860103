/** Images whose config does not say, or says otherwise, for which variant of an architecture they are. */
import { expect, it } from "vitest";
import { type Comparison, compare } from "../../../src/compare/compare.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
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
