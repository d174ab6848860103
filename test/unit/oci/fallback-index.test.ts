import { describe, expect, it, test } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { readFallbackIndex, referrerDescriptor, withReferrers } from "../../../src/oci/fallback-index.ts";
import { DOCKER_LIST, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from "../../../src/oci/media-types.ts";
import type { ManifestContent } from "../../../src/oci/store.ts";
import { OCI_EMPTY } from "../../support/oci-empty.ts";

function content(mediaType: string, body: object): ManifestContent {
  const bytes = Uint8Array.from(new TextEncoder().encode(JSON.stringify(body)));
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes };
}

const subject = digestOf(Uint8Array.of(1));
const config = { mediaType: OCI_EMPTY, digest: digestOf(Uint8Array.of(2)), size: 2 };
const entry = (name: string, more: object = {}) => {
  const digest = digestOf(new TextEncoder().encode(name));
  return { mediaType: OCI_MANIFEST, digest, size: 10, ...more };
};
const bodyOf = ({ bytes }: ManifestContent) => JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;

describe("a referrer's descriptor", () => {
  test("has the manifest's own type and annotations", () => {
    const manifest = content(OCI_MANIFEST, {
      schemaVersion: 2,
      artifactType: "application/x.sbom",
      config,
      layers: [],
      annotations: { a: "b" },
    });
    const { digest, size } = manifest.descriptor;
    const expected = { mediaType: OCI_MANIFEST, digest, size, annotations: { a: "b" }, artifactType: "application/x.sbom" };
    expect(referrerDescriptor(manifest)).toEqual(expected);
    // A wrong size in the list that it was found by does not live on (Q132).
    expect(referrerDescriptor({ ...manifest, descriptor: { ...manifest.descriptor, size: 1 } })).toEqual(expected);
  });

  test("has the config's type where the manifest has none of its own", () => {
    const manifest = content(OCI_MANIFEST, { schemaVersion: 2, config: { ...config, mediaType: OCI_CONFIG }, layers: [] });
    expect(referrerDescriptor(manifest)).toEqual({ ...manifest.descriptor, artifactType: OCI_CONFIG });
  });

  test("of an index has no type where the index has none", () => {
    const index = content(OCI_INDEX, { schemaVersion: 2, manifests: [] });
    expect(referrerDescriptor(index)).toEqual(index.descriptor);
  });
});

describe("what stands under a fallback tag", () => {
  test("is a list of referrers", () => {
    const index = content(OCI_INDEX, { schemaVersion: 2, manifests: [entry("a", { artifactType: "t" })] });
    expect(readFallbackIndex(index, subject, "source")).toEqual([entry("a", { artifactType: "t" })]);
  });

  test("is none where it is the image itself", () => {
    const index = content(OCI_INDEX, { schemaVersion: 2, manifests: [entry("linux")] });
    expect(readFallbackIndex(index, index.descriptor.digest, "source")).toBeUndefined();
  });

  it.each([OCI_MANIFEST, DOCKER_LIST])("is none where it is no OCI index: %s", (mediaType) => {
    expect(readFallbackIndex(content(mediaType, { schemaVersion: 2, manifests: [] }), subject, "source")).toBeUndefined();
  });

  test("is refused where it is broken", () => {
    const read = () => readFallbackIndex(content(OCI_INDEX, { schemaVersion: 2 }), subject, "destination");
    expect(read).toThrow(expect.objectContaining({ failure: expect.objectContaining({ code: "manifest-invalid", side: "destination" }) }));
  });
});

describe("adding referrers", () => {
  test("makes an index where there is none, in the order given", () => {
    const made = withReferrers(undefined, [entry("b"), entry("a")]);
    expect(made.descriptor).toEqual({
      mediaType: OCI_INDEX,
      digest: digestOf(made.bytes),
      size: made.bytes.byteLength,
    });
    expect(bodyOf(made)).toEqual({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [entry("b"), entry("a")] });
  });

  test("keeps every entry and field that is there, and adds at the end", () => {
    const theirs = { ...entry("theirs"), annotations: { by: "them" }, "x-unknown": [1] };
    const before = content(OCI_INDEX, {
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      "x-own": 1,
      manifests: [theirs, entry("a")],
      annotations: { k: "v" },
    });
    const after = withReferrers(before, [entry("a", { artifactType: "t" }), entry("b")]);
    expect(bodyOf(after)).toEqual({ ...bodyOf(before), manifests: [theirs, entry("a"), entry("b")] });
  });

  test("changes nothing where all are there", () => {
    const before = content(OCI_INDEX, { schemaVersion: 2, manifests: [entry("a"), entry("b")] });
    expect(withReferrers(before, [entry("b"), entry("a")])).toBe(before);
    expect(withReferrers(before, [])).toBe(before);
  });

  test("adds each once", () => {
    const after = withReferrers(content(OCI_INDEX, { schemaVersion: 2, manifests: null }), [entry("a"), entry("a")]);
    expect(bodyOf(after)).toMatchObject({ manifests: [entry("a")] });
  });
});
