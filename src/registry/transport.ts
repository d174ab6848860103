/** Gets requests to a registry and answers back: logs in, follows redirects, tries again. */
import { anySignal } from "../net/abort.ts";
import type { Effects } from "../net/effects.ts";
import { redactUrl } from "../net/redact.ts";
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from "../net/retry-policy.ts";
import { CopyError } from "../oci/errors.ts";
import { abortFailure } from "./abort-failure.ts";
import type { RequestEvent } from "./attempt.ts";
import { isTransient, responseFailure } from "./errors.ts";
import { withRetries } from "./in-place-retry.ts";
import type { Quota } from "./quota.ts";
import { MAX_REDIRECTS, redirectTarget, tooManyRedirects } from "./redirect.ts";
import type { Endpoint, RegistryRequest, RegistryResponse, Transport } from "./request.ts";
import { Session, type SessionOptions } from "./session.ts";

/** Longest wait for the headers of an answer, in milliseconds: half of what Cloudflare itself gives a proxied origin. */
const HEADERS_TIMEOUT_MS = 60_000;

/** What a transport is made of. */
export interface TransportOptions extends SessionOptions {
  endpoint: Endpoint;
  effects: Effects;
  /** @default DEFAULT_RETRY_POLICY */
  retry?: RetryPolicy;
  /** Ends all requests, and the bodies of their answers, with its reason. */
  signal?: AbortSignal;
  /** Milliseconds; five times as long for `PUT` and `PATCH`, no limit for a stream. @default HEADERS_TIMEOUT_MS */
  headersTimeoutMs?: number;
  /** Told about every request on the wire. */
  onRequest?: (event: RequestEvent) => void;
  /** Told what the registry warns of in answers that are no failure (Q141). */
  onWarning?: (text: string) => void;
  /** Told what the registry says of its quota, with every answer that does. */
  onQuota?: (quota: Quota) => void;
}

/**
 * Creates the transport to one registry. No request is made yet.
 *
 * Its `send` returns answers of every status and follows the redirects of reads. Failures that pass by themselves are retried in place: 429, network
 * failures, and 408 and 5xx where the request can be sent again; once the policy is used up they fail as `rate-limited` or `registry-unavailable`
 * (later). A 401 is returned only where no login helped. Other failures: `access-denied` (the token server refuses; or, to be tried again at once, a
 * stream's token was refused and has been renewed), `address-refused`, `timeout` (later), or what the signals say.
 */
export function createTransport(options: TransportOptions): Transport {
  return new RegistryTransport(options);
}

class RegistryTransport implements Transport {
  readonly endpoint: Endpoint;
  readonly #options: TransportOptions;
  readonly #session: Session;

  constructor(options: TransportOptions) {
    const { endpoint, effects, headersTimeoutMs = HEADERS_TIMEOUT_MS, signal, onRequest, onWarning, onQuota } = options;
    this.endpoint = endpoint;
    this.#options = options;
    const wire = {
      endpoint,
      effects,
      headersTimeoutMs,
      ...(signal === undefined ? {} : { signal }),
      ...(onRequest === undefined ? {} : { onRequest }),
      ...(onWarning === undefined ? {} : { onWarning }),
      ...(onQuota === undefined ? {} : { onQuota }),
    };
    this.#session = new Session(wire, options);
  }

  async send(request: RegistryRequest): Promise<RegistryResponse> {
    const signal = anySignal(this.#options.signal, request.signal);
    try {
      return request.body instanceof ReadableStream
        ? await this.#sendStream(request, signal)
        : await this.#retrying(signal, () => this.#sendFollowing(request, signal));
    } catch (error) {
      const failure = signal.aborted && !(error instanceof CopyError) ? abortFailure(signal.reason, this.endpoint) : error;
      if (request.body instanceof ReadableStream) {
        // Its writer must not wait for a reader that never comes. Where it was sent, the runtime reads it.
        request.body.cancel(failure).catch(() => {});
      }
      throw failure;
    }
  }

  /** Sends one request and follows its redirects. Once it has left the registry's origin it carries no credentials any more, wherever it goes (Q54). */
  async #sendFollowing(request: RegistryRequest, signal: AbortSignal): Promise<RegistryResponse> {
    let { url } = request;
    let atHome = true;
    for (let hop = 0; ; hop++) {
      const response = await this.#session.send(request, url, atHome, signal);
      const target = redirectTarget(response, url, request.method, this.endpoint);
      if (target === undefined) {
        return await this.#failIf(isTransient(response.status), request, { response, url });
      }
      if (hop === MAX_REDIRECTS) {
        throw tooManyRedirects(url, this.endpoint);
      }
      atHome &&= target.origin === url.origin;
      url = target;
    }
  }

  /** Sends a stream once, with a token that is got before; only getting that is retried. */
  async #sendStream(request: RegistryRequest, signal: AbortSignal): Promise<RegistryResponse> {
    const grant = await this.#retrying(signal, () => this.#session.grantForStream(request, signal));
    const response = await this.#session.sendStream(request, grant, signal);
    return await this.#failIf(response.status === 429, request, { response, url: request.url });
  }

  #retrying<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
    const { effects, retry = DEFAULT_RETRY_POLICY } = this.#options;
    return withRetries(effects, retry, signal, send);
  }

  /** Returns the answer, or fails with what it stands for where it is a failure. */
  async #failIf(isFailure: boolean, { method }: RegistryRequest, result: RegistryResponse): Promise<RegistryResponse> {
    if (isFailure) {
      throw await responseFailure(result, this.endpoint, `${method} ${redactUrl(result.url)}`, this.#options.effects.now());
    }
    return result;
  }
}
