import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { DOCKER_MANIFEST, OCI_MANIFEST } from "../../../src/oci/media-types.ts";
import {
  type ManifestName,
  manifestPutRequest,
  manifestRequest,
  processManifest,
  processManifestHead,
  processManifestPut,
} from "../../../src/registry/manifests.ts";
import { bytesOf, failureFrom } from "./scripted-transport.ts";

const text = `{"schemaVersion": 2,\n  "mediaType": "${OCI_MANIFEST}", "config": {}, "layers": []}`;
const bytes = bytesOf(text);
const digest = digestOf(bytes);
const sha512 = digestOf(bytes, "sha512");
const other = digestOf(new Uint8Array(1));
const url = new URL("https://r.example/v2/a/b/manifests/1");

function named(reference: string): ManifestName {
  const endpoint = { registry: "r.example", base: new URL("https://r.example"), side: "source" as const };
  return { endpoint, repository: "a/b", reference };
}

function answer(headers: Record<string, string>, body: BodyInit | null = null, status = 200) {
  return { response: new Response(body, { status, headers }), url };
}

it("Q113: asks for every type, by HEAD and by digest too", () => {
  const { headers, url: asked } = manifestRequest("HEAD", named(digest), []);
  expect(asked.href).toBe(`https://r.example/v2/a/b/manifests/${digest}`);
  for (const type of [
    "oci.image.index.v1",
    "oci.image.manifest.v1",
    "docker.distribution.manifest.list.v2",
    "manifest.v2",
    "v1+prettyjws",
  ]) {
    expect(headers?.accept).toContain(type);
  }
});

describe("a HEAD", () => {
  it("gives the descriptor, the type without its parameters (Q117)", () => {
    const headers = { "docker-content-digest": digest, "content-type": `${OCI_MANIFEST}; charset=utf-8`, "content-length": "123" };
    expect(processManifestHead(answer(headers), named("1"))).toEqual({ mediaType: OCI_MANIFEST, digest, size: 123 });
  });

  it.each([[undefined], ["0"], ["-1"], ["many"]])("Q121: doesn't mind the length %j", (length) => {
    const headers = { "docker-content-digest": digest, "content-type": OCI_MANIFEST, ...(length && { "content-length": length }) };
    expect(processManifestHead(answer(headers), named("1"))).toEqual({ mediaType: OCI_MANIFEST, digest, size: 0 });
  });

  it.each<[string, Record<string, string>]>([
    ["Q115: no digest", { "content-type": OCI_MANIFEST }],
    ["Q115: bare hex", { "content-type": OCI_MANIFEST, "docker-content-digest": digest.slice(7) }],
    ["Q118: no type", { "docker-content-digest": digest }],
    ["Q118: a useless type", { "docker-content-digest": digest, "content-type": "application/octet-stream" }],
    ["a page of HTML", { "content-type": "text/html" }],
  ])("does not tell enough with %s", (_, headers) => {
    expect(processManifestHead(answer(headers), named("1"))).toBeUndefined();
  });

  it("fails where it answers a digest with another", async () => {
    const headers = { "docker-content-digest": other, "content-type": OCI_MANIFEST };
    const failure = await failureFrom((async () => processManifestHead(answer(headers), named(digest)))());
    expect(failure).toMatchObject({ code: "digest-mismatch", retry: "never", side: "source", registry: "r.example" });
  });
});

