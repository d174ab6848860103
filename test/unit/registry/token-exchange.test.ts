import { describe, expect, test } from "vitest";
import type { Credentials } from "../../../src/registry/credentials.ts";
import { secretsOf } from "../../../src/registry/secrets.ts";
import type { TokenWanted } from "../../../src/registry/token.ts";
import { exchangeToken, type TokenExchange } from "../../../src/registry/token-exchange.ts";
import { asUser, BASIC, ENDPOINT, failureOf, issue, PULL_TOKEN, type Script, START_MS, script, USER } from "./scripted-wire.ts";

const ASK = PULL_TOKEN;
const ASK_AS_USER = asUser(PULL_TOKEN);
const REFRESH: Credentials = { id: "registry.test", identityToken: "hunter2" };
const FORM = "grant_type=refresh_token&service=s&client_id=transship&scope=repository%3Aacme%2Fapp%3Apull&refresh_token=hunter2";
const REFRESH_BASIC = `Basic ${Buffer.from("<token>:hunter2").toString("base64")}`;

function exchange({ effects }: Script, credentials?: Credentials, options: Partial<TokenExchange> = {}, wish: Partial<TokenWanted> = {}) {
  return exchangeToken(
    {
      wire: { endpoint: ENDPOINT, effects, headersTimeoutMs: 60_000 },
      permits: () => ({ http: false, private: false }),
      challenger: ENDPOINT.base,
      secrets: secretsOf(credentials),
      ...options,
    },
    {
      realm: new URL("https://auth.test/token"),
      service: "s",
      scopes: ["repository:acme/app:pull"],
      ...(credentials === undefined ? {} : { credentials }),
      ...wish,
    },
  );
}

describe("success", () => {
  test("Q25: anonymous, one request", async () => {
    const scripted = script({ ask: ASK, reply: issue("t") });
    expect(await exchange(scripted)).toEqual({ token: "t", expiresAtMs: START_MS + 300_000 });
    scripted.done();
  });

  test("with a password, one request", async () => {
    const scripted = script({ ask: ASK_AS_USER, auth: BASIC, reply: issue("t") });
    await exchange(scripted, USER);
    scripted.done();
  });

  test("Q20: with a refresh token, one request", async () => {
    const scripted = script({ ask: "POST https://auth.test/token", body: FORM, reply: issue("t") });
    await exchange(scripted, REFRESH);
    scripted.done();
  });

  test.each([404, 405, 401])("Q21: POST answered with %i falls back to GET", async (status) => {
    const scripted = script(
      { ask: "POST https://auth.test/token", body: FORM, reply: status },
      { ask: ASK, auth: REFRESH_BASIC, reply: issue("t") },
    );
    expect((await exchange(scripted, REFRESH)).token).toBe("t");
    scripted.done();
  });

  test.each([400, 403])("Q21: POST answered with %i does not", async (status) => {
    const scripted = script({ ask: "POST https://auth.test/token", body: FORM, reply: status });
    expect(await failureOf(exchange(scripted, REFRESH))).toMatchObject({ code: "access-denied", retry: "never" });
    scripted.done();
  });
});

describe("failures", () => {
  test.each<[string, () => Response, object]>([
    [
      "Q37: 403 for what does not exist",
      () => new Response('{"errors":[{"code":"DENIED","message":"requested access is denied"}]}', { status: 403 }),
      { code: "access-denied", retry: "never", upstream: { status: 403, code: "DENIED" } },
    ],
    ["401", () => new Response(null, { status: 401 }), { code: "access-denied", retry: "never" }],
    ["400", () => new Response('{"error":"invalid_scope"}', { status: 400 }), { code: "access-denied", retry: "never" }],
    ["404", () => new Response(null, { status: 404 }), { code: "access-denied", retry: "never" }],
    ["another success", () => new Response(null, { status: 204 }), { code: "access-denied", retry: "never" }],
    [
      "Q137: 429",
      () => new Response(null, { status: 429, headers: { "retry-after": "30" } }),
      { code: "rate-limited", retry: "later", waitMs: 30_000 },
    ],
    ["500", () => new Response(null, { status: 500 }), { code: "registry-unavailable", retry: "later" }],
    [
      "503 with a wait",
      () => new Response(null, { status: 503, headers: { "retry-after": "3" } }),
      { code: "registry-unavailable", retry: "later", waitMs: 3_000 },
    ],
  ])("%s", async (_, reply, expected) => {
    const scripted = script({ ask: ASK_AS_USER, auth: BASIC, reply });
    const failure = await failureOf(exchange(scripted, USER));
    expect(failure).toMatchObject({ ...expected, side: "destination", registry: "registry.test" });
    expect(failure.message).toMatch(/^Logging in to registry\.test: registry\.test \(at auth\.test\) answered \d+/);
    scripted.done();
  });

  test.each<[string, () => Response, string]>([
    ["Q14: no token", () => Response.json({ expires_in: 300 }), "neither a token nor an access_token"],
    ["Q19: HTML", () => new Response("<html>", { headers: { "content-type": "text/html" } }), "no JSON object but 6 bytes of text/html"],
    ["Q19: no end of it", () => new Response("x".repeat(200_000)), "longer than"],
  ])("%s", async (_, reply, message) => {
    const failure = await failureOf(exchange(script({ ask: ASK, reply })));
    expect(failure).toMatchObject({ code: "access-denied", retry: "never", upstream: { status: 200 } });
    expect(failure.message).toContain(message);
  });

  test("Q19: a token server's quotes are cut", async () => {
    const reply = new Response('{"errors":[{"code":"X","message":"user/hunter2 is unknown"}]}', { status: 400 });
    expect((await failureOf(exchange(script({ ask: ASK_AS_USER, auth: BASIC, reply }), USER))).message).toContain("user/… is unknown");
  });

  test("an answer that breaks off is to be tried later", async () => {
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error("gone")) });
    const failure = await failureOf(exchange(script({ ask: ASK, reply: new Response(broken) })));
    expect(failure).toMatchObject({ code: "registry-unavailable", retry: "later" });
  });

  test("an answer that never comes is a timeout", async () => {
    expect(await failureOf(exchange(script({ ask: ASK, reply: "hang" })))).toMatchObject({ code: "timeout", retry: "later" });
  });
});

