import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { CopyError } from "../../../src/oci/errors.ts";
import { MAX_DESCRIPTORS, MAX_MANIFEST_BYTES, manifestMediaType, parseManifest } from "../../../src/oci/manifest.ts";
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  DOCKER_SCHEMA1,
  DOCKER_SCHEMA1_SIGNED,
  OCI_ARTIFACT_MANIFEST,
  OCI_INDEX,
  OCI_MANIFEST,
} from "../../../src/oci/media-types.ts";

const bytesOf = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const CONFIG = { mediaType: "application/x", digest: digestOf(bytesOf("{}")), size: 2 };
const IMAGE = { schemaVersion: 2, config: CONFIG, layers: [] };
const SCHEMA1 = { schemaVersion: 1, name: "a", fsLayers: [{ blobSum: CONFIG.digest }], history: [] };

/** The failure that the call throws; a test fails where it throws anything else or nothing. */
function failureOfCall(call: () => unknown): CopyError["failure"] {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(CopyError);
    return (error as CopyError).failure;
  }
  throw new Error("nothing was thrown");
}

describe("parseManifest refuses", () => {
  it.each<[string, unknown, string, RegExp]>([
    ["nothing", "", OCI_MANIFEST, /JSON/],
    ["an HTML page", "<html></html>", OCI_MANIFEST, /JSON/],
    ["half a document", '{"config":', OCI_MANIFEST, /JSON/],
    ["two documents", "{}{}", OCI_MANIFEST, /JSON/],
    ["a byte order mark", "\ufeff{}", OCI_MANIFEST, /JSON/],
    ["null", "null", OCI_MANIFEST, /object/],
    ["an array", "[]", OCI_INDEX, /object/],
    ["a string", '"x"', OCI_INDEX, /object/],
    ["deep nesting", "[".repeat(1_000_000), OCI_INDEX, /nested deeper/],
    ["deep nesting that is closed", `${"[".repeat(100_000)}${"]".repeat(100_000)}`, OCI_INDEX, /nested deeper/],
    ["an image without config", { layers: [] }, OCI_MANIFEST, /\/config is missing/],
    ["a config that is no object", { config: "x" }, OCI_MANIFEST, /\/config is not an object/],
    ["layers that are no array", { config: CONFIG, layers: {} }, OCI_MANIFEST, /\/layers is not an array/],
    ["a layer that is null", { config: CONFIG, layers: [null] }, OCI_MANIFEST, /\/layers\/0 is missing/],
    ["an index without manifests", {}, OCI_INDEX, /\/manifests is missing/],
    ["an error body in place of an index", { errors: [{ code: "DENIED" }] }, DOCKER_LIST, /\/manifests is missing/],
    ["children that are no array", { manifests: "x" }, OCI_INDEX, /\/manifests is not an array/],
    ["another schemaVersion", { ...IMAGE, schemaVersion: 3 }, OCI_MANIFEST, /\/schemaVersion/],
    ["a schemaVersion as text", { ...IMAGE, schemaVersion: "2" }, OCI_MANIFEST, /\/schemaVersion/],
    ["a mediaType that is no text", { ...IMAGE, mediaType: 1 }, OCI_MANIFEST, /\/mediaType is not a string/],
    ["another mediaType than it came as", { ...IMAGE, mediaType: DOCKER_MANIFEST }, OCI_MANIFEST, /came as .* calls itself/],
    ["an unknown mediaType of its own", { ...IMAGE, mediaType: "x/y" }, OCI_MANIFEST, /calls itself "x\/y"/],
    ["an image that is an index too (CVE-2021-41190)", { ...IMAGE, manifests: [] }, OCI_MANIFEST, /\/manifests does not belong/],
    ["an index that is an image too (CVE-2021-41190)", { manifests: [], config: CONFIG }, OCI_INDEX, /\/config does not belong/],
    ["an index with layers", { manifests: [], layers: [] }, OCI_INDEX, /\/layers does not belong/],
    ["an artifact manifest with layers", { blobs: [], layers: [] }, OCI_ARTIFACT_MANIFEST, /\/layers does not belong/],
    ["one digest with two sizes", { config: CONFIG, layers: [{ ...CONFIG, size: 3 }] }, OCI_MANIFEST, /two sizes, 2 and 3/],
    ["no manifest of unknown type", { a: 1 }, "application/x", /neither/],
    ["an artifactType that is no text", { ...IMAGE, artifactType: [] }, OCI_MANIFEST, /\/artifactType/],
    ["a broken subject", { ...IMAGE, subject: {} }, OCI_MANIFEST, /\/subject\/digest is missing/],
    ["too many descriptors", { config: CONFIG, layers: new Array(MAX_DESCRIPTORS + 1).fill(0) }, OCI_MANIFEST, /more than/],
    ["too many bytes", " ".repeat(MAX_MANIFEST_BYTES + 1), OCI_MANIFEST, /larger than/],
  ])("%s", (_, body, mediaType, message) => {
    const failure = failureOfCall(() => parseManifest(bytesOf(body), mediaType));
    expect(failure).toMatchObject({ code: "manifest-invalid", retry: "never", message: expect.stringMatching(message) });
  });

  it.each<[string, Uint8Array]>([
    ["a stray byte", Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)],
    ["an overlong form", Uint8Array.of(0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d)],
    ["UTF-16", new Uint8Array(Buffer.from(JSON.stringify(IMAGE), "utf16le"))],
  ])("bytes that are not UTF-8: %s", (_, bytes) => {
    expect(failureOfCall(() => parseManifest(bytes, OCI_MANIFEST)).code).toBe("manifest-invalid");
  });

  it.each<[string, object, RegExp]>([
    ["no digest", { digest: undefined }, /\/layers\/0\/digest is missing/],
    ["a digest that is no text", { digest: 1 }, /\/layers\/0\/digest is not a digest/],
    ["a digest without algorithm", { digest: CONFIG.digest.slice(7) }, /not a digest/],
    ["an upper-case digest", { digest: `sha256:${CONFIG.digest.slice(7).toUpperCase()}` }, /not a digest/],
    ["a short digest", { digest: "sha256:abc" }, /not a digest/],
    ["a digest as a path", { digest: "../../etc:passwd" }, /not a digest/],
    ["no size", { size: undefined }, /\/layers\/0\/size is missing/],
    ["a negative size", { size: -1 }, /whole number/],
    ["a broken size", { size: 1.5 }, /whole number/],
    ["a size as text", { size: "2" }, /whole number/],
    ["a size past 2^53", { size: 2 ** 53 }, /whole number/],
    ["a size of infinity", { size: 1e308 * 10 }, /\/layers\/0\/size is missing/],
    ["a mediaType that is no text", { mediaType: {} }, /\/layers\/0\/mediaType is not a string/],
    ["a platform that is no object", { platform: "linux/amd64" }, /platform is not an object/],
    ["an os that is no text", { platform: { os: 1, architecture: "x" } }, /platform\/os is not a string/],
    ["urls that are no array", { urls: "https://x" }, /urls is not an array/],
    ["a url that is no text", { urls: [1] }, /urls is not an array of strings/],
    ["an annotation that is no text", { annotations: { a: 1 } }, /annotations is not an object of strings/],
    ["annotations that are an array", { annotations: ["a"] }, /annotations is not an object/],
    ["data that is no text", { data: {} }, /data is not a string/],
  ])("a descriptor with %s", (_, more, message) => {
    const body = { config: { ...CONFIG, digest: digestOf(bytesOf("c")) }, layers: [{ ...CONFIG, ...more }] };
    const failure = failureOfCall(() => parseManifest(bytesOf(body), OCI_MANIFEST));
    expect(failure).toMatchObject({ code: "manifest-invalid", message: expect.stringMatching(message) });
  });

  it.each([
    ["schema 1", SCHEMA1, DOCKER_SCHEMA1, /schema 1/],
    ["signed schema 1, unread", "no JSON", DOCKER_SCHEMA1_SIGNED, /schema 1/],
    ["schema 1 under a newer type", SCHEMA1, DOCKER_MANIFEST, /schema 1/],
    ["schema 1 under no type", SCHEMA1, "application/json", /schema 1/],
    [
      "a digest of an unknown algorithm",
      { config: { ...CONFIG, digest: `blake3:${"a".repeat(64)}` } },
      OCI_MANIFEST,
      /blake3, at \/config\/digest/,
    ],
  ])("%s as unsupported", (_, body, mediaType, message) => {
    expect(failureOfCall(() => parseManifest(bytesOf(body), mediaType))).toMatchObject({
      code: "unsupported",
      retry: "never",
      message: expect.stringMatching(message),
    });
  });
});

