/** Tokens of one registry host, for all processes: who asks first gets one, the others wait for it. In memory only; time is given in. */
import { RecentMap } from "../../net/recent-map.ts";
import type { IssuedToken } from "../../registry/token.ts";

/** Who is to get a token and does not give it, or say that there is none, within this long has died. */
export const GETTING_MS = 10_000;

/** Tokens kept; the oldest go first. A registry has one for each repository and user. */
const MAX_TOKENS = 500;

/** The tokens of one host by their keys, and who is getting one right now. */
export class TokenVault {
  readonly #tokens = new RecentMap<string, IssuedToken>(MAX_TOKENS);
  readonly #getting = new Map<string, { until: number; done: PromiseWithResolvers<void> }>();

  /**
   * The token, if it is good for `marginMs` and was not refused; `get` where the caller is to get one; else a promise of when to ask again,
   * until when that may take, in milliseconds since the epoch.
   */
  take(
    key: string,
    marginMs: number,
    refused: string | null,
    nowMs: number,
  ): { issued: IssuedToken } | "get" | { again: Promise<void>; until: number } {
    const issued = this.#tokens.get(key);
    if (issued !== undefined && issued.token !== refused && issued.expiresAtMs - marginMs > nowMs) {
      return { issued };
    }
    const getting = this.#getting.get(key);
    if (getting !== undefined && getting.until > nowMs) {
      return { again: getting.done.promise, until: getting.until };
    }
    getting?.done.resolve();
    this.#getting.set(key, { until: nowMs + GETTING_MS, done: Promise.withResolvers() });
    return "get";
  }

  /** Takes in a token, or that there is none to be had. */
  give(key: string, issued: IssuedToken | null): void {
    if (issued === null) {
      this.#tokens.delete(key);
    } else {
      this.#tokens.set(key, issued);
    }
    this.#getting.get(key)?.done.resolve();
    this.#getting.delete(key);
  }
}
