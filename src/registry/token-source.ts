/** Gets the tokens of one origin and one user: from the cache, or by one request for all callers that want the same at the same time. */
import { CopyError } from "../oci/errors.ts";
import type { Login } from "./challenge.ts";
import type { CredentialSource } from "./credential-source.ts";
import { scopeKey } from "./scope.ts";
import type { IssuedToken, TokenWanted } from "./token.ts";
import type { TokenCache, TokenKey } from "./token-cache.ts";

/** A challenge that a token answers. */
export type BearerLogin = Login & { scheme: "bearer" };

/** Asks a token server for a token. */
export type ExchangeToken = (wanted: TokenWanted) => Promise<IssuedToken>;

/** Tokens that processes share, so that one asks for all. Best effort: where it fails, each process gets its own. */
export interface SharedTokens {
  /**
   * Resolves with a token for the key that is good for `marginMs` and is not the `refused` one; with `undefined` where the caller is to get one, and
   * then to {@link give} it.
   */
  take(key: string, marginMs: number, refused: string | undefined): Promise<IssuedToken | undefined>;
  /** Shares a token that was got after {@link take} had none; `undefined` where getting one failed, so that another process may try. */
  give(key: string, issued: IssuedToken | undefined): Promise<void>;
}

/** What a {@link TokenSource} is made of. */
export interface TokenSourceOptions {
  /** The origin that the tokens are for. No header from here may be sent elsewhere. */
  origin: string;
  /** @default none: asks for anonymous tokens */
  credentials?: CredentialSource;
  /** Where tokens are kept for the next request. */
  tokens: TokenCache;
  /** Asked where the cache has none. @default nobody */
  shared?: SharedTokens;
  /** Milliseconds since the epoch. */
  now: () => number;
  exchange: ExchangeToken;
}

/** A token to be sent. */
export interface TokenGrant {
  /** Secret. */
  token: string;
  /** What it was asked for; the token server may have allowed less. */
  scopes: readonly string[];
  /** Whether it was issued just now, so that a refusal can't be for its age. */
  fresh: boolean;
}

/** The tokens of one origin for one user (or for nobody). */
export class TokenSource {
  readonly #options: TokenSourceOptions;
  /** Requests under way, by {@link bearerScheme}. */
  readonly #underWay = new Map<string, Promise<TokenGrant>>();
  /** The token that was refused last, by the key of its scopes. */
  readonly #refused = new Map<string, string>();

  constructor(options: TokenSourceOptions) {
    this.#options = options;
  }

  /** Returns a token for these scopes that is good for `marginMs` at least, or as good as the token server makes it. Fails as the exchange does. */
  async token(login: BearerLogin, scopes: readonly string[], marginMs: number): Promise<TokenGrant> {
    return this.cached(scopes, marginMs) ?? (await this.#get(login, scopes, marginMs));
  }

  /** Returns such a token where it is in the cache. */
  cached(scopes: readonly string[], marginMs: number): TokenGrant | undefined {
    const token = this.#options.tokens.token(this.keyOf(scopes), this.#options.now(), marginMs);
    return token === undefined ? undefined : { token, scopes, fresh: false };
  }

  /** Forgets a token that the registry has refused. */
  drop({ token, scopes }: TokenGrant): void {
    this.#options.tokens.dropToken(this.keyOf(scopes), token);
    this.#refused.set(scopeKey(scopes), token);
  }

  /** Returns the key under which the cache keeps a token for these scopes. */
  keyOf(scopes: readonly string[]): TokenKey {
    return { origin: this.#options.origin, credentialsId: this.#options.credentials?.id ?? "", scopes };
  }

  #get(login: BearerLogin, scopes: readonly string[], marginMs: number): Promise<TokenGrant> {
    const scheme = bearerScheme(login, scopes);
    const known = this.#underWay.get(scheme);
    if (known !== undefined) {
      return known;
    }
    const getting = this.#takeOrIssue(login, scopes, marginMs, scheme).finally(() => this.#underWay.delete(scheme));
    this.#underWay.set(scheme, getting);
    return getting;
  }

  /** Gets the token from another process, or else from the token server. */
  async #takeOrIssue(login: BearerLogin, scopes: readonly string[], marginMs: number, scheme: string): Promise<TokenGrant> {
    const { tokens, shared } = this.#options;
    const key = this.keyOf(scopes);
    const sharedKey = JSON.stringify([key.origin, key.credentialsId, scheme]);
    const taken = await shared?.take(sharedKey, marginMs, this.#refused.get(scopeKey(scopes))).catch(() => undefined);
    if (taken !== undefined) {
      tokens.putToken(key, taken);
      return { token: taken.token, scopes, fresh: false };
    }
    let issued: IssuedToken | undefined;
    try {
      issued = await this.#exchange(login, scopes);
      tokens.putToken(key, issued);
      return { token: issued.token, scopes, fresh: true };
    } finally {
      await shared?.give(sharedKey, issued).catch(() => {});
    }
  }

  /** Asks the token server. Credentials from a cache that are refused may have ended early: then once more with new ones. */
  async #exchange({ realm, service }: BearerLogin, scopes: readonly string[]): Promise<IssuedToken> {
    const { credentials: source, exchange } = this.#options;
    const wanted = { realm, scopes, ...(service === undefined ? {} : { service }) };
    if (source === undefined) {
      return await exchange(wanted);
    }
    const { credentials, fresh } = await source.current();
    try {
      return await exchange({ ...wanted, credentials });
    } catch (error) {
      if (fresh || !(error instanceof CopyError) || error.failure.code !== "access-denied") {
        throw error;
      }
      source.drop(credentials);
      return await exchange({ ...wanted, credentials: (await source.current()).credentials });
    }
  }
}

/** Names one way to a token: two that ask the same server for the same have the same name. */
export function bearerScheme({ realm, service = "" }: BearerLogin, scopes: readonly string[]): string {
  return JSON.stringify(["bearer", realm.href, service, scopeKey(scopes)]);
}
