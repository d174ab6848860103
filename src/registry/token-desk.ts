/** Hands out the tokens of one origin and one user: from the cache, or by one request for all who want the same at the same time. */
import { CopyError } from "../oci/errors.ts";
import type { Login } from "./challenge.ts";
import type { CredentialSource } from "./credential-source.ts";
import { scopeKey } from "./scope.ts";
import type { IssuedToken, TokenWish } from "./token.ts";
import type { TokenCache, TokenUse } from "./token-cache.ts";

export type BearerLogin = Login & { scheme: "bearer" };

/** Asks a token server. */
export type ExchangeToken = (wish: TokenWish) => Promise<IssuedToken>;

export interface TokenDeskOptions {
  origin: string;
  /** None asks for anonymous tokens. */
  credentials?: CredentialSource;
  tokens: TokenCache;
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

export class TokenDesk {
  readonly #options: TokenDeskOptions;
  /** Requests under way, by what for. */
  readonly #underWay = new Map<string, Promise<IssuedToken>>();

  constructor(options: TokenDeskOptions) {
    this.#options = options;
  }

  /** A token for these scopes that is good for `marginMs` at least, or as good as the token server makes it. Fails as the exchange does. */
  async token(login: BearerLogin, scopes: readonly string[], marginMs: number): Promise<TokenGrant> {
    const cached = this.#options.tokens.token(this.use(scopes), this.#options.now(), marginMs);
    const token = cached ?? (await this.#issue(login, scopes)).token;
    return { token, scopes, fresh: cached === undefined };
  }

  /** Forgets a token that was refused. */
  drop({ token, scopes }: TokenGrant): void {
    this.#options.tokens.dropToken(this.use(scopes), token);
  }

  /** What a token for these scopes is filed under. */
  use(scopes: readonly string[]): TokenUse {
    return { origin: this.#options.origin, credentialsId: this.#options.credentials?.id ?? "", scopes };
  }

  #issue(login: BearerLogin, scopes: readonly string[]): Promise<IssuedToken> {
    const { tokens } = this.#options;
    const way = bearerWay(login, scopes);
    const known = this.#underWay.get(way);
    if (known !== undefined) {
      return known;
    }
    const issuing = this.#exchange(login, scopes)
      .then((issued) => {
        tokens.putToken(this.use(scopes), issued);
        return issued;
      })
      .finally(() => this.#underWay.delete(way));
    this.#underWay.set(way, issuing);
    return issuing;
  }

  /** Credentials that were kept and are refused may have ended before their time: once more with new ones. */
  async #exchange({ realm, service }: BearerLogin, scopes: readonly string[]): Promise<IssuedToken> {
    const { credentials: source, exchange } = this.#options;
    const wish = { realm, scopes, ...(service === undefined ? {} : { service }) };
    if (source === undefined) {
      return await exchange(wish);
    }
    const { credentials, fresh } = await source.current();
    try {
      return await exchange({ ...wish, credentials });
    } catch (error) {
      if (fresh || !(error instanceof CopyError) || error.failure.code !== "access-denied") {
        throw error;
      }
      source.drop(credentials);
      return await exchange({ ...wish, credentials: (await source.current()).credentials });
    }
  }
}

/** Names a way to a token: the same server, asked for the same. */
export function bearerWay({ realm, service = "" }: BearerLogin, scopes: readonly string[]): string {
  return JSON.stringify(["bearer", realm.href, service, scopeKey(scopes)]);
}
