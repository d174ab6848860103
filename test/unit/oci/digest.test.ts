import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { algorithmOf, createHasher, digestOf, hexOf, parseDigest } from "../../../src/oci/digest.ts";

const HEX = "0123456789abcdef".repeat(4);
const bytesOf = (text: string) => new TextEncoder().encode(text);

describe("parseDigest", () => {
  it.each([`sha256:${HEX}`, `sha512:${HEX}${HEX}`])("takes %s", (text) => {
    const digest = parseDigest(text);
    expect(digest).toBe(text);
    expect(`${algorithmOf(digest as NonNullable<typeof digest>)}:${hexOf(digest as NonNullable<typeof digest>)}`).toBe(text);
  });

  it.each([
    ["nothing", ""],
    ["no algorithm", HEX],
    ["no hexadecimal", "sha256:"],
    ["one digit too few", `sha256:${HEX.slice(1)}`],
    ["one digit too many", `sha256:${HEX}0`],
    ["upper case", `sha256:${HEX.toUpperCase()}`],
    ["an upper-case algorithm", `SHA256:${HEX}`],
    ["the other algorithm's length", `sha512:${HEX}`],
    ["the other algorithm's length", `sha256:${HEX}${HEX}`],
    ["an unknown algorithm", `sha384:${HEX}${HEX.slice(32)}`],
    ["another separator", `sha256-${HEX}`],
    ["no hexadecimal digit", `sha256:g${HEX.slice(1)}`],
    ["a space before", ` sha256:${HEX}`],
    ["a line end after", `sha256:${HEX}\n`],
    ["two lines", `x\nsha256:${HEX}`],
  ])("refuses %s", (_, text) => {
    expect(parseDigest(text)).toBeUndefined();
  });

  it("gives back exactly what it takes", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect([undefined, text]).toContain(parseDigest(text));
      }),
    );
  });
});

describe("digestOf", () => {
  it.each([
    ["", undefined, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["{}", "sha256", "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"],
    [
      "abc",
      "sha512",
      "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    ],
  ] as const)("of %j by %s", (text, algorithm, expected) => {
    expect(digestOf(bytesOf(text), algorithm)).toBe(expected);
    expect(parseDigest(expected)).toBe(expected);
  });
});

describe("createHasher", () => {
  it.each(["sha256", "sha512"] as const)("hashes %s in pieces of any size, as in one", (algorithm) => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (pieces) => {
        const hasher = createHasher(algorithm);
        for (const piece of pieces) {
          hasher.update(piece);
        }
        expect(hasher.digest()).toBe(`${algorithm}:${createHash(algorithm).update(Buffer.concat(pieces)).digest("hex")}`);
      }),
    );
  });

  it("copies its state, and the copy goes its own way", () => {
    const hasher = createHasher("sha256");
    hasher.update(bytesOf("a"));
    const copy = hasher.copy();
    hasher.update(bytesOf("b"));
    copy.update(bytesOf("c"));
    expect(hasher.digest()).toBe(digestOf(bytesOf("ab")));
    expect(copy.digest()).toBe(digestOf(bytesOf("ac")));
  });
});
