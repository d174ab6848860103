import { describe, expect, it, test } from "vitest";
import { type Digest, digestOf } from "../../../src/oci/digest.ts";
import { cosignTags, fallbackTag, isDigestTag, readDigestTag } from "../../../src/oci/referrer-tags.ts";

const hex = "a".repeat(64);
const sha256: Digest = `sha256:${hex}`;
const sha512: Digest = `sha512:${"b".repeat(128)}`;

describe("the fallback tag (distribution-spec, referrers tag schema)", () => {
  it.each<[string, string]>([
    [sha256, `sha256-${hex}`],
    [sha512, `sha512-${"b".repeat(64)}`],
    [
      "test+algorithm+using+algorithm+separators+and+lots+of+characters+to+excercise+overall+truncation:alsoSome=InTheEncodedSectionToShowHyphenReplacement+AndLotsAndLotsOfCharactersToExcerciseEncodedTruncation",
      "test-algorithm-using-algorithm-s-alsoSome-InTheEncodedSectionToShowHyphenReplacement-AndLotsAndLo",
    ],
  ])("of %s", (digest, tag) => {
    expect(fallbackTag(digest as Digest)).toBe(tag);
  });
});

test("cosign's tags, where they are not too long for a tag", () => {
  expect(cosignTags(sha256)).toEqual([`sha256-${hex}.att`, `sha256-${hex}.sbom`, `sha256-${hex}.sig`]);
  expect(cosignTags(sha512)).toEqual([]);
});

describe("a tag", () => {
  it.each([".att", ".sbom", ".sig"])("with cosign's %s names its subject", (suffix) => {
    expect(readDigestTag(`sha256-${hex}${suffix}`)).toEqual({ subject: sha256, kind: "cosign" });
  });

  test("that is a digest names its subject", () => {
    expect(readDigestTag(fallbackTag(sha256))).toEqual({ subject: sha256, kind: "fallback" });
  });

  it.each([
    "latest",
    `sha256-${hex}.cosign`,
    `sha256-${hex}.sig.old`,
    `sha256-${hex}x`,
    `sha256-${hex.slice(1)}`,
    `sha256-${hex.toUpperCase()}`,
    `x-sha256-${hex}`,
    `sha512-${hex}`,
    `sha384-${hex}.sig`,
  ])("is one like any other: %s", (tag) => {
    expect(readDigestTag(tag)).toBeUndefined();
  });

  it.each([fallbackTag(sha256), fallbackTag(sha512), `sha256-${hex}.sig`, `sha512-${"b".repeat(128)}`])("has a digest: %s", (tag) => {
    expect(isDigestTag(tag)).toBe(true);
  });

  it.each(["latest", `sha256-${hex}x`, `sha512-${hex}.sig`, `sha512-${hex}b`])("has none: %s", (tag) => {
    expect(isDigestTag(tag)).toBe(false);
  });

  test("of a real digest is read back", () => {
    const digest = digestOf(new Uint8Array(3));
    expect(cosignTags(digest).map(readDigestTag)).toEqual(cosignTags(digest).map(() => ({ subject: digest, kind: "cosign" })));
  });
});
