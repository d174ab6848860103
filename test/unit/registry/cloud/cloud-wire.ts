/** A registry that wants a cloud's credentials, and the cloud's services, behind one `fetch`. */
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import type { Effects } from "../../../../src/net/effects.ts";
import { CopyError, type Failure } from "../../../../src/oci/errors.ts";
import type { CloudLogin } from "../../../../src/registry/cloud/login.ts";
import type { RegistryRequest, Transport } from "../../../../src/registry/request.ts";
import { TokenCache } from "../../../../src/registry/token-cache.ts";
import { createTransport } from "../../../../src/registry/transport.ts";
import { afterBySleep } from "../../../support/after-by-sleep.ts";
import { type Call, fetchTo, type Reply, type Service } from "../../../support/clouds/call.ts";

export const NOW = Date.UTC(2026, 10, 25, 8, 0, 0);

interface CloudWire {
  calls: Call[];
  /** Calls to one host. */
  callsTo(host: string): Call[];
  pass(ms: number): void;
  now(): number;
  transport(login: CloudLogin, tokens?: TokenCache): Transport;
  effects: Effects;
}

/** Services by their hosts; a registry is one of them. */
export function cloudWire(services: (now: () => number) => Readonly<Record<string, Service>>, registry: string): CloudWire {
  let now = NOW;
  const calls: Call[] = [];
  const effects: Effects = {
    fetch: fetchTo(
      services(() => now),
      calls,
    ),
    now: () => now,
    random: () => 0,
    sleep: async (ms, signal) => {
      // Limits of time never pass here; pauses do at once.
      await (ms >= 30_000 ? pause(2 ** 30, undefined, signal === undefined ? {} : { signal, ref: false }) : undefined);
    },
    after: (ms, run) => afterBySleep(effects.sleep)(ms, run),
  };
  return {
    calls,
    effects,
    callsTo: (host) => calls.filter(({ url }) => url.host === host),
    pass: (ms) => {
      now += ms;
    },
    now: () => now,
    transport: (cloud, tokens = new TokenCache()) =>
      createTransport({
        endpoint: { registry, base: new URL(`https://${registry}`), side: "source" },
        effects,
        permits: () => ({ http: false, private: false }),
        tokens,
        credentials: { id: registry, cloud },
      }),
  };
}

/** A registry that answers 200 to one `Authorization` header, and else 401 with the challenge. */
export function wanting(authorization: () => string, challenge = "Basic"): Service {
  return ({ headers }): Reply => {
    if (headers.authorization === authorization()) {
      return { status: 200, json: {} };
    }
    return {
      status: 401,
      json: { errors: [{ code: "UNAUTHORIZED", message: `who is ${headers.authorization}` }] },
      headers: { "www-authenticate": challenge },
    };
  };
}

function get(registry: string): RegistryRequest {
  return {
    method: "GET",
    url: new URL(`https://${registry}/v2/acme/app/manifests/1`),
    scopes: [{ repository: "acme/app", actions: ["pull"] }],
  };
}

/** Sends one request and gives its status. */
export async function statusOf(transport: Transport, registry: string): Promise<number> {
  return (await transport.send(get(registry))).response.status;
}

/** What a request fails with; none of the secrets may be in it. */
export async function failureOf(work: Promise<unknown>, ...secrets: string[]): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    expect(error).toBeInstanceOf(CopyError);
    const { failure } = error as CopyError;
    for (const secret of secrets) {
      expect(JSON.stringify(failure)).not.toContain(secret);
    }
    return failure;
  }
  throw new Error("it did not fail");
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}
