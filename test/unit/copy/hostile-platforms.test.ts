import { describe, expect, it } from "vitest";
import { type PlatformReader, selectPlatforms } from "../../../src/copy/select-platforms.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { parsePlatform } from "../../../src/oci/platform.ts";
import { INDEX, ManifestShelf } from "../../support/manifest-shelf.ts";
import { entry, readerOf, rewritten, select, textOf } from "./platform-shelf.ts";

describe("an index that was made to exhaust who reads it", () => {
  /** Indexes in each other, eight levels deep, each naming the next one a thousand times. */
  function labyrinth(shelf: ManifestShelf, leaf: readonly Descriptor[]): Descriptor {
    let within = leaf;
    for (let level = 0; level < 8; level++) {
      const index = shelf.put(INDEX, { manifests: within });
      within = Array.from({ length: 1_000 }, () => index);
    }
    return within[0] as Descriptor;
  }

  it.each(["sparse", "single", "rewrite"] as const)(
    "%s: indexes that name each other again and again are gone through once",
    async (index) => {
      const shelf = new ManifestShelf();
      const [amd64, arm64] = [entry(shelf, "linux/amd64"), entry(shelf, "linux/arm64")];
      const root = labyrinth(shelf, [amd64, arm64]);
      const selection = await select(shelf, root, "linux/amd64", index);
      if (index === "rewrite") {
        expect(selection.made).toHaveLength(8);
        expect(rewritten(selection).manifests).toHaveLength(1_000);
        expect(JSON.parse(textOf(selection.made[0])).manifests).toEqual([amd64]);
      } else {
        expect(selection.root.digest).toBe(index === "single" ? amd64.digest : root.digest);
        expect([...selection.leftOut]).toEqual(index === "single" ? [] : [arm64.digest]);
      }
      await expect(select(shelf, root, "linux/s390x", index)).rejects.toMatchObject({ failure: { code: "not-found" } });
    },
  );

  it("asks an image that is named without its platform once, however often that is", async () => {
    const shelf = new ManifestShelf();
    const image = shelf.putImage({ os: "linux", architecture: "amd64" });
    const root = shelf.put(INDEX, { manifests: Array.from({ length: 1_000 }, () => image) });
    let configs = 0;
    const reader = readerOf(shelf);
    const platformOf: PlatformReader["platformOf"] = (parsed) => {
      configs++;
      return reader.platformOf(parsed);
    };
    await selectPlatforms(root, { platforms: [parsePlatform("linux/amd64")], index: "sparse" }, { ...reader, platformOf });
    expect(configs).toBe(1);
  });

  it("asks no more than 4,096 images what they are for", async () => {
    const shelf = new ManifestShelf();
    const images = Array.from({ length: 4_097 }, (_, number) => shelf.putImage({ os: "linux", architecture: "amd64" }, String(number)));
    const root = shelf.put(INDEX, { manifests: images });
    await expect(select(shelf, root, "linux/amd64")).rejects.toMatchObject({
      failure: { code: "manifest-invalid", side: "source", message: expect.stringContaining("more than 4096 images") },
    });
  });

  it("names no more than some platforms, and of each a part, in a message", async () => {
    const shelf = new ManifestShelf();
    const image = shelf.putImage({ os: "linux", architecture: "amd64" });
    const manifests = Array.from({ length: 2_000 }, (_, number) => ({
      ...image,
      platform: { os: `${number}${"o".repeat(500)}`, architecture: "x" },
    }));
    const failing = select(shelf, shelf.put(INDEX, { manifests }), "linux/arm64");
    await expect(failing).rejects.toMatchObject({ failure: { code: "not-found", message: expect.stringMatching(/^.{1900,2100}$/) } });
  });
});
