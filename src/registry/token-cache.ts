/**
 * What logging in has shown, kept for the requests that follow: how a registry wants its clients to log in, and the tokens it gave.
 *
 * Holds settled values only and no promises, so that one cache can serve all invocations of an isolate.
 */
import { RecentMap } from "../net/recent-map.ts";
import type { Login } from "./challenge.ts";
import { scopeKey } from "./scope.ts";
import type { IssuedToken } from "./token.ts";

/** Tokens kept, and registries remembered: a job needs a handful; an isolate serves many jobs. */
const MAX_ENTRIES = 500;

/** For how long, in milliseconds, a registry that wanted no login is not asked again. If it wants one after all, its 401 costs an upload that begins again. */
const OPEN_MS = 10 * 60 * 1000;

/** What a token is for (Q24): a registry's origin, the credentials' id (empty: anonymous), and the scopes. */
export interface TokenKey {
  origin: string;
  credentialsId: string;
  scopes: readonly string[];
}

/** The tokens and logins that one isolate knows. */
export class TokenCache {
  readonly #tokens: RecentMap<string, IssuedToken>;
  readonly #logins: RecentMap<string, Login>;
  readonly #wanted: RecentMap<string, readonly string[]>;
  readonly #open: RecentMap<string, number>;

  /** `maxEntries` bounds each kind of entry; those used longest ago go first. */
  constructor(maxEntries = MAX_ENTRIES) {
    this.#tokens = new RecentMap(maxEntries);
    this.#logins = new RecentMap(maxEntries);
    this.#wanted = new RecentMap(maxEntries);
    this.#open = new RecentMap(maxEntries);
  }

  /** Returns the token that is kept under this key, if it is still good `marginMs` after `nowMs`. */
  token(key: TokenKey, nowMs: number, marginMs: number): string | undefined {
    const issued = this.#tokens.use(textOf(key));
    return issued !== undefined && issued.expiresAtMs - marginMs > nowMs ? issued.token : undefined;
  }

  /** Keeps a token. */
  putToken(key: TokenKey, issued: IssuedToken): void {
    this.#tokens.set(textOf(key), issued);
  }

  /** Forgets a token that was refused; a newer one that was put in its place meanwhile stays. */
  dropToken(key: TokenKey, token: string): void {
    if (this.#tokens.use(textOf(key))?.token === token) {
      this.#tokens.delete(textOf(key));
    }
  }

  /** Returns the scopes that the registry has asked for in answer to those of the key, if it asked for more. */
  wanted(key: TokenKey): readonly string[] | undefined {
    return this.#wanted.use(textOf(key));
  }

  /** Notes that the registry asks for these scopes where those of the key were offered. */
  putWanted(key: TokenKey, scopes: readonly string[]): void {
    this.#wanted.set(textOf(key), scopes);
  }

  /** How the registry at this origin wants to be logged in to, as far as it has said. */
  login(origin: string): Login | undefined {
    return this.#logins.use(origin);
  }

  /** Notes how the registry at this origin wants to be logged in to. */
  putLogin(origin: string, login: Login): void {
    this.#logins.set(origin, login);
  }

  /** Whether the registry at this origin was asked how to log in not long ago, and wanted nothing. */
  isOpen(origin: string, nowMs: number): boolean {
    return (this.#open.use(origin) ?? 0) > nowMs;
  }

  /** Notes that the registry at this origin wants no login. */
  putOpen(origin: string, nowMs: number): void {
    this.#open.set(origin, nowMs + OPEN_MS);
  }
}

function textOf({ origin, credentialsId, scopes }: TokenKey): string {
  return JSON.stringify([origin, credentialsId, scopeKey(scopes)]);
}
