import fc from "fast-check";
import { expect, test } from "vitest";
import { type Marked, markedPair } from "../../../src/dashboard/marked.ts";

const written = ({ before, differs, after }: Marked) => `${before}[${differs}]${after}`;

test.each([
  ["application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.[index].v1+json"],
  ["sha256:ab12", "sha256:ab34", "sha256:[ab12]"],
  ["sha256:12ab", "sha256:34ab", "sha256:[12ab]"],
  ["linux/amd64, linux/arm64", "linux/amd64", "linux/amd64[, linux/arm64]"],
  ["–", "x", "[–]"],
  ["same", "same", "same[]"],
])("%s and %s", (left, right, marked) => {
  expect(written(markedPair(left, right)[0])).toBe(marked);
});

test("nothing is lost, and what is not marked is the same at both sides", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (left, right) => {
      const [one, other] = markedPair(left, right);
      expect([one, other].map(({ before, differs, after }) => before + differs + after)).toEqual([left, right]);
      expect([one.before, one.after]).toEqual([other.before, other.after]);
    }),
  );
});
