/**
 * A network that follows a script: a table of the requests that are expected and the answer to each. Any other request, any
 * `Authorization` header that the script does not name, and anything expected that is not asked fails the test.
 */
import { afterEach, assert, expect } from "vitest";
import type { Effects } from "../../../src/net/effects.ts";
import { CopyError, type Failure } from "../../../src/oci/errors.ts";
import type { Credentials } from "../../../src/registry/credentials.ts";
import type { Endpoint, Scope } from "../../../src/registry/request.ts";
import { TokenCache } from "../../../src/registry/token-cache.ts";
import { createTransport, type TransportOptions } from "../../../src/registry/transport.ts";
import { afterBySleep } from "../../support/after-by-sleep.ts";

export interface Step {
  /** `GET https://registry.test/v2/`, the whole URL with its query. */
  ask: string;
  /** The `Authorization` header. @default none may be there */
  auth?: string;
  /** Other headers that must be there with these values, or, with `null`, must not. */
  headers?: Record<string, string | null>;
  /** The body, as text. @default none may be there */
  body?: string;
  /** What comes back. `hang`: nothing, until the request is aborted. An error: the connection fails with it. */
  reply: number | Response | Error | "hang" | (() => Response);
}

export interface Script {
  effects: Effects;
  /** Every request so far, as in `Step.ask`. */
  asked: string[];
  /** Pauses that ended by themselves, in milliseconds. */
  slept: number[];
  /** Pauses that go on. */
  pausing(): number;
  /** Moves the clock on. */
  pass(ms: number): void;
  /** Lets also those pauses end that only guard a request, as when one hangs. */
  hang(): void;
  /** Adds to what is expected. */
  expect(...steps: Step[]): void;
  /** Fails unless everything expected was asked. */
  done(): void;
}

/** The clock at the beginning of each script. */
export const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Deviations from scripts. The code under test sees them as broken connections, so they are told again at the test's end. */
const deviations: unknown[] = [];
const scripts: Script[] = [];

afterEach(() => {
  const [first] = deviations.splice(0);
  const begun = scripts.splice(0);
  if (first !== undefined) {
    throw first;
  }
  for (const each of begun) {
    each.done();
  }
});

export function script(...steps: Step[]): Script {
  const left = [...steps];
  const asked: string[] = [];
  const slept: number[] = [];
  let nowMs = START_MS;
  let hanging = 0;
  let pausing = 0;
  const effects: Effects = {
    now: () => nowMs,
    random: () => 0.5,
    fetch: async (url, init) => {
      const ask = `${init.method} ${url}`;
      asked.push(ask);
      const at = left.findIndex((step) => step.ask === ask);
      const [step] = at === -1 ? [] : left.splice(at, 1);
      const { reply } = await asExpected(step, ask, init, left[0]?.ask);
      init.signal?.throwIfAborted();
      if (reply === "hang") {
        hanging++;
        return await new Promise<Response>((_, reject) => {
          init.signal?.addEventListener("abort", () => {
            hanging--;
            reject(new DOMException("The operation was aborted", "AbortError"));
          });
        });
      }
      if (reply instanceof Error) {
        throw reply;
      }
      return typeof reply === "number" ? new Response(null, { status: reply }) : reply instanceof Response ? reply : reply();
    },
    // A pause ends as soon as nothing else can happen; one that only guards a request ends when that hangs.
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        pausing++;
        const stop = () => {
          pausing--;
          reject(signal?.reason);
        };
        signal?.addEventListener("abort", stop, { once: true });
        const tick = (turns: number) => {
          if (signal?.aborted) {
            reject(signal.reason);
          } else if (turns > 0) {
            setImmediate(tick, turns - 1);
          } else if (ms < 30_000 || hanging > 0) {
            nowMs += ms;
            slept.push(ms);
            pausing--;
            signal?.removeEventListener("abort", stop);
            resolve();
          }
        };
        tick(5);
      }),
    after: (ms, run) => afterBySleep(effects.sleep)(ms, run),
  };
  const scripted: Script = {
    effects,
    asked,
    slept,
    pausing: () => pausing,
    pass: (ms) => {
      nowMs += ms;
    },
    hang: () => {
      hanging++;
    },
    expect: (...more) => {
      left.push(...more);
    },
    done: () => expect(left.map((step) => step.ask)).toEqual([]),
  };
  scripts.push(scripted);
  return scripted;
}

