import { describe, expect, test } from "vitest";
import type { CopyError } from "../../../src/oci/errors.ts";
import type { Endpoint } from "../../../src/registry/request.ts";
import { TokenCache } from "../../../src/registry/token-cache.ts";
import {
  asUser,
  BASIC,
  BEARER,
  failureOf,
  issue,
  knownLogin,
  PUSH_TOKEN,
  refusal,
  script,
  transportOn,
  USER,
  utf8,
} from "./scripted-wire.ts";
import { BLOB, request, sendAsUser, to, UPLOAD } from "./wire-requests.ts";

function stream(text: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      controller.close();
    },
  });
}

describe("upload locations", () => {
  test("Q50: another host gets no Authorization, although the login is known", async () => {
    await sendAsUser(script({ ask: "PUT https://storage.test/x?sig=1", body: "b", reply: 201 }), {
      ...request("PUT", "https://storage.test/x?sig=1"),
      body: utf8("b"),
    });
    await sendAsUser(script({ ask: "PUT https://storage.test/x?sig=1", body: "b", reply: 201 }), {
      ...request("PUT", "https://storage.test/x?sig=1"),
      body: stream("b"),
    });
  });

  test.each(["https://10.0.0.1/x", "http://storage.test/x", "https://user:hunter2@storage.test/x"])("Q50: %s is refused", async (url) => {
    expect((await failureOf(sendAsUser(script(), request("PUT", url)))).code).toBe("address-refused");
  });
});

describe("streams", () => {
  const put = (body = stream("bytes")) => request("PUT", UPLOAD, { body });
  const ask = `PUT ${UPLOAD}`;

  test("with a known login are one request", async () => {
    expect((await sendAsUser(script({ ask, auth: BASIC, body: "bytes", reply: 201 }), put())).response.status).toBe(201);
  });

  test("Q18, Q100: get their token before they are opened", async () => {
    const scripted = script(
      { ask: asUser(PUSH_TOKEN), auth: BASIC, reply: issue("t") },
      { ask, auth: "Bearer t", body: "bytes", reply: 201 },
    );
    await sendAsUser(scripted, put(), { tokens: knownLogin("bearer") });
    expect(scripted.asked).toEqual([asUser(PUSH_TOKEN), ask]);
  });

  test("Q100: without a known login ask for it first", async () => {
    const scripted = script(
      { ask: "GET https://registry.test/v2/", reply: refusal(BEARER) },
      { ask: asUser(PUSH_TOKEN), auth: BASIC, reply: issue("t") },
      { ask, auth: "Bearer t", body: "bytes", reply: 201 },
    );
    await sendAsUser(scripted, put(), { tokens: new TokenCache() });
  });

  test("Q6: a registry that asks for nothing gets them bare", async () => {
    const scripted = script({ ask: "GET https://registry.test/v2/", reply: 200 }, { ask, body: "bytes", reply: 201 });
    await sendAsUser(scripted, put(), { tokens: new TokenCache() });
  });

  test("a registry that asks for nothing is not asked again for a while, nor one that has let nobody begin an upload", async () => {
    const tokens = new TokenCache();
    const asked = script(
      { ask: "GET https://registry.test/v2/", reply: 200 },
      { ask, body: "bytes", reply: 201 },
      { ask, body: "bytes", reply: 201 },
    );
    await sendAsUser(asked, put(), { tokens });
    await sendAsUser(asked, put(), { tokens });
    const begun = new TokenCache();
    const post = { method: "POST" as const, url: new URL("https://registry.test/v2/a/blobs/uploads/"), scopes: put().scopes };
    await sendAsUser(script({ ask: `POST ${post.url.href}`, reply: 202 }), post, { tokens: begun });
    await sendAsUser(script({ ask, body: "bytes", reply: 201 }), put(), { tokens: begun });
  });

  test("the way to the token may be tried again, the stream not", async () => {
    const scripted = script(
      { ask: asUser(PUSH_TOKEN), auth: BASIC, reply: 503 },
      { ask: asUser(PUSH_TOKEN), auth: BASIC, reply: issue("t") },
      { ask, auth: "Bearer t", body: "bytes", reply: 503 },
    );
    expect((await sendAsUser(scripted, put(), { tokens: knownLogin("bearer") })).response.status).toBe(503);
    const broken = script({ ask, auth: BASIC, body: "bytes", reply: new TypeError("fetch failed") });
    expect(await failureOf(sendAsUser(broken, put()))).toMatchObject({ code: "registry-unavailable", retry: "later" });
  });

  test.each([307, 308, 400, 404, 408, 413, 416, 500])("a %i is the caller's to judge", async (status) => {
    const reply = () => new Response(null, { status, headers: { location: "https://other.test/" } });
    expect((await sendAsUser(script({ ask, auth: BASIC, body: "bytes", reply }), put())).response.status).toBe(status);
  });

  test("Q137: a 429 is a failure with its wait", async () => {
    const reply = () => new Response(null, { status: 429, headers: { "retry-after": "2" } });
    const scripted = script({ ask, auth: BASIC, body: "bytes", reply });
    expect(await failureOf(sendAsUser(scripted, put()))).toMatchObject({ code: "rate-limited", retry: "later", waitMs: 2_000 });
  });

  test("Q18: one whose token is refused may be sent anew at once, with a token that is renewed already", async () => {
    const scripted = script(
      { ask: asUser(PUSH_TOKEN), auth: BASIC, reply: issue("t") },
      { ask, auth: "Bearer t", body: "bytes", reply: 201 },
      { ask, auth: "Bearer t", body: "bytes", reply: refusal(BEARER) },
      { ask: asUser(PUSH_TOKEN), auth: BASIC, reply: issue("u") },
      { ask, auth: "Bearer u", body: "bytes", reply: 201 },
    );
    const transport = transportOn(scripted.effects, { credentials: USER, tokens: knownLogin("bearer") });
    await transport.send(put());
    expect(await failureOf(transport.send(put()))).toMatchObject({ code: "access-denied", retry: "now", upstream: { status: 401 } });
    expect((await transport.send(put())).response.status).toBe(201);
  });

  test("Q18: refused twice in a row, that is the registry's answer", async () => {
    const tokens = knownLogin("bearer");
    const scripted = script(
      { ask: asUser(PUSH_TOKEN), auth: BASIC, reply: issue("t") },
      { ask: `HEAD ${BLOB}`, auth: "Bearer t", reply: 200 },
      { ask, auth: "Bearer t", body: "bytes", reply: refusal(BEARER) },
      { ask: asUser(PUSH_TOKEN), auth: BASIC, reply: issue("u") },
      { ask, auth: "Bearer u", body: "bytes", reply: refusal(BEARER) },
    );
    const transport = transportOn(scripted.effects, { credentials: USER, tokens });
    await transport.send(request("HEAD"));
    expect(await failureOf(transport.send(put()))).toMatchObject({ retry: "now" });
    expect((await transport.send(put())).response.status).toBe(401);
  });

  test("Q18: refused again after one that was taken, it is renewed again", async () => {
    const scripted = script();
    const transport = transportOn(scripted.effects, { credentials: USER, tokens: knownLogin("bearer") });
    scripted.expect({ ask: asUser(PUSH_TOKEN), auth: BASIC, reply: issue("0") });
    for (const [old, renewed] of ["01", "12"]) {
      scripted.expect(
        { ask, auth: `Bearer ${old}`, body: "bytes", reply: 201 },
        { ask, auth: `Bearer ${old}`, body: "bytes", reply: refusal(BEARER) },
        { ask: asUser(PUSH_TOKEN), auth: BASIC, reply: issue(renewed ?? "") },
      );
      await transport.send(put());
      expect(await failureOf(transport.send(put()))).toMatchObject({ retry: "now" });
    }
  });

  test("one that can't be sent is cancelled, so that nobody goes on writing to it", async () => {
    let cancelled: unknown;
    const body = new ReadableStream<Uint8Array>({
      cancel(reason) {
        cancelled = reason;
      },
    });
    const scripted = script({ ask: asUser(PUSH_TOKEN), auth: BASIC, reply: 403 });
    const failure = await failureOf(sendAsUser(scripted, put(body), { tokens: knownLogin("bearer") }));
    expect(failure).toMatchObject({ code: "access-denied", retry: "never" });
    expect((cancelled as CopyError).failure).toBe(failure);
  });
});

