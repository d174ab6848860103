/** One HTTP exchange, of which every request of the registry client is made: no redirect followed, nothing tried again, no login. */
import { anySignal, onAbort } from "../net/abort.ts";
import type { HostPermit } from "../net/address.ts";
import { readCapped } from "../net/capped-body.ts";
import type { Effects } from "../net/effects.ts";
import { redactUrl } from "../net/redact.ts";
import { CopyError } from "../oci/errors.ts";
import { abortFailure } from "./abort-failure.ts";
import { isGzipCoded, readJsonBody } from "./content-coding.ts";
import { failureSite, MAX_ERROR_BODY_BYTES, networkFailure } from "./errors.ts";
import { assertPermitted } from "./permit.ts";
import { type Quota, quotaOf } from "./quota.ts";
import type { Endpoint, RegistryRequest } from "./request.ts";
import { withoutSecrets } from "./secrets.ts";
import { USER_AGENT } from "./user-agent.ts";
import { parseWarnings } from "./warning.ts";

/** What all exchanges of one transport have in common. */
export interface Wire {
  /** Whose exchanges they are, for failures to name. */
  endpoint: Endpoint;
  effects: Effects;
  /** Longest wait for an answer's headers, in milliseconds, and for the body of an error. */
  headersTimeoutMs: number;
  /** Ends every exchange. */
  signal?: AbortSignal;
  /** Told of every request once it has ended. */
  onRequest?: (event: RequestEvent) => void;
  /** Told what the registry warns of (Q141), safe to show. */
  onWarning?: (text: string) => void;
  /** Told what an answer of the registry says of its quota. */
  onQuota?: (quota: Quota) => void;
}

/** What is reported of every request that was sent, for counting and tracing. */
export interface RequestEvent {
  method: RegistryRequest["method"];
  /** Without user, query and fragment. */
  url: string;
  /** `token`: asks a token server; `ping`: only asks how to log in. */
  purpose: "content" | "token" | "ping";
  /** Status of the answer, or `undefined` where none came. */
  status: number | undefined;
}

/** One request to be sent as it is. */
export interface Attempt {
  method: RegistryRequest["method"];
  url: URL;
  /** What the operator allows at this URL. */
  permit: HostPermit;
  /** By their names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** A stream is sent as it comes, and without a limit of time. */
  body?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | string;
  purpose: RequestEvent["purpose"];
  /** Ends this exchange, beside the wire's own. */
  signal?: AbortSignal;
  /** Texts that are cut out of an error's body, should the server quote them. */
  secrets: readonly string[];
  /** Reads an answer of success to its end as well, up to this many bytes. Errors always are. */
  bufferBytes?: number;
}

/** One request under way. It ends with the wire's signal and the request's, and from here where it takes too long. */
class Exchange {
  readonly wire: Wire;
  readonly request: Attempt;
  /** Aborted by whatever ends it. */
  readonly signal: AbortSignal;
  /** Whether it took too long. */
  isLate = false;
  readonly #ending = new AbortController();
  readonly #links: readonly (() => void)[];
  #fail: (reason: unknown) => void = () => {};

  constructor(wire: Wire, request: Attempt) {
    this.wire = wire;
    this.request = request;
    const outer = [wire.signal, request.signal].filter((signal) => signal !== undefined);
    // Only an answer whose body is read by others must end with the signals when this is over; to join them costs as much as the rest of a small request.
    const isWhole = request.method === "HEAD" || request.bufferBytes !== undefined;
    this.signal = isWhole ? this.#ending.signal : anySignal(this.#ending.signal, ...outer);
    this.#links = outer.map((signal) => onAbort(signal, (reason) => this.#end(reason)));
  }

  /** Settles as `work` does, or fails once the exchange ends, also where the work pays no attention to its signal; with `timeout` after `ms`. @default ms no limit */
  async within<T>(ms: number | undefined, work: Promise<T>): Promise<T> {
    const { effects } = this.wire;
    const cancel = ms === undefined ? undefined : effects.after(ms, () => this.#beLate(ms));
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#fail = reject;
        work.then(resolve, reject);
      });
    } finally {
      cancel?.();
    }
  }

  /** To be called once nothing is under way here any more. */
  close(): void {
    for (const unlink of this.#links) {
      unlink();
    }
  }

  #beLate(ms: number): void {
    const { endpoint } = this.wire;
    const message = `${nameOf(this.request)}: no answer from ${endpoint.registry} within ${ms / 1000} s`;
    this.isLate = true;
    this.#end(new CopyError({ code: "timeout", message, retry: "later", ...failureSite(endpoint) }));
  }

  #end(reason: unknown): void {
    this.#ending.abort(reason);
    this.#fail(reason);
  }
}

/**
 * Registries that keep blobs in object storage copy a whole blob there before they answer the `PUT` that commits it; so requests
 * that write may wait this many times longer.
 */