async function asExpected(step: Step | undefined, ask: string, init: RequestInit, next: string | undefined): Promise<Step> {
  try {
    assert(step !== undefined, `unexpected request: ${ask}; expected next: ${next}`);
    await checkRequest(step, init);
    return step;
  } catch (deviation) {
    deviations.push(deviation);
    throw deviation;
  }
}

async function checkRequest(step: Step, init: RequestInit): Promise<void> {
  const headers = new Headers(init.headers);
  const wanted: Record<string, string | null> = {
    authorization: step.auth ?? null,
    "accept-encoding": "identity",
    "user-agent": "transship/0.1.0",
    ...step.headers,
  };
  const actual = Object.fromEntries(Object.keys(wanted).map((name) => [name, headers.get(name)]));
  expect(actual, step.ask).toEqual(wanted);
  expect(init.redirect, step.ask).toBe("manual");
  expect((init as { encodeResponseBody?: string }).encodeResponseBody, step.ask).toBe("manual");
  const body = init.body === undefined || init.body === null ? undefined : await new Response(init.body as BodyInit).text();
  expect(body, step.ask).toBe(step.body);
}

/** The registry that most tests talk to. */
export const ENDPOINT: Endpoint = { registry: "registry.test", base: new URL("https://registry.test"), side: "destination" };

/** A transport on a script, to `registry.test` unless the options say otherwise. No host has special rights. */
export function transportOn(effects: Effects, options: Partial<TransportOptions> = {}) {
  return createTransport({
    endpoint: ENDPOINT,
    effects,
    permits: () => ({ http: false, private: false }),
    tokens: new TokenCache(),
    ...options,
  });
}

/** A 401 with this challenge. */
export function refusal(challenge?: string): Response {
  const headers: HeadersInit = challenge === undefined ? {} : { "www-authenticate": challenge };
  return new Response('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}', { status: 401, headers });
}

/** A token server's answer. */
export function issue(token: string, more: Record<string, unknown> = {}): Response {
  return Response.json({ token, expires_in: 300, ...more });
}

/** The user that most tests log in as; `hunter2` must be in no message. */
export const USER: Credentials = { id: "registry.test", username: "user", password: "hunter2" };

/** That user's `Authorization`. */
export const BASIC = "Basic dXNlcjpodW50ZXIy";

/** A challenge that leads to `auth.test`. */
export const BEARER = 'Bearer realm="https://auth.test/token",service="s"';

export const PULL: Scope[] = [{ repository: "acme/app", actions: ["pull"] }];
export const PUSH: Scope[] = [{ repository: "acme/app", actions: ["pull", "push"] }];

/** What is asked of `auth.test` for these, as nobody. */
export const PULL_TOKEN = "GET https://auth.test/token?service=s&scope=repository%3Aacme%2Fapp%3Apull";
export const PUSH_TOKEN = `${PULL_TOKEN}%2Cpush`;

/** The same, as {@link USER}. */
export function asUser(tokenRequest: string): string {
  return tokenRequest.replace("?", "?account=user&");
}

/** A cache that knows the login of `registry.test` already. */
export function knownLogin(scheme: "basic" | "bearer"): TokenCache {
  const tokens = new TokenCache();
  const bearer = { scheme: "bearer", realm: new URL("https://auth.test/token"), service: "s" } as const;
  tokens.putLogin("https://registry.test", scheme === "basic" ? { scheme } : bearer);
  return tokens;
}

/** The failure of something that must fail with a {@link CopyError}, in which nothing secret stands. */
export async function failureOf(sending: Promise<unknown>): Promise<Failure> {
  const error = await sending.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CopyError);
  const { failure } = error as CopyError;
  expect(JSON.stringify(failure)).not.toMatch(/hunter2|dXNlcjpodW50ZXIy|_state|sig=|account=|scope=/);
  return failure;
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(text));
}
