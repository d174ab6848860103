/**
 * Logs in to one origin: chooses the `Authorization` header of a request, and reacts to a 401.
 *
 * With a login that is known already, a request is sent with its token at once. Otherwise it is sent without one, and the 401 says what is wanted:
 * request, 401, token, request.
 */
import { CopyError } from "../oci/errors.ts";
import { basicAuthorization } from "./basic.ts";
import { type Challenge, type Login, loginOf, parseChallenges, usableChallenges } from "./challenge.ts";
import type { Credentials } from "./credentials.ts";
import { mergeScopeText, scopeKey } from "./scope.ts";
import { type BearerLogin, bearerScheme, type TokenGrant, TokenSource, type TokenSourceOptions } from "./token-source.ts";

/** A token is renewed this long before it ends, in milliseconds, so that it does not end on its way (Q16, Q18). */
const RENEW_MARGIN_MS = 10_000;

/** A token for a request with a body, which should not be sent twice, is renewed this long before it ends, in milliseconds. */
const BODY_MARGIN_MS = 30_000;

/** Names the Basic scheme in {@link Grant.scheme}; a Bearer scheme has the name that {@link bearerScheme} gives it. */
const BASIC_SCHEME = "basic";

/** What an {@link Authenticator} is made of. */
export interface AuthenticatorOptions extends TokenSourceOptions {
  /** Asks the registry's root how to log in (Q5); resolves with its answer and where that came from. @default none: for hosts that are not the registry itself */
  ping?: () => Promise<{ response: Response; url: URL }>;
}

/** What a request is sent with to be let in. */
export interface Grant {
  /** The header's value. Secret. */
  authorization: string;
  /** Names the scheme and what it was asked for, so that none is tried twice for one request. */
  scheme: string;
  /** The token, where a token server has issued it. */
  issued?: TokenGrant;
  /** The credentials, where they came from a cache and so may have ended. */
  kept?: Credentials;
}

/** What logging in for one request has to know, and what it has tried so far. */
export interface LoginAttempt {
  /** As `formatScopes` writes them. */
  scopes: readonly string[];
  /** Whether a refusal would cost a body: tokens are renewed earlier then. */
  hasBody: boolean;
  /** Whether scopes that the registry adds are remembered for requests of the same kind. A deletion's is not: nobody else wants `delete` in a token (Q31). */
  learns: boolean;
  /** Schemes that got nowhere, by {@link Grant.scheme}. */
  tried: Set<string>;
  /** Whether a token that had just been issued was called invalid and asked for again. */
  hasReissued?: boolean;
  /** The refusal of a token server, while there is another scheme to try. */
  denied?: CopyError;
}

