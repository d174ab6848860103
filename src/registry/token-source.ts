/** Hands out the tokens of one origin and one user: from the cache, or by one request for all who want the same at the same time. */
import { CopyError } from "../oci/errors.ts";
import type { Login } from "./challenge.ts";
import type { CredentialSource } from "./credential-source.ts";
import { scopeKey } from "./scope.ts";
import type { IssuedToken, TokenWanted } from "./token.ts";
import type { TokenCache, TokenKey } from "./token-cache.ts";

export type BearerLogin = Login & { scheme: "bearer" };

/** Asks a token server. */
export type ExchangeToken = (wanted: TokenWanted) => Promise<IssuedToken>;

/** Tokens that processes share. Best effort: where it fails, each gets its own. */
export interface SharedTokens {
  /** A token for the key that is good for `marginMs` and is not `refused`; `undefined` where the caller is to get one and to {@link give} what came of that. */
  take(key: string, marginMs: number, refused: string | undefined): Promise<IssuedToken | undefined>;
  give(key: string, issued: IssuedToken | undefined): Promise<void>;
}

export interface TokenSourceOptions {
  origin: string;
  /** None asks for anonymous tokens. */
  credentials?: CredentialSource;
  tokens: TokenCache;
  /** Asked where the cache has none. @default nobody */
  shared?: SharedTokens;
  /** Milliseconds since the epoch. */
  now: () => number;
  exchange: ExchangeToken;
}

export interface TokenGrant {
  /** Secret. */
  token: string;
  scopes: readonly string[];
  /** Whether it was issued just now, so that a refusal can't be for its age. */
  fresh: boolean;
}

export class TokenSource {
  readonly #options: TokenSourceOptions;
  /** Requests under way, by what for. */
  readonly #underWay = new Map<string, Promise<TokenGrant>>();
  /** Tokens that were refused last, by what for. */
  readonly #refused = new Map<string, string>();

  constructor(options: TokenSourceOptions) {
    this.#options = options;
  }

  /** A token for these scopes that is good for `marginMs` at least, or as good as the token server makes it. Fails as the exchange does. */
  async token(login: BearerLogin, scopes: readonly string[], marginMs: number): Promise<TokenGrant> {
    return this.cached(scopes, marginMs) ?? (await this.#get(login, scopes, marginMs));
  }

  /** Such a token where it is there already. */
  cached(scopes: readonly string[], marginMs: number): TokenGrant | undefined {
    const token = this.#options.tokens.token(this.keyOf(scopes), this.#options.now(), marginMs);
    return token === undefined ? undefined : { token, scopes, fresh: false };
  }

  /** Forgets a token that was refused. */
  drop({ token, scopes }: TokenGrant): void {
    this.#options.tokens.dropToken(this.keyOf(scopes), token);
    this.#refused.set(scopeKey(scopes), token);
  }

  /** What a token for these scopes is filed under. */
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

  /** From another process, or from the token server; there for all who wait for the same. */
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

  /** Credentials that were kept and are refused may have ended before their time: once more with new ones. */
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
