/** The fake registry's switches: each departs from the spec in the way it is named for. The contract suite covers the default. */
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HttpAnswer, type HttpRequest, send } from "../../support/http.ts";
import { sha256 } from "../../support/registry/digest.ts";
import type { FakeRegistry } from "../../support/registry/fake-registry.ts";
import { OCI_MANIFEST } from "../../support/registry/manifest-rules.ts";
import type { Quirks } from "../../support/registry/quirks.ts";
import { startRegistry } from "../../support/registry/server.ts";

const OCTETS = { "content-type": "application/octet-stream" };
const MANIFEST = Buffer.from(
  JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config: { mediaType: "a/b", digest: sha256("{}"), size: 2 }, layers: [] }),
);

let registry: FakeRegistry;
beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(() => registry.close());

/** Makes the registry one with these quirks, holding a blob, a manifest and three tags. */
async function become(quirks: Partial<Quirks>): Promise<void> {
  await registry.reset({ quirks });
  registry.putBlob("a/b", Buffer.from("helloworld"));
  registry.putBlob("a/b", Buffer.from("{}"));
  for (const tag of ["one", "three", "two"]) {
    registry.putManifest("a/b", tag, OCI_MANIFEST, MANIFEST);
  }
}

const BLOB = `/v2/a/b/blobs/${sha256("helloworld")}`;
const api = (method: string, path: string, request: HttpRequest = {}): Promise<HttpAnswer> =>
  send(method, new URL(path, registry.url), request);
const begin = (): Promise<HttpAnswer> => api("POST", "/v2/a/b/blobs/uploads/");
const at = ({ headers }: HttpAnswer, base = "/v2/a/b/blobs/uploads/"): string =>
  `${new URL(headers.location ?? "", new URL(base, registry.url))}`;
const patch = (session: HttpAnswer, body: string, headers: Record<string, string> = {}): Promise<HttpAnswer> =>
  send("PATCH", at(session), { body, headers: { ...OCTETS, ...headers } });
const finish = (session: HttpAnswer, content: string, body = ""): Promise<HttpAnswer> =>
  send("PUT", `${at(session)}&digest=${sha256(content)}`, { body, headers: OCTETS });

