/** Indexes within indexes: what they list counts, not where in them it stands. */
import { expect, it } from "vitest";
import { compare } from "../../../src/compare/compare.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { ComparedShelf } from "../../support/compared-shelf.ts";
import { INDEX } from "../../support/manifest-shelf.ts";

type Entry = ReturnType<ComparedShelf["platforms"]>[number];

const compared = (shelf: ComparedShelf, left: Descriptor, right: Descriptor) =>
  compare({ left: shelf.side("left", left), right: shelf.side("right", right) }, undefined);

it("a nested and a flat index of the same images list the same", async () => {
  const shelf = new ComparedShelf();
  const entries = shelf.platforms("linux/amd64", "linux/arm64");
  const flat = shelf.index(entries);
  const inner = shelf.index(entries, { annotations: { made: "inside" } });
  const nested = shelf.index([[undefined, inner]]);

  const found = await compared(shelf, nested, flat);

  expect(found).toMatchObject({ verdict: "reserialized", same: { digest: false, imageId: true, layers: true } });
  expect(found.explanation).toContain(
    "Both indexes list the same manifests, by digest, but not in the same arrangement: left has 1 index within it, right none.",
  );
  expect(found.explanation).not.toContain("Missing");
  expect(found.explanation).not.toContain("order");
  expect(found.differences).toEqual([{ document: "index", path: "/manifests/0", rightPath: null, left: inner, right: null }]);
});

it("entries within indexes are told by their way there", async () => {
  const shelf = new ComparedShelf();
  const [amd64, arm64, s390x] = shelf.platforms("linux/amd64", "linux/arm64", "linux/s390x") as [Entry, Entry, Entry];
  const rebuilt = ["linux/arm64", shelf.image({ platform: "linux/arm64", layers: ["new"] })] as const;
  const nested = shelf.index([[undefined, shelf.index([amd64, arm64])], s390x]);

  const found = await compared(shelf, nested, shelf.index([rebuilt, amd64]));

  expect(found.verdict).toBe("shared-layers");
  expect(found.explanation).toContain(
    "Of the 3 entries of the index at left, those of indexes within it included, 1 is the same at right. Other digests at right: linux/arm64. Missing at right: linux/s390x.",
  );
  expect(found.differences).toMatchObject([
    { path: "/manifests/0/manifests/1/digest", rightPath: "/manifests/0/digest", left: arm64[1].digest, right: rebuilt[1].digest },
    { path: "/manifests/0/manifests/1/size", rightPath: "/manifests/0/size", left: arm64[1].size, right: rebuilt[1].size },
    { path: "/manifests/1", rightPath: null, right: null },
    { path: "/manifests/0/manifests/0/digest", rightPath: "/manifests/1/digest", left: amd64[1].digest, right: amd64[1].digest },
    { path: "/manifests/0", rightPath: null, left: { mediaType: nested.mediaType }, right: null },
  ]);
});

it("an index within that stands behind an image instead of before it has moved, even an empty one", async () => {
  const shelf = new ComparedShelf();
  const [amd64] = shelf.platforms("linux/amd64") as [Entry];
  const inner = [undefined, shelf.index([])] as const;

  const found = await compared(shelf, shelf.index([inner, amd64]), shelf.index([amd64, inner]));

  expect(found.verdict).toBe("reserialized");
  expect(found.explanation).toContain(`In another order at right: ${inner[1].mediaType}, linux/amd64;`);
  expect(found.differences).toMatchObject([
    { path: "/manifests/1/digest", rightPath: "/manifests/0/digest", left: amd64[1].digest },
    { path: "/manifests/0/digest", rightPath: "/manifests/1/digest", left: inner[1].digest },
  ]);
});

it("an index within that was written anew is one difference", async () => {
  const shelf = new ComparedShelf();
  const entries = shelf.platforms("linux/amd64", "linux/arm64");
  const inner = ["1", "2"].map((made) => shelf.index(entries, { annotations: { made } })) as [Descriptor, Descriptor];
  const [left, right] = inner.map((index) => shelf.index([[undefined, index]])) as [Descriptor, Descriptor];

  const found = await compared(shelf, left, right);

  expect(found.verdict).toBe("reserialized");
  expect(found.explanation).toContain("Both indexes list the same manifests, by digest; only the indexes were written anew.");
  expect(found.differences).toEqual([{ document: "index", path: "/manifests/0/digest", left: inner[0].digest, right: inner[1].digest }]);
});

it("indexes with tens of thousands of platforms are compared in a time that grows with their number, not with its square", async () => {
  const shelf = new ComparedShelf();
  const image = shelf.image();
  const inner = (name: string) => {
    const manifests = Array.from({ length: 4_000 }, (_, n) => ({ ...image, platform: { os: "linux", architecture: `${name}-${n}` } }));
    return shelf.put(INDEX, { manifests });
  };
  const outer = (names: string[]) => shelf.put(INDEX, { manifests: names.map(inner) });
  const names = Array.from({ length: 8 }, (_, n) => `cpu${n}`);
  const others = names.map((name) => `other${name}`);
  expect((await compared(shelf, outer(names), outer(others))).platform).toBe("linux/cpu0-0");
  expect((await compared(shelf, outer(names), outer(names.slice(1)))).explanation).toContain("fewer platforms");
});
