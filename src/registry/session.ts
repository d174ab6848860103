/** Sends the requests to one registry, and to the hosts that it leads to, and answers their 401s. */
import { untilAborted } from "../net/abort.ts";
import type { Permits } from "../net/address.ts";
import { redactUrl } from "../net/redact.ts";
import { CopyError } from "../oci/errors.ts";
import { attempt, type Wire } from "./attempt.ts";
import { Authenticator, type Grant, type LoginAttempt } from "./authenticator.ts";
import type { CloudLogin } from "./cloud/login.ts";
import { type CredentialSource, cloudCredentials, fixedCredentials } from "./credential-source.ts";
import type { Credentials } from "./credentials.ts";
import { apiRootUrl } from "./endpoint.ts";
import { failureSite, isTransient, responseFailure } from "./errors.ts";
import { hostPermit } from "./permit.ts";
import type { RegistryRequest, RegistryResponse } from "./request.ts";
import { formatScopes, scopeKey } from "./scope.ts";
import type { TokenCache } from "./token-cache.ts";
import { exchangeToken } from "./token-exchange.ts";
import type { SharedTokens } from "./token-source.ts";

/** Bytes of the body of `/v2/` that are read: nothing in it is used, but a connection whose body was read to its end can be used again. */
const PING_BODY_BYTES = 1024;

/** Refusals (401) of one request that are answered with another login: a stale token, too few scopes, the other scheme. */
const MAX_REFUSALS = 3;

/** Credentials that a cloud gives when they are wanted. */
export interface CloudCredentials {
  /** The configuration's key. */
  id: string;
  cloud: CloudLogin;
}

/** What a {@link Session} may do, and as whom. */
export interface SessionOptions {
  /** What the operator allows for a host. */
  permits: Permits;
  /** Hosts that may be asked for tokens, beside the registry itself. @default any public host */
  realms?: readonly string[];
  /** Sent to the registry's own origin and its token server only. @default none: asks for anonymous tokens */
  credentials?: Credentials | CloudCredentials;
  /** Where tokens are kept, and what the registry wants of a login. */
  tokens: TokenCache;
  /** Tokens for the registry itself that other processes have. @default none */
  shared?: SharedTokens;
}

/**
 * A login at one registry: puts the `Authorization` header on every request and reacts to a 401.
 *
 * The credentials go to the registry's own origin and its token server only. Every other origin that redirects or upload locations lead to has
 * an {@link Authenticator} of its own, without credentials (Q54, Q57).
 */
export class Session {
  readonly #wire: Wire;
  readonly #options: SessionOptions;
  readonly #secrets: readonly string[];
  /** The registry's own origin. */
  readonly #origin: string;
  /** For the registry's own origin. */
  readonly #own: Authenticator;
  /** For the origins that redirects and uploads have led to, by origin. They get no credentials. */
  readonly #foreign = new Map<string, Authenticator>();
  /** Scopes whose last stream was refused (401), by their key. A second refusal in a row is passed on as the registry's answer. */
  readonly #refusedStreams = new Set<string>();

  constructor(wire: Wire, options: SessionOptions) {
    this.#wire = wire;
    this.#options = options;
    const { credentials, tokens } = options;
    const source =
      credentials === undefined
        ? undefined
        : "cloud" in credentials
          ? cloudCredentials(credentials.id, credentials.cloud, wire, tokens)
          : fixedCredentials(credentials);
    this.#secrets = source?.secrets ?? [];
    this.#origin = wire.endpoint.base.origin;
    this.#own = this.#authenticator(wire.endpoint.base, source, () => this.#ping());
  }

