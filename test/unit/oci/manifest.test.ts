import { describe, expect, it } from "vitest";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { isForeign, parseManifest } from "../../../src/oci/manifest.ts";
import { DOCKER_LIST, DOCKER_MANIFEST, OCI_ARTIFACT_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from "../../../src/oci/media-types.ts";
import { OCI_EMPTY } from "../../support/oci-empty.ts";

const LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";
const FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
const bytesOf = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

/** A descriptor of content that the number stands for. */
function blob(number: number, mediaType = LAYER): Descriptor {
  return { mediaType, digest: digestOf(bytesOf(String(number))), size: number };
}

const CONFIG = blob(1, OCI_CONFIG);

describe("parseManifest reads", () => {
  it.each([OCI_MANIFEST, DOCKER_MANIFEST])("an image of %s: config and layers, each digest once", (mediaType) => {
    const layers = [blob(2), blob(3), blob(2), { ...CONFIG, mediaType: LAYER }];
    const parsed = parseManifest(bytesOf({ schemaVersion: 2, mediaType, config: CONFIG, layers }), mediaType);
    expect(parsed).toEqual({ kind: "image", mediaType, config: CONFIG, manifests: [], blobs: [CONFIG, blob(2), blob(3)] });
  });

  it.each([OCI_INDEX, DOCKER_LIST])("an index of %s: its children, whatever they are", (mediaType) => {
    const manifests = [
      { ...blob(1, OCI_MANIFEST), platform: { os: "linux", architecture: "arm", variant: "v7" } },
      blob(2, OCI_INDEX),
      blob(3, "application/vnd.example+json"),
      blob(1, OCI_MANIFEST),
    ];
    expect(parseManifest(bytesOf({ schemaVersion: 2, mediaType, manifests }), mediaType)).toEqual({
      kind: "index",
      mediaType,
      manifests,
      blobs: [],
    });
  });

  it("an artifact without layers, with its subject", () => {
    const subject = blob(9, OCI_MANIFEST);
    const config = blob(2, OCI_EMPTY);
    const body = { schemaVersion: 2, artifactType: "application/x", config, subject };
    expect(parseManifest(bytesOf(body), OCI_MANIFEST)).toEqual({
      kind: "image",
      mediaType: OCI_MANIFEST,
      artifactType: "application/x",
      config,
      subject,
      manifests: [],
      blobs: [config],
    });
  });

  it("the empty JSON as config and layer once (Q70)", () => {
    const empty = { mediaType: OCI_EMPTY, digest: digestOf(bytesOf("{}")), size: 2, data: "e30=" };
    expect(parseManifest(bytesOf({ schemaVersion: 2, config: empty, layers: [empty] }), OCI_MANIFEST).blobs).toEqual([empty]);
  });

  it("a withdrawn artifact manifest", () => {
    const body = { mediaType: OCI_ARTIFACT_MANIFEST, blobs: [blob(1)], subject: blob(2) };
    expect(parseManifest(bytesOf(body), OCI_ARTIFACT_MANIFEST)).toMatchObject({
      kind: "image",
      manifests: [],
      blobs: [blob(1)],
      subject: blob(2),
    });
  });

  it.each([
    ["an index", "application/x", { manifests: [] }, "index"],
    ["an image", "text/plain", { config: CONFIG, layers: [] }, "image"],
    ["an image that says so", "text/plain", { mediaType: OCI_MANIFEST, config: CONFIG }, "image"],
  ])("%s of an unknown media type by its shape", (_, mediaType, body, kind) => {
    expect(parseManifest(bytesOf(body), mediaType)).toMatchObject({ kind, mediaType });
  });

  it.each<[string, object]>([
    ["no layers", { config: CONFIG }],
    ["layers that Go wrote as null", { config: CONFIG, layers: null, subject: null, annotations: null, mediaType: null }],
    ["no schemaVersion", { config: CONFIG, layers: [] }],
    ["an own field __proto__", JSON.parse(`{"__proto__": {"layers": 1}, "config": ${JSON.stringify(CONFIG)}}`)],
    ["unknown fields", { config: CONFIG, layers: [], nested: { manifests: [1] }, 1: 2 }],
  ])("an image with %s", (_, body) => {
    expect(parseManifest(bytesOf(body), OCI_MANIFEST).blobs).toEqual([CONFIG]);
  });

  it.each<[string, object, Partial<Descriptor>]>([
    ["no mediaType", { mediaType: undefined }, { mediaType: "application/octet-stream" }],
    ["size zero", { size: 0 }, { size: 0 }],
    ["the largest size", { size: 2 ** 53 - 1 }, { size: 2 ** 53 - 1 }],
    ["a platform that says nothing", { platform: {} }, {}],
    [
      "an unknown platform",
      { platform: { os: "unknown", architecture: "unknown" } },
      { platform: { os: "unknown", architecture: "unknown" } },
    ],
    [
      "a whole platform",
      { platform: { os: "windows", architecture: "amd64", "os.version": "10.0.1", "os.features": ["x"], variant: "" } },
      { platform: { os: "windows", architecture: "amd64", "os.version": "10.0.1" } },
    ],
    ["urls", { urls: ["https://example.com/a"] }, { urls: ["https://example.com/a"] }],
    ["annotations", { annotations: { a: "b" } }, { annotations: { a: "b" } }],
    ["unknown fields", { x: 1 }, {}],
  ])("a descriptor with %s", (_, more, expected) => {
    const { manifests } = parseManifest(bytesOf({ manifests: [{ ...CONFIG, ...more }] }), OCI_INDEX);
    expect(manifests).toEqual([{ ...CONFIG, ...expected }]);
  });

  it("sha512, whose digest need not be sha256's", () => {
    const config = { ...CONFIG, digest: digestOf(bytesOf("1"), "sha512") };
    expect(parseManifest(bytesOf({ config }), OCI_MANIFEST).config).toEqual(config);
  });
});

describe("isForeign", () => {
  it.each([
    [FOREIGN, ["https://example.com"], true],
    [FOREIGN, [], false],
    [FOREIGN, undefined, false],
    [LAYER, ["https://example.com"], false],
  ])("of %s with %j is %s", (mediaType, urls, expected) => {
    expect(isForeign({ ...blob(1, mediaType), ...(urls && { urls }) })).toBe(expected);
  });

  it("goes by what parseManifest keeps", () => {
    const layer = { ...blob(2, FOREIGN), urls: ["https://example.com/layer"] };
    const { blobs } = parseManifest(bytesOf({ config: CONFIG, layers: [layer] }), DOCKER_MANIFEST);
    expect(blobs.map(isForeign)).toEqual([false, true]);
  });
});
