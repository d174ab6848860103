import { describe, expect, test } from "vitest";
import { CopyError } from "../../../src/oci/errors.ts";
import type { RequestEvent } from "../../../src/registry/attempt.ts";
import { TokenCache } from "../../../src/registry/token-cache.ts";
import { asUser, BASIC, BEARER, failureOf, issue, knownLogin, PUSH_TOKEN, refusal, type Step, script, utf8 } from "./scripted-wire.ts";
import { BLOB, request, sendAsUser, to, UPLOAD } from "./wire-requests.ts";

test("answers of the registry come back as they are", async () => {
  for (const status of [200, 201, 202, 204, 206, 304, 400, 403, 404, 405, 409, 412, 413, 416, 501]) {
    const { response, url } = await sendAsUser(script({ ask: `GET ${BLOB}`, auth: BASIC, reply: status }));
    expect([response.status, url.href]).toEqual([status, BLOB]);
  }
});

describe("redirects", () => {
  test("Q54, Q55: another host gets the request without Authorization, and nothing else is lost", async () => {
    const scripted = script(
      { ask: `GET ${BLOB}`, auth: BASIC, headers: { range: "bytes=5-" }, reply: to("https://cdn.test/blob?sig=a%2Fb&x") },
      { ask: "GET https://cdn.test/blob?sig=a%2Fb&x", headers: { range: "bytes=5-" }, reply: new Response("content", { status: 206 }) },
    );
    const { response, url } = await sendAsUser(scripted, request("GET", BLOB, { headers: { range: "bytes=5-" } }));
    expect([response.status, await response.text(), url.href]).toEqual([206, "content", "https://cdn.test/blob?sig=a%2Fb&x"]);
  });

  test.each([301, 302, 303, 307, 308])("Q56: %i of a HEAD, on the same origin, keeps the login", async (status) => {
    const scripted = script(
      { ask: `HEAD ${BLOB}`, auth: BASIC, reply: to("/artifacts/x", status) },
      { ask: "HEAD https://registry.test/artifacts/x", auth: BASIC, reply: 200 },
    );
    await sendAsUser(scripted, request("HEAD"));
  });

  test.each([
    ["another port", "https://registry.test:8443/x"],
    ["a host below", "https://cdn.registry.test/x"],
    ["a host that begins alike", "https://registry.test.evil.test/x"],
  ])("Q54: %s is another origin", async (_, location) => {
    await sendAsUser(script({ ask: `GET ${BLOB}`, auth: BASIC, reply: to(location) }, { ask: `GET ${location}`, reply: 200 }));
  });

  test("Q54: on the way back from another host there is no login either", async () => {
    const scripted = script(
      { ask: `GET ${BLOB}`, auth: BASIC, reply: to("https://cdn.test/x") },
      { ask: "GET https://cdn.test/x", reply: to("https://registry.test/y") },
      { ask: "GET https://registry.test/y", reply: 200 },
    );
    await sendAsUser(scripted);
  });

  test("Q23, Q54: a registry token does not leave the registry either", async () => {
    const scripted = script(
      { ask: `GET ${BLOB}`, auth: "Bearer ready", reply: to("https://cdn.test/x") },
      { ask: "GET https://cdn.test/x", reply: refusal("Bearer realm=/t") },
      { ask: "GET https://cdn.test/t", reply: issue("t") },
      { ask: "GET https://cdn.test/x", auth: "Bearer t", reply: 200 },
    );
    await sendAsUser(scripted, request(), { credentials: { id: "registry.test", registryToken: "ready" } });
  });

  test("Q57: a host that asks for a login gets an anonymous token of its own", async () => {
    const scripted = script(
      { ask: `GET ${BLOB}`, auth: BASIC, reply: to("https://other.test/v2/y/blobs/x") },
      {
        ask: "GET https://other.test/v2/y/blobs/x",
        reply: refusal('Bearer realm="https://auth.other.test/token",service="other",scope="repository:y:pull"'),
      },
      { ask: "GET https://auth.other.test/token?service=other&scope=repository%3Ay%3Apull", reply: issue("t") },
      { ask: "GET https://other.test/v2/y/blobs/x", auth: "Bearer t", reply: 200 },
    );
    expect((await sendAsUser(scripted)).response.status).toBe(200);
  });

  test.each([
    ["Basic", "Basic realm=x"],
    ["no way to log in", undefined],
  ])("Q57: where it asks for %s its 401 is the answer", async (_, challenge) => {
    const scripted = script(
      { ask: `GET ${BLOB}`, auth: BASIC, reply: to("https://cdn.test/x") },
      { ask: "GET https://cdn.test/x", reply: refusal(challenge) },
    );
    expect((await sendAsUser(scripted)).response.status).toBe(401);
  });

  test.each([
    ["Q48: a private address", "https://10.0.0.1/x"],
    ["Q48: a metadata address", "https://169.254.169.254/x"],
    ["Q53: plain HTTP", "http://cdn.test/x?sig=hunter2"],
    ["a user in it", "https://user:hunter2@cdn.test/x"],
    ["another scheme", "data:text/plain,x"],
  ])("%s is refused", async (_, location) => {
    const failure = await failureOf(sendAsUser(script({ ask: `GET ${BLOB}`, auth: BASIC, reply: to(location) })));
    expect(failure).toMatchObject({ code: "address-refused", retry: "never", side: "destination", registry: "registry.test" });
  });

  test("Q56: they have an end", async () => {
    const scripted = script();
    for (let hop = 0; hop <= 10; hop++) {
      scripted.expect({ ask: `GET https://registry.test/${hop}`, auth: BASIC, reply: to(`/${hop + 1}`) });
    }
    const failure = await failureOf(sendAsUser(scripted, request("GET", "https://registry.test/0")));
    expect(failure).toMatchObject({ code: "registry-unavailable", retry: "never" });
  });

  test("Q56: without a Location they are a failure", async () => {
    const failure = await failureOf(sendAsUser(script({ ask: `GET ${BLOB}`, auth: BASIC, reply: 302 })));
    expect(failure).toMatchObject({ code: "registry-unavailable", retry: "never" });
  });

  test("a POST without a body goes on with its method", async () => {
    const scripted = script(
      { ask: "POST https://registry.test/v2/a/blobs/uploads/", auth: BASIC, reply: to("/v2/b/blobs/uploads/", 301) },
      { ask: "POST https://registry.test/v2/b/blobs/uploads/", auth: BASIC, reply: 202 },
    );
    await sendAsUser(scripted, request("POST", "https://registry.test/v2/a/blobs/uploads/"));
  });

  test("bytes are sent again to where a 307 leads", async () => {
    const bytes = utf8("manifest");
    const scripted = script(
      { ask: `PUT ${BLOB}`, auth: BASIC, body: "manifest", reply: to("https://storage.test/x") },
      { ask: "PUT https://storage.test/x", body: "manifest", reply: 201 },
    );
    await sendAsUser(scripted, request("PUT", BLOB, { body: bytes }));
  });

  test("Q58: another try begins at the registry, not at the storage", async () => {
    const scripted = script(
      { ask: `GET ${BLOB}`, auth: BASIC, reply: to("https://cdn.test/1") },
      { ask: "GET https://cdn.test/1", reply: 503 },
      { ask: `GET ${BLOB}`, auth: BASIC, reply: to("https://cdn.test/2") },
      { ask: "GET https://cdn.test/2", reply: 200 },
    );
    expect((await sendAsUser(scripted)).url.href).toBe("https://cdn.test/2");
  });
});

