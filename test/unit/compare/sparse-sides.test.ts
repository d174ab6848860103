/** Indexes that name what is not there, and that name one image differently. */
import { describe, expect, it } from "vitest";
import { compare } from "../../../src/compare/compare.ts";
import type { SideReader } from "../../../src/compare/read-sides.ts";
import { CopyError } from "../../../src/oci/errors.ts";
import { ComparedShelf } from "../../support/compared-shelf.ts";

describe("an index of which a side lacks some, as a sparse copy does", () => {
  /** An index over two platforms, and sides of it that lack the first one's image. */
  function sparse() {
    const shelf = new ComparedShelf();
    const [amd64, arm64] = shelf.platforms("linux/amd64", "linux/arm64") as [PlatformImage, PlatformImage];
    const index = shelf.index([amd64, arm64]);
    const lacking = (reader: SideReader): SideReader => ({
      ...reader,
      readManifest: async (name) => {
        if (name === amd64[1].digest) {
          throw new CopyError({ code: "not-found", message: "no such manifest", retry: "never", side: "source" });
        }
        return await reader.readManifest(name);
      },
    });
    return { index, left: shelf.side("left", index), right: shelf.side("right", index), lacking };
  }
  type PlatformImage = ReturnType<ComparedShelf["platforms"]>[number];

  it("is compared by what the other has", async () => {
    const { index, left, right, lacking } = sparse();
    for (const sides of [
      { left: lacking(left), right },
      { left, right: lacking(right) },
    ]) {
      const found = await compare(sides, undefined);
      expect(found).toMatchObject({ verdict: "identical", same: { digest: true, imageId: true }, left: { digest: index.digest } });
      expect(found.left.imageId).not.toBeNull();
    }
  });

  it("is identical to itself, without an image", async () => {
    const { left, right, lacking } = sparse();
    const found = await compare({ left: lacking(left), right: lacking(right) }, undefined);
    expect(found).toMatchObject({ verdict: "identical", same: { digest: true }, left: { imageId: null }, differences: [] });
    expect(found.explanation).toContain("Both references stand for the same bytes: an index over 2 platforms.");
  });
});

it("one image that two indexes list for different platforms is told as that", async () => {
  const shelf = new ComparedShelf();
  const [one, other] = [shelf.image({ layers: ["one"] }), shelf.image({ layers: ["other"] })];
  const [left, right] = [
    shelf.index([
      ["linux/arm64", one],
      ["linux/amd64", other],
    ]),
    shelf.index([["linux/amd64", one]]),
  ];
  const found = await compare({ left: shelf.side("left", left), right: shelf.side("right", right) }, undefined);
  expect(found.explanation).toContain(
    "linux/arm64 at left was compared with linux/amd64 at right: one manifest, which the two list for different platforms.",
  );
  expect(found.explanation).not.toContain("no platform is on both sides");
});
