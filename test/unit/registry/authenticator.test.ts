/** Logging in, as the requests of a transport show it on the wire. */
import { describe, expect, test } from "vitest";
import { asUser, BASIC, BEARER, failureOf, issue, PULL_TOKEN, PUSH, PUSH_TOKEN, refusal, script, USER } from "./scripted-wire.ts";
import { ASK, getManifest, MANIFEST, sendAll } from "./wire-requests.ts";

describe("challenges", () => {
  test("Q1: Bearer is taken from among several", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal(`Negotiate, Basic realm="x", ${BEARER}`) },
      { ask: asUser(PULL_TOKEN), auth: BASIC, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    await sendAll(scripted, { credentials: USER }, getManifest());
  });

  test("Q5: a 401 that names no way asks the registry's root", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal() },
      { ask: "GET https://registry.test/v2/", reply: refusal(BEARER) },
      { ask: PULL_TOKEN, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    expect(await sendAll(scripted, {}, getManifest())).toEqual([200]);
  });

  test("Q5: where that names none either, the 401 is the answer", async () => {
    const scripted = script({ ask: ASK, reply: refusal() }, { ask: "GET https://registry.test/v2/", reply: 200 });
    expect(await sendAll(scripted, { credentials: USER }, getManifest())).toEqual([401]);
  });

  test("Q6: a login is asked for later although it was not at first", async () => {
    const scripted = script(
      { ask: ASK, reply: 200 },
      { ask: ASK, reply: refusal(BEARER) },
      { ask: PUSH_TOKEN, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    expect(await sendAll(scripted, {}, getManifest(), getManifest(PUSH))).toEqual([200, 200]);
  });

  test("Q7: the scope is ours where the challenge has none", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal(BEARER) },
      { ask: PUSH_TOKEN, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    await sendAll(scripted, {}, getManifest(PUSH));
  });

  test("Q9: a relative realm", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal('Bearer realm="/token"') },
      { ask: "GET https://registry.test/token?scope=repository%3Aacme%2Fapp%3Apull", reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    await sendAll(scripted, {}, getManifest());
  });

  test("Q11: a Basic realm is not fetched", async () => {
    const scripted = script({ ask: ASK, reply: refusal(`Basic realm="${MANIFEST}"`) }, { ask: ASK, auth: BASIC, reply: 200 });
    expect(await sendAll(scripted, { credentials: USER }, getManifest())).toEqual([200]);
  });

  test("Basic without credentials is the registry's answer", async () => {
    expect(await sendAll(script({ ask: ASK, reply: refusal("Basic") }), {}, getManifest())).toEqual([401]);
  });

  test("Q12: Basic, where the token server refuses and Basic is offered too", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal(`${BEARER}, Basic realm="x"`) },
      { ask: asUser(PULL_TOKEN), auth: BASIC, reply: 404 },
      { ask: ASK, auth: BASIC, reply: 200 },
      { ask: ASK, auth: BASIC, reply: 200 },
    );
    expect(await sendAll(scripted, { credentials: USER }, getManifest(), getManifest())).toEqual([200, 200]);
  });

  test("Q12: where that fails too, the token server's answer is the failure", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal(`${BEARER}, Basic realm="x"`) },
      { ask: asUser(PULL_TOKEN), auth: BASIC, reply: 404 },
      { ask: ASK, auth: BASIC, reply: refusal(`${BEARER}, Basic realm="x"`) },
    );
    expect(await failureOf(sendAll(scripted, { credentials: USER }, getManifest()))).toMatchObject({
      code: "access-denied",
      retry: "never",
      upstream: { status: 404 },
    });
  });

  test("Q12: Basic, where the token is refused and Basic is offered too", async () => {
    const both = `${BEARER}, Basic realm="x"`;
    const scripted = script(
      { ask: ASK, reply: refusal(both) },
      { ask: asUser(PULL_TOKEN), auth: BASIC, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: refusal(both) },
      { ask: ASK, auth: BASIC, reply: 200 },
    );
    expect(await sendAll(scripted, { credentials: USER }, getManifest())).toEqual([200]);
  });

  test("a realm that is refused fails before anything is sent there", async () => {
    const scripted = script({ ask: ASK, reply: refusal('Bearer realm="http://169.254.169.254/token"') });
    expect(await failureOf(sendAll(scripted, { credentials: USER }, getManifest()))).toMatchObject({
      code: "address-refused",
      retry: "never",
    });
  });
});