describe("endpoints", () => {
  test("Q5: one below a path is asked for its login there", async () => {
    const endpoint: Endpoint = { registry: "registry.test", base: new URL("https://mirror.test/registry/"), side: "source" };
    const scripted = script(
      { ask: "GET https://mirror.test/registry/v2/a", reply: refusal() },
      { ask: "GET https://mirror.test/registry/v2/", reply: refusal("Basic") },
      { ask: "GET https://mirror.test/registry/v2/a", auth: BASIC, reply: 200 },
    );
    await sendAsUser(scripted, request("GET", "https://mirror.test/registry/v2/a"), { endpoint, tokens: new TokenCache() });
  });

  test("one on a private address has its registry's rights, and only there", async () => {
    const endpoint: Endpoint = { registry: "registry.internal", base: new URL("http://10.0.0.5:5000"), side: "source" };
    const permits = (host: string) => ({ http: host === "registry.internal", private: host === "registry.internal" });
    const scripted = script(
      { ask: "GET http://10.0.0.5:5000/v2/a", reply: to("http://10.0.0.5:5000/b") },
      { ask: "GET http://10.0.0.5:5000/b", reply: to("http://10.0.0.6:5000/b") },
    );
    const failure = await failureOf(
      sendAsUser(scripted, request("GET", "http://10.0.0.5:5000/v2/a"), { endpoint, permits, tokens: new TokenCache() }),
    );
    expect(failure).toMatchObject({ code: "address-refused", side: "source", registry: "registry.internal" });
  });
});
