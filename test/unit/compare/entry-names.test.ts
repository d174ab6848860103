/** What the entries of indexes are called where their platforms alone do not tell. */
import { expect, it } from "vitest";
import { compare } from "../../../src/compare/compare.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { ComparedShelf } from "../../support/compared-shelf.ts";

type Entry = ReturnType<ComparedShelf["platforms"]>[0];

async function explained(shelf: ComparedShelf, left: Descriptor, right: Descriptor): Promise<string> {
  return (await compare({ left: shelf.side("left", left), right: shelf.side("right", right) }, undefined)).explanation;
}

it("two indexes over the same manifests for other platforms say which", async () => {
  const shelf = new ComparedShelf();
  const [amd64, arm64] = shelf.platforms("linux/amd64", "linux/arm64") as [Entry, Entry];
  const swapped: Entry[] = [
    ["linux/arm64", amd64[1]],
    ["linux/amd64", arm64[1]],
  ];
  const found = await explained(shelf, shelf.index([amd64, arm64]), shelf.index(swapped));
  expect(found).toContain(
    "by digest, but not for the same platforms: what is linux/amd64 at left is linux/arm64 at right, what is linux/arm64 at left is linux/amd64 at right.",
  );
  expect(found).not.toContain("only the index itself");
  const more = await explained(shelf, shelf.index([amd64, arm64]), shelf.index([...swapped, ["linux/s390x", shelf.image()]]));
  expect(more).toContain("For other platforms at right: what is linux/amd64 at left is linux/arm64 at right,");
});

it("an index with two entries for one platform says by digest which one is missing", async () => {
  const shelf = new ComparedShelf();
  const [amd64, again] = [shelf.image({ layers: ["one"] }), shelf.image({ layers: ["two"] })];
  const both = shelf.index([
    ["linux/amd64", amd64],
    ["linux/amd64", again],
  ]);
  const found = await explained(shelf, both, shelf.index([["linux/amd64", amd64]]));
  expect(found).toContain(`Missing at right: linux/amd64 (${again.digest}).`);
});
