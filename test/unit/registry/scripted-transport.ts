/** A transport whose answers are written down beforehand: what the registry client asks, word for word, and what it makes of the answers. */
import { expect } from "vitest";
import type { Effects } from "../../../src/net/effects.ts";
import { CopyError, type Side } from "../../../src/oci/errors.ts";
import type { Endpoint, RegistryRequest, RegistryResponse, Transport } from "../../../src/registry/request.ts";
import { afterBySleep } from "../../support/after-by-sleep.ts";

/** One request that must come, and its answer. */
export interface Exchange {
  /** Method, path and query: `HEAD /v2/a/b/manifests/1`. A URL of another host is written whole. */
  request: string;
  /** Headers that must be there, and with `null` must not. */
  headers?: Readonly<Record<string, string | null>>;
  /** The body that must come: its text, or `null` for none. A stream is read to its end first. @default whatever comes */
  body?: string | null;
  /** Scopes of the token, as in a challenge: `repository:a/b:pull`. */
  scopes?: readonly string[];
  /** The answer, or the failure of the request. A function gets the request and may read its body, or leave it. */
  answer: ScriptedAnswer | CopyError | ((request: RegistryRequest) => Promise<ScriptedAnswer | CopyError>);
}

export interface ScriptedAnswer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array<ArrayBuffer>;
  /** Where the answer came from, if it is not the request's URL. */
  url?: string;
}

export class ScriptedTransport implements Transport {
  readonly endpoint: Endpoint;
  readonly #script: Exchange[];

  constructor(script: readonly Exchange[], side: Side = "destination") {
    this.endpoint = { registry: "registry.example", base: new URL("https://registry.example"), side };
    this.#script = [...script];
  }

  /** Fails unless every request of the script has come. */
  expectDone(): void {
    expect(this.#script.map(({ request }) => request)).toEqual([]);
  }

  async send(request: RegistryRequest): Promise<RegistryResponse> {
    const { method, url, headers = {}, body, scopes } = request;
    const { origin, pathname, search } = url;
    const asked = `${method} ${origin === this.endpoint.base.origin ? "" : origin}${pathname}${search}`;
    const next = this.#script.shift();
    expect(asked).toBe(next?.request ?? "no more requests");
    const { answer, ...expected } = next as Exchange;
    for (const [name, value] of Object.entries(expected.headers ?? {})) {
      expect(headers[name] ?? null, `${asked}: ${name}`).toBe(value);
    }
    if (expected.scopes !== undefined) {
      expect(scopes.map(({ repository, actions }) => `repository:${repository}:${actions.join(",")}`)).toEqual(expected.scopes);
    }
    if (expected.body !== undefined) {
      expect(body === undefined ? null : await new Response(body).text(), `${asked}: body`).toBe(expected.body);
    }
    const given = typeof answer === "function" ? await answer(request) : answer;
    if (given instanceof CopyError) {
      throw given;
    }
    const empty = method === "HEAD" || given.status === 204 || given.status === 304;
    const response = new Response(empty ? null : (given.body ?? null), { status: given.status, headers: given.headers ?? {} });
    return { response, url: new URL(given.url ?? url) };
  }
}

/** Effects without a world: time stands still, and a pause ends only when it is given up, or at once where `pauses` says so. */
export function stillEffects(pauses: "last" | "pass" = "last"): Effects {
  return {
    fetch: () => Promise.reject(new Error("no network in this test")),
    now: () => 0,
    random: () => 0,
    sleep: (_, signal) =>
      pauses === "pass"
        ? Promise.resolve()
        : new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true })),
    after: (ms, run) => afterBySleep(stillEffects(pauses).sleep)(ms, run),
  };
}

/** A connection that broke off without an answer. */
export function brokenConnection(): CopyError {
  return new CopyError({ code: "registry-unavailable", message: "no answer from registry.example", retry: "later", side: "destination" });
}

/** The bytes of a text. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text));
}

/** An OCI error body. */
export function ociError(code: string, message = ""): string {
  return JSON.stringify({ errors: [{ code, message }] });
}

/** Awaits a rejection with a {@link CopyError} and returns its failure. */
export async function failureFrom(work: Promise<unknown>): Promise<CopyError["failure"]> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CopyError);
  return (error as CopyError).failure;
}