describe("Q48: addresses", () => {
  test.each<[string, string, Partial<TokenExchange>]>([
    ["a metadata address", "http://169.254.169.254/token", {}],
    ["a private address", "https://[fd00::1]/token", {}],
    ["plain HTTP", "http://auth.test/token", {}],
    ["a user in it", "https://user:hunter2@auth.test/token", {}],
    ["none of the realms", "https://auth.test/token", { realms: ["auth.example.com"] }],
  ])("%s is not asked", async (_, realm, options) => {
    const scripted = script();
    const failure = await failureOf(exchange(scripted, USER, options, { realm: new URL(realm) }));
    expect(failure).toMatchObject({ code: "address-refused", retry: "never" });
    expect(scripted.asked).toEqual([]);
  });

  test("one of the realms is asked", async () => {
    const scripted = script({ ask: ASK, reply: issue("t") });
    await exchange(scripted, undefined, { realms: ["auth.test"] });
    scripted.done();
  });
});

describe("Q49: redirects", () => {
  const to = (location: string, status = 307) => new Response(null, { status, headers: { location } });

  test("on one origin keep Basic", async () => {
    const scripted = script(
      { ask: ASK_AS_USER, auth: BASIC, reply: to("/v2/token?x=y") },
      { ask: "GET https://auth.test/v2/token?x=y", auth: BASIC, reply: issue("t") },
    );
    await exchange(scripted, USER);
    scripted.done();
  });

  test("to another origin drop it, also on the way back", async () => {
    const scripted = script(
      { ask: ASK_AS_USER, auth: BASIC, reply: to("https://auth.test:8443/token") },
      { ask: "GET https://auth.test:8443/token", reply: to("https://auth.test/last") },
      { ask: "GET https://auth.test/last", reply: issue("t") },
    );
    await exchange(scripted, USER);
    scripted.done();
  });

  test.each([
    ["a private address", "https://10.0.0.1/token", undefined],
    ["plain HTTP", "http://auth.test/token", undefined],
    ["a host that is none of the realms", "https://evil.test/token", ["auth.test"]],
  ])("to %s are refused", async (_, location, realms) => {
    const scripted = script({ ask: ASK_AS_USER, auth: BASIC, reply: to(location) });
    expect(await failureOf(exchange(scripted, USER, realms === undefined ? {} : { realms }))).toMatchObject({ code: "address-refused" });
    scripted.done();
  });

  test("of a form with a refresh token are not followed", async () => {
    const scripted = script({ ask: "POST https://auth.test/token", body: FORM, reply: to("https://auth.test/other", 308) });
    expect(await failureOf(exchange(scripted, REFRESH))).toMatchObject({ code: "access-denied", upstream: { status: 308 } });
    scripted.done();
  });

  test("have an end", async () => {
    const scripted = script();
    for (let hop = 0; hop <= 10; hop++) {
      scripted.expect({ ask: hop === 0 ? ASK : `GET https://auth.test/${hop}`, reply: to(`/${hop + 1}`) });
    }
    expect(await failureOf(exchange(scripted))).toMatchObject({ code: "registry-unavailable", retry: "never" });
    scripted.done();
  });
});
