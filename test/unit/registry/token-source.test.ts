/** How tokens are got, shared, kept and renewed, as the requests of a transport show it on the wire. */
import { describe, expect, test } from "vitest";
import { CopyError } from "../../../src/oci/errors.ts";
import type { Credentials } from "../../../src/registry/credentials.ts";
import type { RegistryRequest } from "../../../src/registry/request.ts";
import { TokenCache } from "../../../src/registry/token-cache.ts";
import {
  asUser,
  BASIC,
  BEARER,
  failureOf,
  issue,
  PULL_TOKEN,
  PUSH,
  PUSH_TOKEN,
  refusal,
  type Step,
  script,
  transportOn,
  USER,
  utf8,
} from "./scripted-wire.ts";
import { ASK, getManifest, MANIFEST, sendAll } from "./wire-requests.ts";

describe("round trips", () => {
  test("a registry without login is one request", async () => {
    expect(await sendAll(script({ ask: ASK, reply: 200 }), { credentials: USER }, getManifest())).toEqual([200]);
  });

  test("first contact is request, 401, token, request; the next is one request", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal(BEARER) },
      { ask: PULL_TOKEN, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: 200 },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    expect(await sendAll(scripted, {}, getManifest(), getManifest())).toEqual([200, 200]);
  });

  test("a known login asks for another repository's token at once", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal(BEARER) },
      { ask: PULL_TOKEN, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: 200 },
      { ask: PUSH_TOKEN, reply: issue("u") },
      { ask: ASK, auth: "Bearer u", reply: 200 },
    );
    await sendAll(scripted, {}, getManifest(), getManifest(PUSH));
  });

  test("Basic is one request more at first, and none after", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal('Basic realm="x"') },
      { ask: ASK, auth: BASIC, reply: 200 },
      { ask: ASK, auth: BASIC, reply: 200 },
    );
    await sendAll(scripted, { credentials: USER }, getManifest(), getManifest());
  });

  test("what one transport has learned another need not", async () => {
    const tokens = new TokenCache();
    const first = script(
      { ask: ASK, reply: refusal(BEARER) },
      { ask: PULL_TOKEN, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    await sendAll(first, { tokens }, getManifest());
    await sendAll(script({ ask: ASK, auth: "Bearer t", reply: 200 }), { tokens }, getManifest());
  });

  test("Q24: but not with another user's token", async () => {
    const tokens = new TokenCache();
    const first = script(
      { ask: ASK, reply: refusal(BEARER) },
      { ask: asUser(PULL_TOKEN), auth: BASIC, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    await sendAll(first, { tokens, credentials: USER }, getManifest());
    await sendAll(script({ ask: PULL_TOKEN, reply: issue("u") }, { ask: ASK, auth: "Bearer u", reply: 200 }), { tokens }, getManifest());
  });

  test("requests at the same time share one token request", async () => {
    const scripted = script(
      ...Array.from({ length: 4 }, (): Step => ({ ask: ASK, reply: refusal(BEARER) })),
      { ask: PULL_TOKEN, reply: issue("t") },
      ...Array.from({ length: 4 }, (): Step => ({ ask: ASK, auth: "Bearer t", reply: 200 })),
    );
    const transport = transportOn(scripted.effects);
    await Promise.all(Array.from({ length: 4 }, () => transport.send(getManifest())));
    scripted.done();
    scripted.pass(300_000);
    scripted.expect(
      { ask: PULL_TOKEN, reply: issue("u") },
      ...Array.from({ length: 4 }, (): Step => ({ ask: ASK, auth: "Bearer u", reply: 200 })),
    );
    await Promise.all(Array.from({ length: 4 }, () => transport.send(getManifest())));
    scripted.done();
  });

  test("one of them that is ended does not end the token request of the others", async () => {
    const stop = new AbortController();
    const scripted = script(
      { ask: ASK, reply: refusal(BEARER) },
      { ask: ASK, reply: refusal(BEARER) },
      {
        ask: PULL_TOKEN,
        reply: () => {
          stop.abort(new CopyError({ code: "cancelled", message: "enough", retry: "never" }));
          return issue("t");
        },
      },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    const transport = transportOn(scripted.effects);
    const [first, second] = await Promise.allSettled([
      transport.send({ ...getManifest(), signal: stop.signal }),
      transport.send(getManifest()),
    ]);
    expect([first.status, second.status]).toEqual(["rejected", "fulfilled"]);
    scripted.done();
  });
});

describe("tokens", () => {
  test("Q13: a stale token is dropped and renewed once", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal(BEARER) },
      { ask: PULL_TOKEN, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: 200 },
      { ask: ASK, auth: "Bearer t", reply: refusal(`${BEARER},error="invalid_token"`) },
      { ask: PULL_TOKEN, reply: issue("u") },
      { ask: ASK, auth: "Bearer u", reply: 200 },
    );
    expect(await sendAll(scripted, {}, getManifest(), getManifest())).toEqual([200, 200]);
  });

  test("Q13, Q17: a fresh token that is refused is the registry's answer", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal(BEARER) },
      { ask: PULL_TOKEN, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: refusal(`${BEARER},error="insufficient_scope",scope="repository:acme/app:pull"`) },
    );
    expect(await sendAll(scripted, {}, getManifest())).toEqual([401]);
  });

  test("Q13: more scopes are asked for once, and remembered", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal(BEARER) },
      { ask: PULL_TOKEN, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: refusal(`${BEARER},error="insufficient_scope",scope="repository:acme/app:push"`) },
      { ask: PUSH_TOKEN, reply: issue("u") },
      { ask: ASK, auth: "Bearer u", reply: 200 },
      { ask: ASK, auth: "Bearer u", reply: 200 },
    );
    expect(await sendAll(scripted, {}, getManifest(), getManifest())).toEqual([200, 200]);
  });

  test("Q13: a registry that always asks for more is not asked for ever", async () => {
    const more = (name: string) => refusal(`${BEARER},scope="repository:${name}:pull"`);
    const scripted = script(
      { ask: ASK, reply: more("a") },
      { ask: `${PULL_TOKEN}&scope=repository%3Aa%3Apull`, reply: issue("1") },
      { ask: ASK, auth: "Bearer 1", reply: more("b") },
      { ask: `${PULL_TOKEN}&scope=repository%3Ab%3Apull`, reply: issue("2") },
      { ask: ASK, auth: "Bearer 2", reply: more("c") },
      { ask: `${PULL_TOKEN}&scope=repository%3Ac%3Apull`, reply: issue("3") },
      { ask: ASK, auth: "Bearer 3", reply: more("d") },
    );
    expect(await sendAll(scripted, {}, getManifest())).toEqual([401]);
  });

  test("Q27, Q29: a mount's token names the destination first", async () => {
    const mount: RegistryRequest = {
      method: "POST",
      url: new URL("https://registry.test/v2/acme/app/blobs/uploads/?mount=x&from=acme/base"),
      scopes: [...PUSH, { repository: "acme/base", actions: ["pull"] }],
    };
    const ask = `POST ${mount.url}`;
    const scripted = script(
      { ask, reply: refusal(`${BEARER},scope="repository:acme/base:pull repository:acme/app:pull,push"`) },
      { ask: `${PUSH_TOKEN}&scope=repository%3Aacme%2Fbase%3Apull`, reply: issue("t") },
      { ask, auth: "Bearer t", reply: 201 },
    );
    expect(await sendAll(scripted, {}, mount)).toEqual([201]);
  });

  test("Q31: delete is asked for by the deletion alone, and the main token stays", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal(BEARER) },
      { ask: PUSH_TOKEN, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: 200 },
      {
        ask: `DELETE ${MANIFEST}`,
        auth: "Bearer t",
        reply: refusal(`${BEARER},error="insufficient_scope",scope="repository:acme/app:delete"`),
      },
      { ask: `${PUSH_TOKEN}%2Cdelete`, reply: issue("d") },
      { ask: `DELETE ${MANIFEST}`, auth: "Bearer d", reply: 204 },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    expect(await sendAll(scripted, {}, getManifest(PUSH), { ...getManifest(PUSH), method: "DELETE" }, getManifest(PUSH))).toEqual([
      200, 204, 200,
    ]);
  });

  test("Q16, Q18: a token is renewed before it ends, sooner before a body", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal(BEARER) },
      { ask: PULL_TOKEN, reply: issue("t", { expires_in: 100 }) },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    const transport = transportOn(scripted.effects);
    await transport.send(getManifest());
    scripted.pass(75_000);
    scripted.expect({ ask: ASK, auth: "Bearer t", reply: 200 });
    await transport.send(getManifest());
    scripted.expect(
      { ask: PULL_TOKEN, reply: issue("u", { expires_in: 100 }) },
      { ask: `PUT ${MANIFEST}`, auth: "Bearer u", body: "x", reply: 201 },
    );
    await transport.send({ ...getManifest(), method: "PUT", body: utf8("x") });
    scripted.pass(91_000);
    scripted.expect({ ask: PULL_TOKEN, reply: issue("v") }, { ask: ASK, auth: "Bearer v", reply: 200 });
    await transport.send(getManifest());
    scripted.done();
  });

  test("Q15: a lifetime of a second does not mean a token for every request", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal(BEARER) },
      { ask: PULL_TOKEN, reply: issue("t", { expires_in: 1 }) },
      { ask: ASK, auth: "Bearer t", reply: 200 },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    await sendAll(scripted, {}, getManifest(), getManifest());
  });

  test("Q23: a registry token is sent as it is, to this registry at once", async () => {
    const credentials: Credentials = { id: "registry.test", registryToken: "ready" };
    expect(await sendAll(script({ ask: ASK, auth: "Bearer ready", reply: 200 }), { credentials }, getManifest())).toEqual([200]);
    expect(await sendAll(script({ ask: ASK, auth: "Bearer ready", reply: refusal(BEARER) }), { credentials }, getManifest())).toEqual([
      401,
    ]);
  });

  test("Q25: a token server's no to credentials is not asked again as nobody", async () => {
    const scripted = script({ ask: ASK, reply: refusal(BEARER) }, { ask: asUser(PULL_TOKEN), auth: BASIC, reply: 401 });
    expect(await failureOf(sendAll(scripted, { credentials: USER }, getManifest()))).toMatchObject({
      code: "access-denied",
      retry: "never",
      upstream: { status: 401 },
    });
  });

  test("a registry with a token server for every repository is asked again which", async () => {
    const tokens = new TokenCache();
    const other = 'Bearer realm="https://auth.test/other"';
    const first = script(
      { ask: ASK, reply: refusal(BEARER) },
      { ask: PULL_TOKEN, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    await sendAll(first, { tokens }, getManifest());
    const second = script(
      { ask: PUSH_TOKEN, reply: 403 },
      { ask: ASK, reply: refusal(other) },
      { ask: "GET https://auth.test/other?scope=repository%3Aacme%2Fapp%3Apull%2Cpush", reply: issue("u") },
      { ask: ASK, auth: "Bearer u", reply: 200 },
    );
    expect(await sendAll(second, { tokens }, getManifest(PUSH))).toEqual([200]);
  });

  test("a known token server that refuses is not asked twice for one request", async () => {
    const tokens = new TokenCache();
    tokens.putLogin("https://registry.test", { scheme: "bearer", realm: new URL("https://auth.test/token"), service: "s" });
    const scripted = script({ ask: PULL_TOKEN, reply: 403 }, { ask: ASK, reply: refusal(BEARER) });
    expect(await failureOf(sendAll(scripted, { tokens }, getManifest()))).toMatchObject({
      code: "access-denied",
      upstream: { status: 403 },
    });
  });
});