describe("manifestMediaType", () => {
  it.each<[string, string | null, unknown, string]>([
    ["the header", OCI_INDEX, { manifests: [] }, OCI_INDEX],
    ["the header without its parameters (Q117)", `${OCI_INDEX}; charset=utf-8`, { mediaType: OCI_INDEX }, OCI_INDEX],
    ["a header of schema 1, unread", DOCKER_SCHEMA1_SIGNED, "no JSON", DOCKER_SCHEMA1_SIGNED],
    ["the body's own type under text/plain (Q118)", "text/plain", { ...IMAGE, mediaType: DOCKER_MANIFEST }, DOCKER_MANIFEST],
    ["the body's own type under JSON", "application/json; charset=utf-8", { mediaType: DOCKER_LIST }, DOCKER_LIST],
    ["the body's own type, known or not", null, { mediaType: "application/x" }, "application/x"],
    ["an index's shape", "application/octet-stream", { manifests: [] }, OCI_INDEX],
    ["an image's shape", null, IMAGE, OCI_MANIFEST],
    ["the shape of schema 1", "application/json", SCHEMA1, DOCKER_SCHEMA1],
    ["the shape of signed schema 1", "application/json", { ...SCHEMA1, signatures: [] }, DOCKER_SCHEMA1_SIGNED],
  ])("goes by %s", (_, header, body, expected) => {
    expect(manifestMediaType(header, bytesOf(body))).toBe(expected);
  });

  it.each<[string, string | null, unknown, RegExp]>([
    ["header and body that differ", OCI_MANIFEST, { ...IMAGE, mediaType: DOCKER_MANIFEST }, /came as .*oci.* calls itself .*docker/],
    ["a page", "text/html", "<html>", /JSON/],
    ["an error body", "application/json", { errors: [] }, /came as "application\/json"/],
    ["an empty body", OCI_MANIFEST, "", /JSON/],
  ])("refuses %s", (_, header, body, message) => {
    const failure = failureOfCall(() => manifestMediaType(header, bytesOf(body)));
    expect(failure).toMatchObject({ code: "manifest-invalid", message: expect.stringMatching(message) });
  });
});

describe("for any content", () => {
  const mediaType = fc.constantFrom(OCI_INDEX, OCI_MANIFEST, DOCKER_MANIFEST, OCI_ARTIFACT_MANIFEST, "", "text/plain");
  const field = fc.constantFrom("config", "layers", "manifests", "blobs", "subject", "mediaType", "schemaVersion", "__proto__", "fsLayers");
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom(CONFIG, [CONFIG], { ...CONFIG, size: -1 }, OCI_MANIFEST, 2),
    fc.record({ mediaType: fc.string(), digest: fc.constant(CONFIG.digest), size: fc.double(), platform: fc.jsonValue({ maxDepth: 2 }) }),
  );
  const content = fc.oneof(
    fc.uint8Array(),
    fc.json().map(bytesOf),
    fc.dictionary(field, value).map((body) => bytesOf(body)),
  );

  it("throws nothing but the two failures", () => {
    fc.assert(
      fc.property(content, mediaType, (bytes, type) => {
        for (const call of [() => parseManifest(bytes, type), () => manifestMediaType(type, bytes)]) {
          try {
            call();
          } catch (error) {
            expect(error).toBeInstanceOf(CopyError);
            expect(["manifest-invalid", "unsupported"]).toContain((error as CopyError).failure.code);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
