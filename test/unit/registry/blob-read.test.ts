import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { type BlobName, blobHeadRequest, blobRequest, processBlob, processBlobHead } from "../../../src/registry/blob-read.ts";
import { bytesOf, failureFrom } from "./scripted-transport.ts";

const bytes = bytesOf("0123456789");
const blob = { mediaType: "application/octet-stream", digest: digestOf(bytes), size: 10 };
const endpoint = { registry: "r.example", base: new URL("https://r.example"), side: "source" as const };
const name: BlobName = { endpoint, repository: "a/b", blob };
const url = new URL(`https://cdn.example/${blob.digest}`);

function answer(status: number, headers: Record<string, string> = {}, body: BodyInit | null = null) {
  return { response: new Response(body, { status, headers }), url };
}

describe("the requests", () => {
  it("name the blob, and one open range where they begin later", () => {
    expect(blobHeadRequest(name, [])).toMatchObject({ method: "HEAD" });
    expect(blobRequest(name, 0, [])).toMatchObject({ method: "GET", headers: {} });
    const later = blobRequest(name, 7, []);
    expect(later.url.href).toBe(`https://r.example/v2/a/b/blobs/${blob.digest}`);
    expect(later.headers).toEqual({ range: "bytes=7-" });
  });
});

describe("a HEAD", () => {
  it.each<[string, number, Record<string, string>, boolean]>([
    ["that is answered", 200, { "content-length": "10" }, true],
    ["Q60: without a length", 200, {}, true],
    ["Q60: with a length of 0", 200, { "content-length": "0" }, true],
    ["with another length", 200, { "content-length": "11" }, false],
    ["of a blob that is missing", 404, {}, false],
    ["Q59: that a presigned URL refuses", 403, {}, false],
    ["Q59: that is not allowed", 405, {}, false],
    ["Q59: that fails", 500, {}, false],
  ])("%s", (_, status, headers, there) => {
    expect(processBlobHead(answer(status, headers), name)).toBe(there);
  });
});

describe("a GET", () => {
  it.each<[string, number, number, Record<string, string>, number | undefined]>([
    ["the whole", 0, 200, { "content-length": "10" }, 0],
    ["Q65: the whole without a length", 0, 200, {}, 0],
    ["the range", 4, 206, { "content-range": "bytes 4-9/10", "content-length": "6" }, 4],
    ["Q62: the range of an unknown whole", 4, 206, { "content-range": "bytes 4-9/*" }, 4],
    ["a part of the range", 4, 206, { "content-range": "bytes 4-6/10" }, 4],
    ["a range that begins earlier", 4, 206, { "content-range": "bytes 2-9/10" }, 2],
    ["Q62: no Content-Range, but the right length", 4, 206, { "content-length": "6" }, 4],
    ["Q61: the whole where a range was asked for", 4, 200, { "content-length": "10" }, 0],
    ["Q62: another range", 4, 206, { "content-range": "bytes 5-9/10" }, undefined],
    ["Q62: no Content-Range, and no length", 4, 206, {}, undefined],
    ["Q63: no such range", 4, 416, { "content-range": "bytes */10" }, undefined],
    ["Q63: a bad request", 4, 400, {}, undefined],
    ["a part where all was asked for", 0, 206, { "content-range": "bytes 0-9/10" }, 0],
  ])("brings %s", async (_, offset, status, headers, start) => {
    const body = processBlob(answer(status, headers, "x"), offset, name);
    expect(body?.offset).toBe(start);
  });

  it("gives a stream for an empty body too", async () => {
    const body = processBlob(answer(200, { "content-length": "10" }), 0, name);
    expect((await new Response(body?.stream).arrayBuffer()).byteLength).toBe(0);
  });

  it.each<[string, number, number, Record<string, string>]>([
    ["a shorter length", 0, 200, { "content-length": "9" }],
    ["a longer length", 0, 200, { "content-length": "11" }],
    ["another total", 4, 206, { "content-range": "bytes 4-9/12" }],
    ["a length of the whole that a range ignores", 4, 200, { "content-length": "12" }],
  ])("Q65: fails early with %s", async (_, offset, status, headers) => {
    const failure = await failureFrom((async () => processBlob(answer(status, headers, "x"), offset, name))());
    expect(failure).toMatchObject({ code: "size-mismatch", retry: "never", side: "source", registry: "r.example" });
  });

  it("Q67: leaves a coding alone that belongs to the blob", async () => {
    const body = processBlob(answer(200, { "content-encoding": "gzip", "content-length": "10" }, bytes), 0, name);
    expect(await new Response(body?.stream).text()).toBe("0123456789");
  });

  it("Q67: leaves that coding alone too where a range was asked for and the whole comes", async () => {
    const body = processBlob(answer(200, { "content-encoding": "gzip", "content-length": "10" }, bytes), 4, name);
    expect([await new Response(body?.stream).text(), body?.offset]).toEqual(["0123456789", 0]);
  });

  it.each([["27"], [undefined]])("Q67: undoes a coding of the way, at the length %s", async (length) => {
    const headers = { "content-encoding": "gzip", ...(length && { "content-length": length }) };
    const body = processBlob(answer(200, headers, new Uint8Array(gzipSync(bytes))), 0, name);
    expect(body?.offset).toBe(0);
    expect(await new Response(body?.stream).text()).toBe("0123456789");
  });

  it("Q67: has no use for a range of coded bytes", () => {
    const headers = { "content-encoding": "gzip", "content-range": "bytes 4-20/27" };
    expect(processBlob(answer(206, headers, "x"), 4, name)).toBeUndefined();
  });
});
