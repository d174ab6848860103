/** Logging in, as the requests of a transport show it on the wire. */
import { describe, expect, test } from "vitest";
import type { RegistryRequest, Scope } from "../../../src/registry/request.ts";
import type { TransportOptions } from "../../../src/registry/transport.ts";
import {
  asUser,
  BASIC,
  BEARER,
  failureOf,
  issue,
  PULL,
  PULL_TOKEN,
  PUSH,
  PUSH_TOKEN,
  refusal,
  type Script,
  script,
  transportOn,
  USER,
} from "./scripted-wire.ts";

const PATH = "https://registry.test/v2/acme/app/manifests/1";
const ASK = `GET ${PATH}`;

function get(scopes: Scope[] = PULL): RegistryRequest {
  return { method: "GET", url: new URL(PATH), scopes };
}

/** Sends one request after the other through one transport; gives the statuses. */
async function send(scripted: Script, options: Partial<TransportOptions>, ...requests: RegistryRequest[]) {
  const transport = transportOn(scripted.effects, options);
  const statuses: number[] = [];
  for (const request of requests) {
    statuses.push((await transport.send(request)).response.status);
  }
  scripted.done();
  return statuses;
}

describe("challenges", () => {
  test("Q1: Bearer is taken from among several", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal(`Negotiate, Basic realm="x", ${BEARER}`) },
      { ask: asUser(PULL_TOKEN), auth: BASIC, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    await send(scripted, { credentials: USER }, get());
  });

  test("Q5: a 401 that names no way asks the registry's root", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal() },
      { ask: "GET https://registry.test/v2/", reply: refusal(BEARER) },
      { ask: PULL_TOKEN, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    expect(await send(scripted, {}, get())).toEqual([200]);
  });

  test("Q5: where that names none either, the 401 is the answer", async () => {
    const scripted = script({ ask: ASK, reply: refusal() }, { ask: "GET https://registry.test/v2/", reply: 200 });
    expect(await send(scripted, { credentials: USER }, get())).toEqual([401]);
  });

  test("Q6: a login is asked for later although it was not at first", async () => {
    const scripted = script(
      { ask: ASK, reply: 200 },
      { ask: ASK, reply: refusal(BEARER) },
      { ask: PUSH_TOKEN, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    expect(await send(scripted, {}, get(), get(PUSH))).toEqual([200, 200]);
  });

  test("Q7: the scope is ours where the challenge has none", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal(BEARER) },
      { ask: PUSH_TOKEN, reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    await send(scripted, {}, get(PUSH));
  });

  test("Q9: a relative realm", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal('Bearer realm="/token"') },
      { ask: "GET https://registry.test/token?scope=repository%3Aacme%2Fapp%3Apull", reply: issue("t") },
      { ask: ASK, auth: "Bearer t", reply: 200 },
    );
    await send(scripted, {}, get());
  });

  test("Q11: a Basic realm is not fetched", async () => {
    const scripted = script({ ask: ASK, reply: refusal(`Basic realm="${PATH}"`) }, { ask: ASK, auth: BASIC, reply: 200 });
    expect(await send(scripted, { credentials: USER }, get())).toEqual([200]);
  });

  test("Basic without credentials is the registry's answer", async () => {
    expect(await send(script({ ask: ASK, reply: refusal("Basic") }), {}, get())).toEqual([401]);
  });

  test("Q12: Basic, where the token server refuses and Basic is offered too", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal(`${BEARER}, Basic realm="x"`) },
      { ask: asUser(PULL_TOKEN), auth: BASIC, reply: 404 },
      { ask: ASK, auth: BASIC, reply: 200 },
      { ask: ASK, auth: BASIC, reply: 200 },
    );
    expect(await send(scripted, { credentials: USER }, get(), get())).toEqual([200, 200]);
  });

  test("Q12: where that fails too, the token server's answer is the failure", async () => {
    const scripted = script(
      { ask: ASK, reply: refusal(`${BEARER}, Basic realm="x"`) },
      { ask: asUser(PULL_TOKEN), auth: BASIC, reply: 404 },
      { ask: ASK, auth: BASIC, reply: refusal(`${BEARER}, Basic realm="x"`) },
    );
    expect(await failureOf(send(scripted, { credentials: USER }, get()))).toMatchObject({
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
    expect(await send(scripted, { credentials: USER }, get())).toEqual([200]);
  });

  test("a realm that is refused fails before anything is sent there", async () => {
    const scripted = script({ ask: ASK, reply: refusal('Bearer realm="http://169.254.169.254/token"') });
    expect(await failureOf(send(scripted, { credentials: USER }, get()))).toMatchObject({ code: "address-refused", retry: "never" });
  });
});