describe("tries again", () => {
  test.each([408, 429, 499, 500, 502, 503, 504, 522])("Q104: after a %i", async (status) => {
    const scripted = script({ ask: `GET ${BLOB}`, auth: BASIC, reply: status }, { ask: `GET ${BLOB}`, auth: BASIC, reply: 200 });
    expect((await sendAsUser(scripted)).response.status).toBe(200);
    expect(scripted.slept).toEqual([125]);
  });

  test("after a broken connection", async () => {
    const scripted = script(
      { ask: `GET ${BLOB}`, auth: BASIC, reply: new TypeError("Network connection lost.") },
      { ask: `GET ${BLOB}`, auth: BASIC, reply: 200 },
    );
    expect((await sendAsUser(scripted)).response.status).toBe(200);
  });

  test.each(["HEAD", "GET", "POST", "DELETE", "PUT", "PATCH"] as const)("%s, with bytes or without a body", async (method) => {
    const step = (reply: number): Step => ({ ask: `${method} ${UPLOAD}`, auth: BASIC, reply });
    await sendAsUser(script(step(500), step(200)), request(method, UPLOAD));
    if (method === "PUT" || method === "POST" || method === "PATCH") {
      const body = utf8("bytes");
      await sendAsUser(script({ ...step(500), body: "bytes" }, { ...step(200), body: "bytes" }), request(method, UPLOAD, { body }));
    }
  });

  test("as often as the policy says, and then fails with what it saw", async () => {
    const policy = { maxAttempts: 3, baseMs: 100, maxMs: 1_000, inlineWaitMs: 1_000 };
    const steps = Array.from(
      { length: 3 },
      (): Step => ({ ask: `GET ${BLOB}`, auth: BASIC, reply: () => new Response("down", { status: 502 }) }),
    );
    const scripted = script(...steps);
    expect(await failureOf(sendAsUser(scripted, request(), { retry: policy }))).toEqual({
      code: "registry-unavailable",
      message: `GET ${BLOB}: registry.test answered 502 (down)`,
      retry: "later",
      side: "destination",
      registry: "registry.test",
      upstream: { status: 502, message: "down" },
    });
    expect(scripted.slept).toEqual([50, 100]);
  });

  test("Q137: after the pause that was asked for, in full", async () => {
    const reply = () => new Response(null, { status: 429, headers: { "retry-after": "20" } });
    const scripted = script({ ask: `GET ${BLOB}`, auth: BASIC, reply }, { ask: `GET ${BLOB}`, auth: BASIC, reply: 200 });
    await sendAsUser(scripted);
    expect(scripted.slept).toEqual([20_125]);
  });

  test("Q137: a longer pause is left to others, with how long it is", async () => {
    const reply = () => new Response("retry-after: 42s, allowed: 44000/minute", { status: 429 });
    const scripted = script({ ask: `GET ${BLOB}`, auth: BASIC, reply });
    expect(await failureOf(sendAsUser(scripted))).toMatchObject({
      code: "rate-limited",
      retry: "later",
      waitMs: 42_000,
      upstream: { status: 429 },
    });
    expect(scripted.slept).toEqual([]);
  });

  test("Q137: at the token server alike", async () => {
    const scripted = script(
      { ask: asUser(PUSH_TOKEN), auth: BASIC, reply: () => new Response(null, { status: 429, headers: { "retry-after": "1" } }) },
      { ask: asUser(PUSH_TOKEN), auth: BASIC, reply: issue("t") },
      { ask: `GET ${BLOB}`, auth: "Bearer t", reply: 200 },
    );
    await sendAsUser(scripted, request(), { tokens: knownLogin("bearer") });
    expect(scripted.slept).toEqual([1_125]);
  });

  test.each([400, 403, 404, 405, 413, 501])("not after a %i", async (status) => {
    await sendAsUser(script({ ask: `GET ${BLOB}`, auth: BASIC, reply: status }));
  });

  test("not after a timeout", async () => {
    expect(await failureOf(sendAsUser(script({ ask: `GET ${BLOB}`, auth: BASIC, reply: "hang" })))).toMatchObject({
      code: "timeout",
      retry: "later",
    });
  });

  test("not once it is ended", async () => {
    const stop = new AbortController();
    const scripted = script({
      ask: `GET ${BLOB}`,
      auth: BASIC,
      reply: () => {
        stop.abort(new CopyError({ code: "cancelled", message: "enough", retry: "never" }));
        return new Response(null, { status: 503 });
      },
    });
    expect(await failureOf(sendAsUser(scripted, request(), { signal: stop.signal }))).toMatchObject({
      code: "cancelled",
      message: "enough",
    });
    const aborted = AbortSignal.abort("because");
    expect(await failureOf(sendAsUser(script(), request("GET", BLOB, { signal: aborted })))).toMatchObject({
      code: "cancelled",
      retry: "never",
    });
  });
});