describe("reading", () => {
  type Row = readonly [Partial<Quirks>, string, string, HttpRequest, { status: number; headers?: Record<string, unknown>; body?: string }];
  const range = { headers: { range: "bytes=2-4" } };
  const accept = { headers: { accept: OCI_MANIFEST } };
  const digest = sha256(MANIFEST);
  const rows: readonly Row[] = [
    [{ blobRange: "ignored" }, "GET", BLOB, range, { status: 200, body: "helloworld" }],
    [{ blobRange: "shifted" }, "GET", BLOB, range, { status: 206, body: "low", headers: { "content-range": "bytes 3-5/10" } }],
    [{ blobRange: "no-content-range" }, "GET", BLOB, range, { status: 206, body: "llo", headers: { "content-range": undefined } }],
    [{ blobRange: "no-total" }, "GET", BLOB, range, { status: 206, body: "llo", headers: { "content-range": "bytes 2-4/*" } }],
    [{ blobRange: "whole-as-206" }, "GET", BLOB, range, { status: 206, body: "helloworld", headers: { "content-range": undefined } }],
    [{ blobRange: 416 }, "GET", BLOB, range, { status: 416 }],
    [{ blobHead: 403 }, "HEAD", BLOB, {}, { status: 403 }],
    [{ blobHeadLength: false }, "HEAD", BLOB, {}, { status: 200, headers: { "content-length": undefined } }],
    [{ blobLength: false }, "GET", BLOB, {}, { status: 200, body: "helloworld", headers: { "content-length": undefined } }],
    [
      { contentDigest: "absent" },
      "HEAD",
      "/v2/a/b/manifests/one",
      accept,
      { status: 200, headers: { "docker-content-digest": undefined } },
    ],
    [
      { contentDigest: "bare-hex" },
      "HEAD",
      "/v2/a/b/manifests/one",
      accept,
      { status: 200, headers: { "docker-content-digest": digest.slice(7) } },
    ],
    [{ manifestType: "text/plain" }, "GET", "/v2/a/b/manifests/one", accept, { status: 200, headers: { "content-type": "text/plain" } }],
    [
      { manifestType: "with-parameter" },
      "GET",
      "/v2/a/b/manifests/one",
      accept,
      { status: 200, headers: { "content-type": `${OCI_MANIFEST}; charset=utf-8` } },
    ],
    [{ manifestHead: 405 }, "HEAD", "/v2/a/b/manifests/one", accept, { status: 405 }],
    [{ manifestHead: 501 }, "HEAD", "/v2/a/b/manifests/one", accept, { status: 501 }],
    [{ manifestHeadLength: "absent" }, "HEAD", "/v2/a/b/manifests/one", accept, { status: 200, headers: { "content-length": undefined } }],
    [{ manifestHeadLength: "zero" }, "HEAD", "/v2/a/b/manifests/one", accept, { status: 200, headers: { "content-length": "0" } }],
    [{ errorStyle: "hub" }, "GET", "/v2/a/b/manifests/none", accept, { status: 404, body: '{"details":"something went wrong"}' }],
    [{ errorStyle: "empty" }, "GET", "/v2/a/b/manifests/none", accept, { status: 404, body: "" }],
    [{ errorStyle: "html" }, "GET", "/v2/a/b/manifests/none", accept, { status: 404, headers: { "content-type": "text/html" } }],
    [{ referrers: 401 }, "GET", `/v2/a/b/referrers/${digest}`, {}, { status: 401, headers: { "www-authenticate": undefined } }],
    [{ referrers: "html" }, "GET", `/v2/a/b/referrers/${digest}`, {}, { status: 200, headers: { "content-type": "text/html" } }],
    [{ tagPage: 2 }, "GET", "/v2/a/b/tags/list", {}, { status: 200, headers: { link: '</v2/a/b/tags/list?last=three&n=2>; rel="next"' } }],
    [
      { tagPage: 2, linkForm: "bare" },
      "GET",
      "/v2/a/b/tags/list",
      {},
      { status: 200, headers: { link: expect.stringMatching(/^http:.*n=2; rel=next$/) } },
    ],
    [
      { repositories: "must-exist-404" },
      "GET",
      "/v2/none/manifests/x",
      {},
      { status: 404, body: expect.stringContaining("NAME_UNKNOWN") as string },
    ],
  ];

  test.each(rows)("%o: %s", async (quirks, method, path, request, { status, headers = {}, body }) => {
    await become(quirks);
    const answer = await api(method, path, request);
    expect(answer.status).toBe(status);
    for (const [name, value] of Object.entries(headers)) {
      expect(answer.headers[name], name).toEqual(value);
    }
    if (body !== undefined) {
      expect(answer.body.toString()).toEqual(body);
    }
  });

  test("gzipped blobs and manifests", async () => {
    await become({ blobGzip: true, manifestGzip: true });
    for (const [path, bytes] of [[BLOB, Buffer.from("helloworld")] as const, ["/v2/a/b/manifests/one", MANIFEST] as const]) {
      const answer = await api("GET", path, { headers: { accept: OCI_MANIFEST } });
      expect(answer.headers["content-encoding"]).toBe("gzip");
      expect(gunzipSync(answer.body)).toEqual(bytes);
    }
  });

  test("blobs at the storage host, which wants no Authorization", async () => {
    await become({ blobRedirect: { status: 307, head: true } });
    const { status, headers } = await api("GET", BLOB);
    const link = headers.location ?? "";
    expect([status, new URL(link).host]).toEqual([307, registry.storageHost]);
    expect((await send("GET", link)).body.toString()).toBe("helloworld");
    expect((await send("GET", link, { headers: { range: "bytes=5-" } })).body.toString()).toBe("world");
    expect((await send("GET", link, { headers: { authorization: "Bearer x" } })).status).toBe(400);
    expect((await send("HEAD", (await api("HEAD", BLOB)).headers.location ?? "")).status).toBe(403);
    registry.expireLinks();
    expect((await send("GET", link)).status).toBe(403);
  });

  test("a relative redirect", async () => {
    await become({ blobRedirect: { status: 302, relative: true } });
    const { headers } = await api("GET", BLOB);
    expect(headers.location).toMatch(/^\.\.\//);
    expect((await send("GET", new URL(headers.location ?? "", `${registry.url}${BLOB}`))).body.toString()).toBe("helloworld");
  });
});

describe("uploading", () => {
  test.each(["absolute", "relative", "bare", "other-path", "other-host"] as const)("Location: %s", async (uploadLocation) => {
    await become({ uploadLocation });
    const session = await begin();
    const one = await patch(session, "hello");
    expect(one.status).toBe(202);
    const base = new URL(at(session)).pathname;
    const two = await send("PATCH", at(one, base), { body: "there", headers: { ...OCTETS, "content-range": "5-9" } });
    expect((await send("PUT", `${at(two, base)}&digest=${sha256("hellothere")}`)).status).toBe(201);
  });

  test("a Location at the storage host is signed, and takes no Authorization", async () => {
    await become({ uploadLocation: "other-host" });
    const location = at(await begin());
    expect(new URL(location).host).toBe(registry.storageHost);
    expect((await send("GET", location)).status).toBe(204);
    expect((await send("GET", location, { headers: { authorization: "Basic eDp5" } })).status).toBe(400);
    expect((await send("GET", location.replace("%20", "+"))).status).toBe(403);
  });

  test.each([
    [{ patchStatus: 201 }, { status: 201, range: "0-4" }],
    [{ patchStatus: 204 }, { status: 204, range: "0-4" }],
    [{ rangeForm: "bytes=0-N" }, { status: 202, range: "bytes=0-4" }],
    [{ rangeForm: "absent" }, { status: 202, range: undefined }],
    [{ patch: false }, { status: 405, range: undefined }],
    [{ chunkMaxLength: 4 }, { status: 416, range: undefined }],
    [{ maxBody: 4 }, { status: 413, range: undefined }],
  ] as const)("PATCH with %o", async (quirks, expected) => {
    await become(quirks);
    const { status, headers } = await patch(await begin(), "hello");
    expect({ status, range: headers.range }).toEqual(expected);
  });

  test.each([
    [{ blobPutStatus: 204 }, 204],
    [{ monolithic: 404 }, 404],
    [{ monolithic: 4 }, 413],
    [{ monolithic: 5 }, 201],
    [{ maxBody: 4 }, 413],
  ] as const)("PUT with %o", async (quirks, status) => {
    await become(quirks);
    expect((await finish(await begin(), "hello", "hello")).status).toBe(status);
  });

  test.each([
    [{ mount: "session" }, 202, true],
    [{ mount: "session-without-location" }, 202, false],
    [{ mount: 401 }, 401, false],
  ] as const)("mount with %o", async (quirks, status, located) => {
    await become(quirks);
    const answer = await api("POST", `/v2/c/blobs/uploads/?mount=${sha256("helloworld")}&from=a/b`);
    expect([answer.status, answer.headers.location !== undefined]).toEqual([status, located]);
  });

  test("the end of what it holds never moves", async () => {
    await become({ rangeStuck: true });
    const one = await patch(await begin(), "hello");
    expect((await patch(one, "world")).headers.range).toBe("0-4");
  });

  test("an empty session's Range", async () => {
    await become({ emptyRange: "0--1" });
    expect((await begin()).headers.range).toBe("0--1");
  });

  test("PATCH answers without a Location", async () => {
    await become({ patchLocation: false, staleLocation: "tolerated" });
    const session = await begin();
    expect((await patch(session, "hello")).headers).not.toHaveProperty("location");
    expect((await patch(session, "world")).headers.range).toBe("0-9");
    expect((await finish(session, "helloworld")).status).toBe(201);
  });

  test("chunks that are too small, unless they are the last", async () => {
    await become({ chunkMinLength: 5 });
    const session = await begin();
    expect(session.headers["oci-chunk-min-length"]).toBe("5");
    const last = await patch(await patch(session, "hello"), "you");
    expect((await finish(last, "helloyou")).status).toBe(201);
    const small = await patch(await begin(), "hey");
    expect((await patch(small, "hello")).status).toBe(400);
  });

  test("equal chunks, and a closing body that does not count", async () => {
    await become({ chunksEqual: true });
    const two = await patch(await patch(await begin(), "hello"), "world");
    expect((await finish(two, "helloworld", "ignored")).status).toBe(201);
    const unequal = await patch(await patch(await begin(), "hello"), "you");
    expect((await patch(unequal, "there")).status).toBe(400);
    expect((await patch(await begin(), "x")).status).toBe(416);
  });

  test("Content-Range needed from the second chunk on", async () => {
    await become({ contentRange: "required" });
    const one = await patch(await begin(), "hello");
    expect((await patch(one, "world")).status).toBe(400);
  });

  test("a whole blob by POST", async () => {
    await become({ singlePost: "taken" });
    expect((await api("POST", `/v2/c/blobs/uploads/?digest=${sha256("x")}`, { body: "x", headers: OCTETS })).status).toBe(201);
  });

  test("no empty blobs, no sha512", async () => {
    await become({ emptyBlob: false, sha512: false });
    expect((await finish(await begin(), "")).status).toBe(400);
    const digest = `sha512:${"0".repeat(128)}`;
    expect((await send("PUT", `${at(await begin())}&digest=${digest}`)).status).toBe(400);
  });

  test("lost sessions", async () => {
    await become({});
    const session = await begin();
    expect(registry.openUploads).toBe(1);
    await registry.loseUploads();
    expect((await patch(session, "hello")).status).toBe(404);
    expect(registry.openUploads).toBe(0);
  });

  test("a repository that must be there already", async () => {
    await become({ repositories: "must-exist-drop" });
    await expect(api("POST", "/v2/none/blobs/uploads/")).rejects.toThrow(/hang up|ECONNRESET/);
    expect((await begin()).status).toBe(202);
  });
});

describe("manifests", () => {
  const other = Buffer.from(MANIFEST.toString().replace("a/b", "c/d"));
  const put = (tag: string, body: Buffer, type = OCI_MANIFEST): Promise<HttpAnswer> =>
    api("PUT", `/v2/a/b/manifests/${tag}`, { body, headers: { "content-type": type } });

  test.each([
    [{ manifestPutStatus: 202 }, 202, 202],
    [{ existingTag: "ecr" }, 400, 400],
    [{ existingTag: "harbor" }, 201, 412],
    [{ existingTag: "denied" }, 201, 403],
    [{ refusedConfigTypes: ["c/d"] }, 201, 400],
    [{ manifestMaxBytes: 10 }, 400, 400],
    [{ manifestTypes: "docker" }, 400, 400],
  ] as const)("%o", async (quirks, same, changed) => {
    await become(quirks);
    expect([(await put("one", MANIFEST)).status, (await put("one", other)).status]).toEqual([same, changed]);
  });

  test("a type with parameters is another type", async () => {
    await become({});
    expect((await put("typed", MANIFEST, `${OCI_MANIFEST}; charset=utf-8`)).status).toBe(400);
  });
});
