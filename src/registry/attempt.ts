/** One HTTP exchange, of which every request of the registry client is made: no redirect followed, nothing tried again, no login. */

import { anySignal, untilAborted } from "../net/abort.ts";
import type { HostPermit } from "../net/address.ts";
import { readCapped } from "../net/capped-body.ts";
import type { Effects } from "../net/effects.ts";
import { redactUrl } from "../net/redact.ts";
import { CopyError } from "../oci/errors.ts";
import { abortFailure } from "./abort-failure.ts";
import { failureSite, MAX_ERROR_BODY_BYTES, networkFailure } from "./errors.ts";
import { assertPermitted } from "./permit.ts";
import { type Quota, quotaOf } from "./quota.ts";
import type { Endpoint, RegistryRequest } from "./request.ts";
import { withoutSecrets } from "./secrets.ts";
import { USER_AGENT } from "./user-agent.ts";
import { parseWarnings } from "./warning.ts";

/** What all exchanges of one transport have in common. */
export interface Wire {
  endpoint: Endpoint;
  effects: Effects;
  /** Longest wait for an answer's headers, in milliseconds, and for the body of an error. */
  headersTimeoutMs: number;
  /** Ends every exchange. */
  signal?: AbortSignal;
  onRequest?: (event: RequestEvent) => void;
  /** Told what the registry warns of (Q141), safe to show. */
  onWarning?: (text: string) => void;
  /** Told what an answer of the registry says of its quota. */
  onQuota?: (quota: Quota) => void;
}

/** Told after every request that was sent, for counting and tracing. */
export interface RequestEvent {
  method: RegistryRequest["method"];
  /** Without user, query and fragment. */
  url: string;
  /** `token`: asks a token server; `ping`: only asks how to log in. */
  purpose: "content" | "token" | "ping";
  /** Status of the answer, or `undefined` where none came. */
  status: number | undefined;
}

export interface Attempt {
  method: RegistryRequest["method"];
  url: URL;
  /** What the operator allows at this URL. */
  permit: HostPermit;
  /** By their names in lower case. */
  headers: Readonly<Record<string, string>>;
  body?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | string;
  purpose: RequestEvent["purpose"];
  signal?: AbortSignal;
  /** Texts that are cut out of an error's body, should the server quote them. */
  secrets: readonly string[];
  /** Reads an answer of success to its end as well, up to this many bytes. Errors always are. */
  bufferBytes?: number;
}

/**
 * Registries that keep blobs in object storage copy a whole blob there before they answer the `PUT` that commits it; so requests
 * that write may wait this many times longer.
 */
const WRITE_PATIENCE = 5;

/**
 * Sends one request and gives its answer, whatever its status. An error's body is read already (capped, without the request's secrets), so that
 * nobody later waits for it; any other body is the caller's to read, under the same signals.
 *
 * A stream as the body is sent without a limit of time: how long that takes depends on who writes it. Fails with `address-refused` before anything is
 * sent, `timeout` (later) without headers in time, `registry-unavailable` (later) where the network fails, or what the signals say.
 */
export async function attempt(wire: Wire, request: Attempt): Promise<Response> {
  const { endpoint } = wire;
  assertPermitted(request.url, request.permit, endpoint);
  const what = () => `${request.method} ${redactUrl(request.url)}`;
  const ending = new AbortController();
  const signal = anySignal(ending.signal, wire.signal, request.signal);
  let response: Response | undefined;
  try {
    signal.throwIfAborted();
    response = await within(wire, headersWaitMs(wire, request), what, ending, signal, start(wire, request, signal));
    if (wire.onWarning !== undefined && request.purpose === "content") {
      parseWarnings(response.headers.get("warning")).forEach(wire.onWarning);
    }
    const quota = request.purpose === "content" ? quotaOf(response.headers) : undefined;
    if (quota !== undefined) {
      wire.onQuota?.(quota);
    }
    if (response.status >= 300 || request.bufferBytes !== undefined) {
      response = await buffered(wire, request, response, what, ending, signal);
    }
    return response;
  } catch (error) {
    throw signal.aborted ? abortFailure(signal.reason, endpoint) : networkFailure(error, endpoint, what());
  } finally {
    wire.onRequest?.({ method: request.method, url: redactUrl(request.url), purpose: request.purpose, status: response?.status });
  }
}

async function start(wire: Wire, { method, url, headers, body }: Attempt, signal: AbortSignal): Promise<Response> {
  const init: RequestInit = {
    method,
    headers: { "user-agent": USER_AGENT, "accept-encoding": "identity", ...headers },
    redirect: "manual",
    // The bytes as they are sent, whatever coding a server puts on them unasked (Q67).
    encodeResponseBody: "manual",
    signal,
    ...(body === undefined ? {} : { body }),
  };
  const response = await wire.effects.fetch(url.href, init);
  if (signal.aborted) {
    response.body?.cancel().catch(() => {});
  }
  return response;
}

function headersWaitMs({ headersTimeoutMs }: Wire, { method, body }: Attempt): number | undefined {
  if (body instanceof ReadableStream) {
    return undefined;
  }
  return method === "PUT" || method === "PATCH" ? headersTimeoutMs * WRITE_PATIENCE : headersTimeoutMs;
}

/** Waits for `work`, and ends the exchange after `ms` without a result. */
async function within<T>(
  { effects, endpoint }: Wire,
  ms: number | undefined,
  what: () => string,
  ending: AbortController,
  signal: AbortSignal,
  work: Promise<T>,
): Promise<T> {
  const late = () => {
    const message = `${what()}: no answer from ${endpoint.registry} within ${(ms ?? 0) / 1000} s`;
    ending.abort(new CopyError({ code: "timeout", message, retry: "later", ...failureSite(endpoint) }));
  };
  const cancel = ms === undefined ? undefined : effects.after(ms, late);
  try {
    return await untilAborted(signal, work);
  } finally {
    cancel?.();
  }
}

/** The same answer with its body read. What an error says is worth less than its status: it is given up where it can't be had. */
async function buffered(
  wire: Wire,
  { secrets, bufferBytes, body: sent }: Attempt,
  response: Response,
  what: () => string,
  ending: AbortController,
  signal: AbortSignal,
): Promise<Response> {
  const { status, headers } = response;
  const isError = status >= 300;
  if (status < 200 || status > 599) {
    throw new CopyError({
      code: "registry-unavailable",
      message: `${what()}: ${wire.endpoint.registry} answered with the impossible status ${status}`,
      retry: "later",
      ...failureSite(wire.endpoint),
    });
  }
  const cap = isError ? MAX_ERROR_BODY_BYTES : (bufferBytes ?? 0);
  // The runtime ends no answer's body before the request's; who is still sending must hear of a refusal now (Q97).
  const enough = sent instanceof ReadableStream ? Math.max(1, Number(headers.get("content-length"))) : undefined;
  let bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  try {
    ({ bytes } = await within(wire, wire.headersTimeoutMs, what, ending, signal, readCapped(response, cap, enough)));
  } catch (error) {
    if (!isError || (signal.aborted && !ending.signal.aborted)) {
      throw error;
    }
  }
  const isCoded = isError && !["", "identity"].includes(headers.get("content-encoding") ?? "");
  const body =
    bytes.byteLength === 0 || isCoded || status === 304 ? null : isError ? withoutSecrets(new TextDecoder().decode(bytes), secrets) : bytes;
  return new Response(body, { status, headers });
}
