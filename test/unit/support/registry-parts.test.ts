/** The fake registry's switches that logins, storage and lists have: each departs from the spec in the way it is named for. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HttpAnswer, type HttpRequest, send } from "../../support/http.ts";
import { sha256 } from "../../support/registry/digest.ts";
import type { FakeRegistry } from "../../support/registry/fake-registry.ts";
import { OCI_MANIFEST } from "../../support/registry/manifest-rules.ts";
import type { Quirks } from "../../support/registry/quirks.ts";
import { startRegistry } from "../../support/registry/server.ts";
import { basic } from "../../support/registry/tokens.ts";

const BYTES = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config: {}, layers: [] }));
const SUBJECT = { mediaType: OCI_MANIFEST, digest: sha256(BYTES), size: BYTES.length };
const REFERRER = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config: {}, layers: [], subject: SUBJECT }));

let registry: FakeRegistry;
beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(() => registry.close());

const api = (method: string, path: string, request: HttpRequest = {}): Promise<HttpAnswer> =>
  send(method, new URL(path, registry.url), request);

async function become(quirks: Partial<Quirks>): Promise<void> {
  await registry.reset({ auth: { kind: "none" }, quirks });
  for (const tag of ["one", "two"]) {
    registry.putManifest("a/b", tag, OCI_MANIFEST, BYTES);
  }
  registry.putManifest("a/b", sha256(REFERRER), OCI_MANIFEST, REFERRER);
  registry.putBlob("a/b", Buffer.from("helloworld"));
}

describe("lists", () => {
  test.each<[Quirks["linkForm"], RegExp]>([
    ["no-port", /^http:\/\/127\.0\.0\.1\/v2\/a\/b\/tags\/list\?last=one&n=1; rel=next$/],
    ["other-host", /^<https:\/\/169\.254\.169\.254\/v2\/a\/b\/tags\/list\?last=one&n=1>; rel="next"$/],
  ])("a Link in the form %s", async (linkForm, link) => {
    await become({ linkForm, tagPage: 1 });
    expect((await api("GET", "/v2/a/b/tags/list")).headers.link).toMatch(link);
  });

  test("no tags as null", async () => {
    await become({ emptyTags: "null" });
    registry.putBlob("a/empty", Buffer.from("x"));
    expect(JSON.parse((await api("GET", "/v2/a/empty/tags/list")).body.toString())).toEqual({ name: "a/empty", tags: null });
  });

  test.each<[Quirks["referrersSize"], number]>([
    ["right", REFERRER.length],
    ["wrong", REFERRER.length + 218],
  ])("%s sizes of referrers", async (referrersSize, size) => {
    await become({ referrersSize });
    const { manifests } = JSON.parse((await api("GET", `/v2/a/b/referrers/${SUBJECT.digest}`)).body.toString());
    expect(manifests).toMatchObject([{ digest: sha256(REFERRER), size }]);
  });
});

test("limits of chunks that are not announced hold all the same", async () => {
  await become({ chunkMaxLength: 4, chunkLimitsAnnounced: false });
  const begun = await api("POST", "/v2/a/b/blobs/uploads/");
  expect(begun.headers["oci-chunk-max-length"]).toBeUndefined();
  const headers = { "content-type": "application/octet-stream" };
  expect((await send("PATCH", begun.headers.location ?? "", { body: "hello", headers })).status).toBe(416);
});

describe("logins", () => {
  test("storage that wants one of its own takes an anonymous token", async () => {
    await become({ blobRedirect: { status: 307, login: true } });
    const { headers } = await api("GET", `/v2/a/b/blobs/${sha256("helloworld")}`);
    const refused = await send("GET", headers.location ?? "");
    expect(refused).toMatchObject({ status: 401 });
    const [, realm = ""] = /realm="([^"]+)"/.exec(refused.headers["www-authenticate"] ?? "") ?? [];
    const { token } = JSON.parse((await send("GET", `${realm}?service=fake-registry&scope=storage:read`)).body.toString());
    const answer = await send("GET", headers.location ?? "", { headers: { authorization: `Bearer ${token}` } });
    expect([answer.status, answer.body.toString()]).toEqual([200, "helloworld"]);
  });

  test("Basic beside tokens, where it is taken too", async () => {
    const auth = { kind: "bearer", user: "u", password: "p" } as const;
    const headers = { authorization: basic("u", "p") };
    await registry.reset({ auth });
    expect((await api("GET", "/v2/", { headers })).status).toBe(401);
    await registry.reset({ auth: { ...auth, basicToo: true } });
    expect((await api("GET", "/v2/", { headers })).status).toBe(200);
  });

  test("a token service without a name, also below the registry's own address", async () => {
    await registry.reset({ auth: { kind: "bearer", service: null, anonymous: [] } });
    expect((await api("GET", "/token?scope=repository:a:pull")).status).toBe(200);
    expect((await api("GET", "/token?service=fake-registry&scope=repository:a:pull")).status).toBe(400);
  });
});
