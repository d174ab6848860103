/** Entries of two indexes: where each stands, and that what is said of a place really stands there. */
import { describe, expect, it } from "vitest";
import { type Comparison, compare } from "../../../src/compare/compare.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { ComparedShelf } from "../../support/compared-shelf.ts";
import { INDEX } from "../../support/manifest-shelf.ts";

/** What stands at a pointer in an index; `null` where nothing does. */
function valueAt(shelf: ComparedShelf, { digest }: Descriptor, pointer: string): unknown {
  let value: unknown = JSON.parse(new TextDecoder().decode(shelf.manifests.get(digest)?.bytes));
  for (const name of pointer.split("/").slice(1)) {
    value = (value as Record<string, unknown> | undefined)?.[name.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return value ?? null;
}

/** Compares two indexes, and looks up every difference in both. */
async function compared(shelf: ComparedShelf, left: Descriptor, right: Descriptor): Promise<Comparison> {
  const found = await compare({ left: shelf.side("left", left), right: shelf.side("right", right) }, undefined);
  for (const { document, path, leftPath = path, rightPath = path, left: one, right: other } of found.differences) {
    if (document === "index") {
      expect(leftPath === null ? null : valueAt(shelf, left, leftPath)).toEqual(one);
      expect(rightPath === null ? null : valueAt(shelf, right, rightPath)).toEqual(other);
      // That a side has no place for an entry is said only where it has something else at that of the other.
      expect(leftPath !== null || valueAt(shelf, left, path) !== null).toBe(true);
      expect(rightPath !== null || valueAt(shelf, right, path) !== null).toBe(true);
    }
  }
  return found;
}

type Json = Record<string, unknown>;

/** The descriptor of an image that is made for a platform; `build` tells one from another. */
function entry(shelf: ComparedShelf, platform: string, build = "1", more: Json = {}): Descriptor & Json {
  const [os = "", architecture = "", variant] = platform.split("/");
  const image = shelf.image({ platform, layers: ["base", `${build} ${platform}`] });
  return { ...image, platform: { os, architecture, ...(variant && { variant }) }, ...more };
}

const index = (shelf: ComparedShelf, ...manifests: object[]) => shelf.put(INDEX, { manifests });

describe("an entry that stands at another place at right", () => {
  it("with another digest is told by both places", async () => {
    const shelf = new ComparedShelf();
    const [amd64, arm64, rebuilt] = [entry(shelf, "linux/amd64"), entry(shelf, "linux/arm64"), entry(shelf, "linux/arm64", "2")];
    const { differences } = await compared(shelf, index(shelf, amd64, arm64), index(shelf, rebuilt, amd64));
    expect(differences).toEqual([
      {
        document: "index",
        path: "/manifests/1/digest",
        rightPath: "/manifests/0/digest",
        left: arm64.digest,
        right: rebuilt.digest,
      },
      {
        document: "index",
        path: "/manifests/0/digest",
        rightPath: "/manifests/1/digest",
        left: amd64.digest,
        right: amd64.digest,
      },
    ]);
  });

  it("since the order is another has moved, and that is why the digest is another", async () => {
    const shelf = new ComparedShelf();
    const [amd64, arm64, s390x] = [entry(shelf, "linux/amd64"), entry(shelf, "linux/arm64"), entry(shelf, "linux/s390x")];
    const found = await compared(shelf, index(shelf, amd64, arm64, s390x), index(shelf, s390x, arm64, amd64));
    expect(found.verdict).toBe("reserialized");
    expect(found.explanation).toContain(
      "In another order at right: linux/amd64, linux/s390x; an index's digest depends on the order of its entries.",
    );
    const moved = (from: number, to: number, { digest }: Descriptor) => ({
      document: "index",
      path: `/manifests/${from}/digest`,
      rightPath: `/manifests/${to}/digest`,
      left: digest,
      right: digest,
    });
    expect(found.differences).toEqual([moved(0, 2, amd64), moved(2, 0, s390x)]);
  });

  it("since one before it went has not moved", async () => {
    const shelf = new ComparedShelf();
    const [amd64, arm64] = [entry(shelf, "linux/amd64"), entry(shelf, "linux/arm64")];
    const { differences, explanation } = await compared(shelf, index(shelf, amd64, arm64), index(shelf, arm64));
    expect(differences.filter(({ document }) => document === "index")).toEqual([
      { document: "index", path: "/manifests/0", rightPath: null, left: amd64, right: null },
    ]);
    expect(explanation).not.toContain("order");
  });
});

describe("an entry on one side only", () => {
  const [v7, os] = ["linux/arm/v7", { "os.features": ["vfp"], os: "linux", architecture: "arm", variant: "v7" }];

  it("is given as it stands in its index, with what a copy needs nothing of", async () => {
    const shelf = new ComparedShelf();
    const [amd64, arm] = [entry(shelf, "linux/amd64"), entry(shelf, v7, "1", { platform: os, annotations: { a: "b" }, "x-more": 1 })];
    const [one, two] = [index(shelf, amd64), index(shelf, amd64, arm)];
    const place = { document: "index", path: "/manifests/1" };
    expect((await compared(shelf, two, one)).differences).toEqual([{ ...place, left: arm, right: null }]);
    expect((await compared(shelf, one, two)).differences).toEqual([{ ...place, left: null, right: arm }]);
  });

  it("only at right, where left has another one at that place, has no place at left", async () => {
    const shelf = new ComparedShelf();
    const [amd64, arm64] = [entry(shelf, "linux/amd64"), entry(shelf, "linux/arm64")];
    const { differences } = await compared(shelf, index(shelf, arm64), index(shelf, amd64, arm64));
    expect(differences).toContainEqual({ document: "index", path: "/manifests/0", leftPath: null, left: null, right: amd64 });
  });

  it("is cut off where it is long", async () => {
    const shelf = new ComparedShelf();
    const [amd64, long] = [entry(shelf, "linux/amd64"), entry(shelf, "linux/arm64", "1", { annotations: { a: "b".repeat(600) } })];
    const sides = [index(shelf, amd64, long), index(shelf, amd64)] as const;
    const { differences } = await compare({ left: shelf.side("left", sides[0]), right: shelf.side("right", sides[1]) }, undefined);
    expect(differences).toEqual([{ document: "index", path: "/manifests/1", left: `${JSON.stringify(long).slice(0, 500)}…`, right: null }]);
  });
});

it("the same content under other words differs in these", async () => {
  const shelf = new ComparedShelf();
  const [amd64, named] = [entry(shelf, "linux/amd64"), entry(shelf, "linux/amd64", "1", { annotations: { "a/b": "c" } })];
  const found = await compared(shelf, index(shelf, amd64), index(shelf, entry(shelf, "linux/arm64"), named));
  expect(found.differences).toContainEqual({
    document: "index",
    path: "/manifests/0/annotations",
    rightPath: "/manifests/1/annotations",
    left: null,
    right: { "a/b": "c" },
  });
});

it("whatever two indexes list, every difference is true, and there is none only where they list the same in the same order", async () => {
  const platforms = ["linux/amd64", "linux/arm64", "linux/arm/v7"];
  const lists = (length: number): string[][] =>
    length === 0
      ? [[]]
      : lists(length - 1).flatMap((list) => ["1", "2"].flatMap((build) => platforms.map((name) => [...list, `${build} ${name}`])));
  const all = [...lists(0), ...lists(1), ...lists(2)];
  const shelf = new ComparedShelf();
  const made = all.map((list) => {
    const entries = list.map((words) => words.split(" ") as [string, string]);
    return index(shelf, ...entries.map(([build, platform]) => entry(shelf, platform, build)));
  });
  for (const left of made) {
    for (const right of made) {
      const { differences } = await compared(shelf, left, right);
      expect(differences.some(({ document }) => document === "index")).toBe(left.digest !== right.digest);
    }
  }
});