test("every request on the wire is told, without secrets", async () => {
  const events: RequestEvent[] = [];
  const scripted = script(
    { ask: `PUT ${UPLOAD}`, reply: refusal(BEARER) },
    { ask: asUser(PUSH_TOKEN), auth: BASIC, reply: issue("t") },
    { ask: `PUT ${UPLOAD}`, auth: "Bearer t", reply: new TypeError("fetch failed") },
    { ask: `PUT ${UPLOAD}`, auth: "Bearer t", reply: 201 },
  );
  await sendAsUser(scripted, request("PUT", UPLOAD), { tokens: new TokenCache(), onRequest: (event) => events.push(event) });
  const url = "https://registry.test/v2/acme/app/blobs/uploads/1";
  expect(events).toEqual([
    { method: "PUT", url, purpose: "content", status: 401 },
    { method: "GET", url: "https://auth.test/token", purpose: "token", status: 200 },
    { method: "PUT", url, purpose: "content", status: undefined },
    { method: "PUT", url, purpose: "content", status: 201 },
  ]);
});

test("what a registry quotes of the login does not get out", async () => {
  const reply = () => new Response('{"errors":[{"code":"X","message":"user:hunter2 dXNlcjpodW50ZXIy"}]}', { status: 500 });
  const policy = { maxAttempts: 1, baseMs: 1, maxMs: 1, inlineWaitMs: 1 };
  const scripted = script({ ask: `GET ${BLOB}`, auth: BASIC, reply });
  expect((await failureOf(sendAsUser(scripted, request(), { retry: policy }))).message).toContain("user:… …");
});