/**
 * Chooses the `Authorization` header for the requests to one origin: Bearer with a token from the token server, or Basic.
 *
 * Before a request {@link grant} (for a stream {@link grantForStream}) returns what to send it with; after a 401 {@link grantAfterRefusal} returns
 * what to send it with once more, or `undefined` where the 401 is the answer.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #tokenSource: TokenSource;
  #pinging: Promise<Challenge[]> | undefined;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#tokenSource = new TokenSource(options);
  }

  /**
   * Returns what {@link grant} would, where that needs no request; else `undefined`. Without a promise: waiting for one would cost a request
   * more than its login does.
   */
  known({ scopes, hasBody }: LoginAttempt): { grant?: Grant } | undefined {
    const { origin, tokens, credentials } = this.#options;
    if (credentials?.registryToken !== undefined) {
      return { grant: { authorization: `Bearer ${credentials.registryToken}`, scheme: "registry token" } };
    }
    const login = tokens.login(origin);
    if (login === undefined) {
      return {};
    }
    if (login.scheme !== "bearer") {
      return undefined;
    }
    const wanted = tokens.wanted(this.#tokenSource.keyOf(scopes)) ?? scopes;
    const issued = this.#tokenSource.cached(wanted, marginMs(hasBody));
    return issued && { grant: grantOf(bearerScheme(login, wanted), issued) };
  }

  /**
   * Returns the grant to send a request with; `undefined` where it is sent without one: the login is not known yet, or there is nothing to log in with,
   * or the token server that is known refuses (some registries have one for every repository, and the 401 will name the right one).
   *
   * Fails as the token exchange does where that is to be tried again.
   */
  async grant(attempt: LoginAttempt): Promise<Grant | undefined> {
    const known = this.known(attempt);
    if (known !== undefined) {
      return known.grant;
    }
    const { origin, tokens } = this.#options;
    const login = tokens.login(origin);
    if (login?.scheme === "bearer") {
      return await this.#bearerGrant(attempt, login, tokens.wanted(this.#tokenSource.keyOf(attempt.scopes)) ?? attempt.scopes);
    }
    return await this.#basicGrant();
  }

  /** As {@link grant}, for a request that can be sent only once: a login that is not known is asked for first, and a refusal is final. */
  async grantForStream(attempt: LoginAttempt): Promise<Grant | undefined> {
    const { tokens, origin, now, credentials } = this.#options;
    const isUnknown = credentials?.registryToken === undefined && tokens.login(origin) === undefined;
    if (isUnknown && !tokens.isOpen(origin, now())) {
      await this.#ping();
    }
    const grant = await this.grant(attempt);
    if (grant === undefined && attempt.denied !== undefined) {
      throw attempt.denied;
    }
    return grant;
  }

  /**
   * Returns the grant to send a request with once more after a 401; `undefined` where the 401 is final. Every scheme is tried once only: a fresh token
   * where a cached one was refused, more scopes where the registry asks for more (Q13), Basic where the token server refuses and Basic is offered too
   * (Q12). Only a fresh token that the registry calls invalid is asked for once more: one machine of several may not know it yet (Q13).
   *
   * Fails as the token exchange does.
   */
  async grantAfterRefusal(attempt: LoginAttempt, refused: Grant | undefined, response: Response, url: URL): Promise<Grant | undefined> {
    const offered = usableChallenges(parseChallenges(response.headers.get("www-authenticate")));
    this.#retire(attempt, refused, offered);
    for (const challenge of offered.length > 0 ? offered : await this.#ping()) {
      const login = loginOf(challenge, url);
      const grant = login && (await this.#answerChallenge(attempt, login));
      if (login !== undefined && grant !== undefined) {
        this.#options.tokens.putLogin(this.#options.origin, login);
        return grant;
      }
    }
    if (attempt.denied !== undefined) {
      throw attempt.denied;
    }
    return undefined;
  }

  /** A token that was refused is forgotten, unless it merely allows too little for this request. */
  #retire(attempt: LoginAttempt, refused: Grant | undefined, offered: readonly Challenge[]): void {
    if (refused === undefined) {
      return;
    }
    const { scheme, issued, kept } = refused;
    if (kept !== undefined) {
      this.#options.credentials?.drop(kept);
      return;
    }
    if (issued?.fresh === true && attempt.hasReissued !== true && offered.some(({ params }) => params.error === "invalid_token")) {
      attempt.hasReissued = true;
    } else if (issued?.fresh !== false) {
      attempt.tried.add(scheme);
    }
    const asksForMore = ({ params }: Challenge, scopes: readonly string[]) =>
      scopeKey(mergeScopeText(scopes, params.scope)) !== scopeKey(scopes);
    if (issued !== undefined && !offered.some((challenge) => asksForMore(challenge, issued.scopes))) {
      this.#tokenSource.drop(issued);
    }
  }

  async #answerChallenge(attempt: LoginAttempt, login: Login): Promise<Grant | undefined> {
    const { tokens, credentials } = this.#options;
    if (credentials?.registryToken !== undefined) {
      return undefined;
    }
    if (login.scheme === "basic") {
      return attempt.tried.has(BASIC_SCHEME) ? undefined : await this.#basicGrant();
    }
    const scopes = mergeScopeText(attempt.scopes, login.scope);
    if (attempt.tried.has(bearerScheme(login, scopes))) {
      return undefined;
    }
    const grant = await this.#bearerGrant(attempt, login, scopes);
    if (grant !== undefined && attempt.learns && scopeKey(scopes) !== scopeKey(attempt.scopes)) {
      tokens.putWanted(this.#tokenSource.keyOf(attempt.scopes), scopes);
    }
    return grant;
  }

  /** Gets a bearer token. A token server's refusal is kept for the end, while there may be another scheme. */
  async #bearerGrant(attempt: LoginAttempt, login: BearerLogin, scopes: readonly string[]): Promise<Grant | undefined> {
    const scheme = bearerScheme(login, scopes);
    try {
      return grantOf(scheme, await this.#tokenSource.token(login, scopes, marginMs(attempt.hasBody)));
    } catch (error) {
      if (error instanceof CopyError && error.failure.retry === "never" && error.failure.code !== "cancelled") {
        attempt.tried.add(scheme);
        attempt.denied = error;
        return undefined;
      }
      throw error;
    }
  }

  async #basicGrant(): Promise<Grant | undefined> {
    const current = await this.#options.credentials?.current();
    const { username, password } = current?.credentials ?? {};
    if (current === undefined || username === undefined || password === undefined) {
      return undefined;
    }
    const grant = { authorization: basicAuthorization(username, password), scheme: BASIC_SCHEME };
    return current.fresh ? grant : { ...grant, kept: current.credentials };
  }

  /** Asks the registry's root how to log in, and remembers it. Returns no challenges where there is no root to ask, or it wants no login. */
  async #ping(): Promise<Challenge[]> {
    const { ping, tokens, origin, now } = this.#options;
    if (ping === undefined) {
      return [];
    }
    this.#pinging ??= ping()
      .then(({ response, url }) => {
        const offered = response.status === 401 ? usableChallenges(parseChallenges(response.headers.get("www-authenticate"))) : [];
        const login = offered.map((challenge) => loginOf(challenge, url)).find((each) => each !== undefined);
        if (login !== undefined) {
          tokens.putLogin(origin, login);
        } else if (response.status === 200) {
          tokens.putOpen(origin, now());
        }
        return offered;
      })
      .finally(() => {
        this.#pinging = undefined;
      });
    return await this.#pinging;
  }
}

function grantOf(scheme: string, issued: TokenGrant): Grant {
  return { authorization: `Bearer ${issued.token}`, scheme, issued };
}

/** How long a token must still be good, in milliseconds. */
function marginMs(hasBody: boolean): number {
  return hasBody ? BODY_MARGIN_MS : RENEW_MARGIN_MS;
}