  /**
   * Sends a request to `url`, once more after each 401 that another login may help against, and returns the answer, whatever its status.
   *
   * `atHome` says that the request has not been elsewhere: only then, and on the registry's own origin, it carries credentials. Any other host that
   * asks for a login gets an anonymous token of its own at most (Q57). Fails as `attempt` and the token exchange do.
   */
  async send(request: RegistryRequest, url: URL, atHome: boolean, signal: AbortSignal): Promise<Response> {
    const isOwn = atHome && this.#isOwn(url);
    const login = loginAttempt(request, isOwn);
    // What a foreign host calls its repositories is known from its challenge only, so nothing is asked for in advance there.
    const known = isOwn ? this.#own.known(login) : {};
    let grant = known === undefined ? await untilAborted(signal, this.#own.grant(login)) : known.grant;
    for (let refusals = 0; ; refusals++) {
      const response = await this.#attempt(request, url, grant);
      if (response.status !== 401 || refusals === MAX_REFUSALS) {
        if (isOwn && grant === undefined && request.method === "POST" && response.ok) {
          // An upload that could be begun without a login needs none for its body either: no need to ask before that.
          this.#options.tokens.putOpen(this.#origin, this.#wire.effects.now());
        }
        return response;
      }
      const authenticator = isOwn ? this.#own : this.#foreignAuthenticator(url);
      const next = await untilAborted(signal, authenticator.grantAfterRefusal(login, grant, response, url));
      if (next === undefined) {
        return response;
      }
      grant = next;
    }
  }

  /**
   * Returns what a stream is to be sent with; `undefined` where it is sent without a login. Fails as the token exchange does; may then be called
   * again, since nothing of the stream has been read.
   */
  async grantForStream(request: RegistryRequest, signal: AbortSignal): Promise<Grant | undefined> {
    return this.#isOwn(request.url) ? await untilAborted(signal, this.#own.grantForStream(loginAttempt(request, true))) : undefined;
  }

  /**
   * Sends a stream, once, and returns the answer, whatever its status. Fails with `access-denied`, to be tried again at once, where the token was refused and
   * a new one has been got; but not twice in a row.
   */
  async sendStream(request: RegistryRequest, grant: Grant | undefined, signal: AbortSignal): Promise<Response> {
    const { endpoint } = this.#wire;
    const { url, method } = request;
    const response = await this.#attempt(request, url, grant);
    const login = loginAttempt(request, true);
    const key = scopeKey(login.scopes);
    if (response.status !== 401) {
      this.#refusedStreams.delete(key);
      return response;
    }
    if (!this.#isOwn(url) || this.#refusedStreams.has(key)) {
      return response;
    }
    this.#refusedStreams.add(key);
    const renewed = await untilAborted(signal, this.#own.grantAfterRefusal(login, grant, response, url));
    if (renewed === undefined) {
      return response;
    }
    throw new CopyError({
      code: "access-denied",
      message: `${method} ${redactUrl(url)}: ${endpoint.registry} asked for a new login; it has been renewed`,
      retry: "now",
      ...failureSite(endpoint),
      upstream: { status: 401 },
    });
  }

  #isOwn(url: URL): boolean {
    return url.origin === this.#origin;
  }

  #attempt(request: RegistryRequest, url: URL, grant: Grant | undefined): Promise<Response> {
    const { method, headers, body, bufferBytes, signal } = request;
    return attempt(this.#wire, {
      method,
      url,
      permit: hostPermit(url, this.#wire.endpoint, this.#options.permits),
      headers: { ...headers, ...(grant === undefined ? {} : { authorization: grant.authorization }) },
      purpose: "content",
      secrets: grant === undefined ? this.#secrets : [...this.#secrets, grant.authorization.slice(grant.authorization.indexOf(" ") + 1)],
      ...(body === undefined ? {} : { body }),
      ...(bufferBytes === undefined ? {} : { bufferBytes }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  #foreignAuthenticator(url: URL): Authenticator {
    const authenticator = this.#foreign.get(url.origin) ?? this.#authenticator(url);
    this.#foreign.set(url.origin, authenticator);
    return authenticator;
  }

  #authenticator(challenger: URL, credentials?: CredentialSource, ping?: () => Promise<RegistryResponse>): Authenticator {
    const { tokens, permits, realms, shared } = this.#options;
    const wire = this.#wire;
    const exchange = { wire, permits, challenger, secrets: this.#secrets, ...(realms === undefined ? {} : { realms }) };
    return new Authenticator({
      origin: challenger.origin,
      tokens,
      now: () => wire.effects.now(),
      exchange: (wanted) => exchangeToken(exchange, wanted),
      ...(credentials === undefined ? {} : { credentials }),
      ...(ping === undefined ? {} : { ping }),
      ...(ping === undefined || shared === undefined ? {} : { shared }),
    });
  }

  async #ping(): Promise<RegistryResponse> {
    const { endpoint, effects } = this.#wire;
    const url = apiRootUrl(endpoint);
    const response = await attempt(this.#wire, {
      method: "GET",
      url,
      permit: hostPermit(url, endpoint, this.#options.permits),
      headers: {},
      purpose: "ping",
      secrets: this.#secrets,
      bufferBytes: PING_BODY_BYTES,
    });
    if (isTransient(response.status)) {
      throw await responseFailure({ response, url }, endpoint, `Asking ${endpoint.registry} how to log in`, effects.now());
    }
    return { response, url };
  }
}

function loginAttempt({ scopes, body, method }: RegistryRequest, isOwn: boolean): LoginAttempt {
  return {
    scopes: isOwn ? formatScopes(scopes) : [],
    hasBody: body !== undefined,
    learns: method !== "DELETE",
    tried: new Set(),
  };
}
