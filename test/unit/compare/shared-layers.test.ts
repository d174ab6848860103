/** What is said of images that share layers. */
import { expect, it } from "vitest";
import { compare } from "../../../src/compare/compare.ts";
import { ComparedShelf } from "../../support/compared-shelf.ts";

it.each([
  [["a", "b"], ["b", "a"], "2 of the 2 layers at left are at right too; in another order or number."],
  [
    ["a", "a"],
    ["a"],
    "2 of the 2 layers at left are at right too, the first one in the same place, as with a common base image; in another order or number.",
  ],
  [
    ["a"],
    ["a", "b"],
    "The only layer at left is at right too, the first one in the same place, as with a common base image; at right there is 1 layer more.",
  ],
  [
    ["a", "c"],
    ["a", "b"],
    "1 of the 2 layers at left is at right too, the first one in the same place, as with a common base image; the rest is other content.",
  ],
])("layers %j and %j: what is said of the rest is true", async (left, right, text) => {
  const shelf = new ComparedShelf();
  const sides = { left: shelf.side("left", shelf.image({ layers: left })), right: shelf.side("right", shelf.image({ layers: right })) };
  const found = await compare(sides, undefined);
  expect(found.verdict).toBe("shared-layers");
  expect(found.explanation).toContain(text);
});