const WRITE_PATIENCE = 5;

/**
 * Sends one request and returns its answer, whatever its status. An error's body is read already (capped, without the request's secrets), so that
 * no caller waits for it; any other body is the caller's to read, under the same signals.
 *
 * A stream as the body is sent without a limit of time: how long that takes depends on who writes it. Fails with `address-refused` before anything is
 * sent, `timeout` (later) without headers in time, `registry-unavailable` (later) where the network fails, or the signals' reason.
 */
export async function attempt(wire: Wire, request: Attempt): Promise<Response> {
  const { endpoint } = wire;
  assertPermitted(request.url, request.permit, endpoint);
  const exchange = new Exchange(wire, request);
  const { signal } = exchange;
  let response: Response | undefined;
  try {
    signal.throwIfAborted();
    response = await exchange.within(headersWaitMs(wire, request), start(exchange));
    if (request.purpose === "content") {
      reportNotices(wire, response.headers);
    }
    if (response.status >= 300 || request.bufferBytes !== undefined) {
      assertPossibleStatus(exchange, response.status);
      response = await withBodyRead(exchange, response);
    }
    return response;
  } catch (error) {
    throw signal.aborted ? abortFailure(signal.reason, endpoint) : networkFailure(error, endpoint, nameOf(request));
  } finally {
    exchange.close();
    wire.onRequest?.({ method: request.method, url: redactUrl(request.url), purpose: request.purpose, status: response?.status });
  }
}

/** The request as the beginning of a message: `GET https://registry.example/v2/`. */
function nameOf({ method, url }: Attempt): string {
  return `${method} ${redactUrl(url)}`;
}

async function start({ wire, request: { method, url, headers, body }, signal }: Exchange): Promise<Response> {
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

function headersWaitMs({ headersTimeoutMs }: Wire, request: Attempt): number | undefined {
  if (isStream(request)) {
    return undefined;
  }
  const { method } = request;
  return method === "PUT" || method === "PATCH" ? headersTimeoutMs * WRITE_PATIENCE : headersTimeoutMs;
}

/** Tells the wire's owner what the registry's headers say beside the answer: its warnings and its quota. */
function reportNotices({ onWarning, onQuota }: Wire, headers: Headers): void {
  if (onWarning !== undefined) {
    parseWarnings(headers.get("warning")).forEach(onWarning);
  }
  const quota = quotaOf(headers);
  if (quota !== undefined) {
    onQuota?.(quota);
  }
}

/** Fails with `registry-unavailable` for a status outside of HTTP's, with which no `Response` can be made. */
function assertPossibleStatus({ wire: { endpoint }, request }: Exchange, status: number): void {
  if (status < 200 || status > 599) {
    throw new CopyError({
      code: "registry-unavailable",
      message: `${nameOf(request)}: ${endpoint.registry} answered with the impossible status ${status}`,
      retry: "later",
      ...failureSite(endpoint),
    });
  }
}

/** Returns the same answer with its body read: an error's as text without the request's secrets, and none where its coding stays unread. */
async function withBodyRead(exchange: Exchange, response: Response): Promise<Response> {
  const { status, headers } = response;
  const bytes = await readBody(exchange, response);
  const isPlain =
    ["", "identity"].includes(headers.get("content-encoding") ?? "") || (isGzipCoded(response) && !isStream(exchange.request));
  const isCoded = isError(status) && !isPlain;
  if (bytes.byteLength === 0 || isCoded || status === 304) {
    return new Response(null, { status, headers });
  }
  const body = isError(status) ? withoutSecrets(new TextDecoder().decode(bytes), exchange.request.secrets) : bytes;
  return new Response(body, { status, headers });
}

/** Reads the body, up to its cap. What an error says is worth less than its status: where it can't be read, returns no bytes. */
async function readBody(exchange: Exchange, response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const { wire, request, signal } = exchange;
  const { status, headers } = response;
  const cap = isError(status) ? MAX_ERROR_BODY_BYTES : (request.bufferBytes ?? 0);
  // The runtime ends no answer's body before the request's own, and a caller that is still sending must hear of a refusal now (Q97).
  const enough = isStream(request) ? Math.max(1, Number(headers.get("content-length"))) : undefined;
  const read = isError(status) && enough === undefined ? readJsonBody(response, cap) : readCapped(response, cap, enough);
  try {
    const { bytes } = await exchange.within(wire.headersTimeoutMs, read);
    return bytes;
  } catch (error) {
    if (!isError(status) || (signal.aborted && !exchange.isLate)) {
      throw error;
    }
    return new Uint8Array(0);
  }
}

/** Whether a body is read as an error's: a redirect's too, since no caller reads it. */
function isError(status: number): boolean {
  return status >= 300;
}

function isStream({ body }: Attempt): boolean {
  return body instanceof ReadableStream;
}