describe("a GET", () => {
  it("Q114: keeps the bytes as they came", async () => {
    const content = await processManifest(answer({ "content-type": OCI_MANIFEST }, text), named("1"));
    expect(new TextDecoder().decode(content.bytes)).toBe(text);
    expect(content.descriptor).toEqual({ mediaType: OCI_MANIFEST, digest, size: bytes.byteLength });
  });

  it.each([
    ["no digest", "1", {}, digest],
    ["a wrong digest by tag", "1", { "docker-content-digest": other }, digest],
    ["a wrong digest by digest", digest, { "docker-content-digest": other }, digest],
    ["a sha512 that is right", "1", { "docker-content-digest": sha512 }, sha512],
    ["a sha512 that is wrong", "1", { "docker-content-digest": digestOf(new Uint8Array(1), "sha512") }, digest],
    ["a sha512 that was asked for", sha512, { "docker-content-digest": digest }, sha512],
  ])("Q115: computes the digest with %s", async (_, reference, headers, expected) => {
    const content = await processManifest(answer({ "content-type": OCI_MANIFEST, ...headers }, text), named(reference));
    expect(content.descriptor.digest).toBe(expected);
  });

  it("fails where the bytes are not those of the digest asked for", async () => {
    const failure = await failureFrom(processManifest(answer({ "docker-content-digest": other }, text), named(other)));
    expect(failure).toMatchObject({ code: "digest-mismatch", retry: "never", side: "source" });
    expect(failure.message).toContain(digest);
  });

  it.each([
    ["Q117: a parameter", `${OCI_MANIFEST}; charset=utf-8`],
    ["Q118: text", "text/plain"],
    ["Q118: no type", ""],
  ])("finds the type behind %s", async (_, type) => {
    const content = await processManifest(answer(type === "" ? {} : { "content-type": type }, new Blob([bytes])), named("1"));
    expect(content.descriptor.mediaType).toBe(OCI_MANIFEST);
  });

  it("Q118: fails where header and body disagree", async () => {
    const failure = await failureFrom(processManifest(answer({ "content-type": DOCKER_MANIFEST }, text), named("1")));
    expect(failure).toMatchObject({ code: "manifest-invalid", retry: "never", side: "source", registry: "r.example" });
  });

  it("Q67: undoes a gzip coding that nobody asked for", async () => {
    const coded = new Uint8Array(gzipSync(bytes));
    const content = await processManifest(answer({ "content-type": OCI_MANIFEST, "content-encoding": "gzip" }, coded), named(digest));
    expect(content.bytes).toEqual(bytes);
  });

  it("Q67: takes bytes that the runtime has decoded already", async () => {
    const content = await processManifest(answer({ "content-type": OCI_MANIFEST, "content-encoding": "gzip" }, text), named(digest));
    expect(content.bytes).toEqual(bytes);
  });

  it("Q120: reads no more than the limit, coded or not", async () => {
    const large = new Uint8Array(8 * 1024 * 1024 + 1).fill(32);
    const plain = await failureFrom(processManifest(answer({ "content-type": OCI_MANIFEST }, large), named("1")));
    expect(plain).toMatchObject({ code: "manifest-invalid", retry: "never" });
    expect(plain.message).toContain("8388608 bytes");
    const bomb = new Uint8Array(gzipSync(large));
    const coded = await failureFrom(processManifest(answer({ "content-encoding": "gzip" }, bomb), named("1")));
    expect(coded.message).toContain("8388608 bytes");
  });

  it("fails with what may pass where the body breaks off", async () => {
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error("Network connection lost.")) });
    const failure = await failureFrom(processManifest(answer({ "content-type": OCI_MANIFEST }, broken), named("1")));
    expect(failure).toMatchObject({ code: "registry-unavailable", retry: "later", side: "source" });
  });
});

describe("a PUT", () => {
  const content = { descriptor: { mediaType: OCI_MANIFEST, digest, size: bytes.byteLength }, bytes };

  it("Q119: carries the type the manifest was pulled with", () => {
    expect(manifestPutRequest(content, named("1"), [])).toMatchObject({
      method: "PUT",
      headers: { "content-type": OCI_MANIFEST },
      body: bytes,
    });
  });

  it.each([
    [201, digest, true],
    [201, undefined, false],
    [201, digest.slice(7), false],
    [200, digest, false],
    [200, undefined, false],
    [202, digest, false],
  ])("Q127: %i with the digest %s confirms: %s", (status, named_, confirmed) => {
    const headers = named_ === undefined ? {} : { "docker-content-digest": named_ };
    expect(processManifestPut(answer(headers, null, status), content, named("1"))).toBe(confirmed);
  });

  it.each([[other], [sha512]])("fails where the registry names %s", async (wrong) => {
    const put = async () => processManifestPut(answer({ "docker-content-digest": wrong }, null, 201), content, named("1"));
    expect(await failureFrom(put())).toMatchObject({ code: "digest-mismatch", retry: "never" });
  });
});
