/** The fake registry's logins: whom its token service trusts, what its tokens are good for, and for how long. */
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HttpAnswer, send } from "../../support/http.ts";
import type { AuthOptions } from "../../support/registry/auth.ts";
import type { FakeRegistry } from "../../support/registry/fake-registry.ts";
import { startRegistry } from "../../support/registry/server.ts";
import { basic } from "../../support/registry/tokens.ts";

const USER = { user: "ship", password: "fleet:7" };
const LOGIN = basic(USER.user, USER.password);
const TAGS = "/v2/a/b/tags/list";

let registry: FakeRegistry;
beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(() => registry.close());

async function become(options: Omit<Extract<AuthOptions, { kind: "bearer" }>, "kind">): Promise<void> {
  await registry.reset({ auth: { kind: "bearer", ...USER, ...options } });
}

interface TokenBody {
  token?: string;
  access_token?: string;
  expires_in?: number;
  issued_at?: string;
  refresh_token?: string;
}

async function ask(query: string, authorization?: string): Promise<{ status: number; body: TokenBody }> {
  const url = `http://${registry.tokenHost}/token?service=fake-registry&${query}`;
  const { status, body } = await send("GET", url, authorization === undefined ? {} : { headers: { authorization } });
  return { status, body: JSON.parse(body.toString()) as TokenBody };
}

async function post(form: Record<string, string>): Promise<{ status: number; body: TokenBody }> {
  const { status, body } = await send("POST", `http://${registry.tokenHost}/token`, {
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ service: "fake-registry", client_id: "test", ...form }).toString(),
  });
  return { status, body: JSON.parse(body.toString()) as TokenBody };
}

const list = (token: string | undefined, path = TAGS): Promise<HttpAnswer> =>
  send("GET", `${registry.url}${path}`, { headers: { authorization: `Bearer ${token}` } });

describe("what a token is good for", () => {
  const PULL = "scope=repository:a/b:pull";

  test.each([
    ["everything, by default", {}, LOGIN, PULL, 404],
    ["nothing, for anybody", {}, undefined, PULL, 401],
    ["what anybody may", { anonymous: [{ repository: "a/*", actions: ["pull"] }] }, undefined, PULL, 404],
    ["less than it was asked for", { grants: [{ repository: "a/c", actions: ["pull"] }] }, LOGIN, PULL, 401],
    ["several scopes in one parameter", {}, LOGIN, "scope=repository:c:pull%20repository:a/b:pull", 404],
    ["several scopes", {}, LOGIN, `scope=repository:c:pull&${PULL}`, 404],
    ["the first scope alone", { scopes: "first" }, LOGIN, `scope=repository:c:pull&${PULL}`, 401],
    ["the last scope of a repository", { scopes: "last-per-repository" }, LOGIN, `${PULL}&scope=repository:a/b:push`, 401],
    ["a repository with a port in its name", {}, LOGIN, "scope=repository:host:5000/a/b:pull", 401],
  ] as const)("%s", async (_, options, authorization, query, status) => {
    await become(options);
    const { body } = await ask(query, authorization);
    expect((await list(body.token)).status).toBe(status);
  });

  test("until it expires, or is revoked", async () => {
    await become({ expiresIn: 0 });
    expect((await list((await ask(PULL, LOGIN)).body.token)).status).toBe(401);
    await become({});
    const { body } = await ask(PULL, LOGIN);
    expect((await list(body.token)).status).toBe(404);
    registry.tokens.revokeAll();
    expect((await list(body.token)).headers["www-authenticate"]).toContain('error="invalid_token"');
    expect(registry.tokens.count).toBe(1);
  });
});

describe("token answers", () => {
  test.each([
    ["both", ["access_token", "token"]],
    ["token", ["token"]],
    ["access_token", ["access_token"]],
    ["neither", []],
  ] as const)("field: %s", async (field, names) => {
    await become({ field });
    const { body } = await ask("", LOGIN);
    expect(
      Object.keys(body)
        .filter((name) => name.endsWith("token"))
        .sort(),
    ).toEqual(names);
  });

  test("times", async () => {
    await become({ expiresIn: "absent", issuedAt: "0001-01-01T00:00:00Z" });
    const { body } = await ask("", LOGIN);
    expect(body).not.toHaveProperty("expires_in");
    expect(body.issued_at).toBe("0001-01-01T00:00:00Z");
  });

  test.each([
    ["a wrong password", {}, basic("ship", "fleet")],
    ["nobody, where that is refused", { anonymous: "refused" }, undefined],
  ] as const)("%s", async (_, options, authorization) => {
    await become(options);
    expect((await ask("", authorization)).status).toBe(401);
  });

  test("another service", async () => {
    await become({});
    expect((await send("GET", `http://${registry.tokenHost}/token?service=other`)).status).toBe(400);
  });
});

describe("refresh tokens by POST", () => {
  const GRANT = { grant_type: "refresh_token", refresh_token: "identity", scope: "repository:a/b:pull,push" };

  test("stand for the user", async () => {
    await become({ identityToken: "identity" });
    const { status, body } = await post(GRANT);
    expect([status, body.refresh_token]).toEqual([200, "identity"]);
    expect((await list(body.access_token)).status).toBe(404);
    expect((await post({ ...GRANT, refresh_token: "other" })).status).toBe(401);
    expect((await post({ ...GRANT, client_id: "" })).status).toBe(400);
    expect((await ask("offline_token=true", LOGIN)).body.refresh_token).toBe("identity");
  });

  test.each([404, 405] as const)("not there: %s", async (code) => {
    await become({ identityToken: "identity", post: code });
    expect((await post(GRANT)).status).toBe(code);
  });
});

describe("challenges", () => {
  const challengeAt = async (path: string): Promise<string | undefined> =>
    (await send("GET", `${registry.url}${path}`)).headers["www-authenticate"];

  test("of any form", async () => {
    await become({ challenge: 'Negotiate, BEARER Realm={realm} , service="{service}", Basic' });
    expect(await challengeAt(TAGS)).toBe(`Negotiate, BEARER Realm=http://${registry.tokenHost}/token , service="fake-registry", Basic`);
  });

  test("at the base alone, or everywhere else", async () => {
    await become({ challengeOnlyAtPing: true });
    expect([await challengeAt("/v2/"), await challengeAt(TAGS)]).toEqual([expect.stringContaining("Bearer"), undefined]);
    await become({ openPing: true });
    expect((await send("GET", `${registry.url}/v2/`)).status).toBe(200);
    expect(await challengeAt(TAGS)).toContain('scope="repository:a/b:pull"');
  });

  test("the log keeps schemes, and no secrets", async () => {
    await become({});
    const { body } = await ask("", LOGIN);
    await list(body.token);
    expect(registry.requests.entries.map(({ server, headers }) => [server, headers.authorization])).toEqual([
      ["token", "Basic"],
      ["registry", "Bearer"],
    ]);
    expect(JSON.stringify(registry.requests.entries)).not.toContain(body.token);
  });
});

test("a POST without Content-Length is refused", async () => {
  await registry.reset({ auth: { kind: "none" } });
  const socket = connect(registry.port, "127.0.0.1");
  socket.end(`POST /v2/a/b/blobs/uploads/ HTTP/1.1\r\nHost: ${registry.host}\r\nConnection: close\r\n\r\n`);
  expect(await text(socket)).toMatch(/^HTTP\/1.1 411 /);
});
