import { describe, expect, it } from "vitest";
import { wholeOnes } from "../../../../src/jobs/referrers/plan-referrers.ts";
import { type Digest, digestOf } from "../../../../src/oci/digest.ts";
import { OCI_MANIFEST } from "../../../../src/oci/media-types.ts";

const manifest = (text: string) => {
  const bytes = new Uint8Array(new TextEncoder().encode(text));
  return { content: { bytes, descriptor: { mediaType: OCI_MANIFEST, digest: digestOf(bytes), size: bytes.byteLength } } };
};
const [index, child, other] = [manifest("index"), manifest("child"), manifest("other")];
const digests = (...manifests: ReturnType<typeof manifest>[]) => new Set<Digest>(manifests.map(({ content }) => content.descriptor.digest));

const looked = [
  { referrer: "sbom", tree: [child, index] },
  { referrer: "signature", tree: [other] },
];

describe("referrers that a target has as a whole", () => {
  it("are those that it lists, with every manifest of theirs", () => {
    expect(wholeOnes(looked, new Set(["sbom", "signature"]), digests(child, index, other))).toEqual(new Set(["sbom", "signature"]));
  });

  it("are not those of which a manifest is missing, listed or not", () => {
    expect(wholeOnes(looked, new Set(["sbom", "signature"]), digests(index, other))).toEqual(new Set(["signature"]));
  });

  it("are not those that it has, but does not list", () => {
    expect(wholeOnes(looked, new Set(["sbom"]), digests(child, index, other))).toEqual(new Set(["sbom"]));
  });
});
