/**
 * The exchange of credentials for a token, as pairs of pure functions: what to ask, and what an answer means (distribution
 * specification, `token.md` and `oauth.md`).
 */
import { basicAuthorization } from "./basic.ts";
import { readJsonBody } from "./content-coding.ts";
import type { Credentials } from "./credentials.ts";

/** Longest token answer that is read, in bytes; as in oras-go. Azure's tokens are the longest known, at a few KiB. */
export const MAX_TOKEN_BODY_BYTES = 128 * 1024;

/** A token whose answer gives no lifetime, or one that is shorter, lives this long (token.md: 60 s for the sake of older clients; Q15). */
export const MIN_TOKEN_LIFE_MS = 60_000;

/** No token is kept for longer, whatever its answer says. */
export const MAX_TOKEN_LIFE_MS = 12 * 60 * 60 * 1000;

/** What this client calls itself to an OAuth2 token server; required there and not secret. */
const CLIENT_ID = "transship";

/** What a token is wanted for, and for which user. */
export interface TokenWanted {
  /** Where the challenge sends us; may have a query of its own (Q10). */
  realm: URL;
  /** As the challenge gives it; left out where it doesn't (Q8). */
  service?: string;
  /** As `formatScopes` writes them. */
  scopes: readonly string[];
  /** @default none: asks for an anonymous token (Q25) */
  credentials?: Credentials;
}

/** One request to a token server. */
export interface TokenRequest {
  method: "GET" | "POST";
  url: URL;
  /** With the login, where the method is `GET`. */
  headers: Record<string, string>;
  /** A form. It holds the refresh token, so it goes nowhere but to `url`. */
  body?: string;
}

/** A token, and until when it may be used by this machine's clock. */
export interface IssuedToken {
  /** Secret. */
  token: string;
  /** Milliseconds since the epoch. */
  expiresAtMs: number;
}

/**
 * Returns the requests that may get the token, the preferred one first: with a refresh (identity) token a POST, then a GET for servers without
 * OAuth2 (Q20, Q21); with a password, or with nothing, a GET only, since a POST with a password breaks old servers.
 */
export function tokenRequests(wanted: TokenWanted): [TokenRequest, ...TokenRequest[]] {
  const refreshToken = refreshTokenOf(wanted.credentials);
  const get = getRequest(wanted, basicOf(wanted.credentials));
  return refreshToken === undefined ? [get] : [postRequest(wanted, refreshToken), get];
}

/** Whether a token server's status means that it may know the other method (Q21). */
export function isMethodUnknown(status: number): boolean {
  return status === 404 || status === 405 || status === 401;
}

/**
 * Reads a token answer of status 200. `sentAtMs` is when it was asked for: the token's life is counted from there by this machine's clock,
 * less the age that the server's own two dates show, so that no two clocks need to agree; an age beyond the life is ignored (Q16).
 *
 * Throws an `Error` with a reason that is safe to show where there is no token in it (Q14, Q19).
 */
export async function processTokenResponse(response: Response, sentAtMs: number): Promise<IssuedToken> {
  const { bytes, truncated } = await readJsonBody(response, MAX_TOKEN_BODY_BYTES);
  if (truncated) {
    throw new Error(`its answer is longer than ${MAX_TOKEN_BODY_BYTES} bytes`);
  }
  const answer = parseAnswer(new TextDecoder().decode(bytes));
  if (answer === undefined) {
    throw new Error(`its answer is no JSON object but ${bytes.byteLength} bytes of ${contentTypeOf(response)}`);
  }
  const token = [answer.token, answer.access_token].find((each) => typeof each === "string" && each !== "");
  if (typeof token !== "string") {
    throw new Error("its answer has neither a token nor an access_token");
  }
  // Anything else can't stand in a header, and the runtime's complaint would quote it.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Error("its token has characters that no header may have");
  }
  return { token, expiresAtMs: sentAtMs + lifeMs(answer, response.headers.get("date")) };
}

function getRequest({ realm, service, scopes, credentials }: TokenWanted, authorization: string | undefined): TokenRequest {
  const url = new URL(realm);
  if (credentials?.username !== undefined && credentials.username !== REFRESH_TOKEN_USER && authorization !== undefined) {
    url.searchParams.set("account", credentials.username);
  }
  if (service !== undefined && service !== "") {
    url.searchParams.set("service", service);
  }
  if (scopes.length > 0) {
    url.searchParams.delete("scope");
  }
  for (const scope of scopes) {
    url.searchParams.append("scope", scope);
  }
  return { method: "GET", url, headers: { accept: "application/json", ...(authorization === undefined ? {} : { authorization }) } };
}

function postRequest({ realm, service, scopes }: TokenWanted, refreshToken: string): TokenRequest {
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    ...(service !== undefined && service !== "" ? { service } : {}),
    client_id: CLIENT_ID,
    ...(scopes.length > 0 ? { scope: scopes.join(" ") } : {}),
    refresh_token: refreshToken,
  });
  return {
    method: "POST",
    url: new URL(realm),
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: form.toString(),
  };
}

/** The user name that marks the password as a refresh token (Q20). */
const REFRESH_TOKEN_USER = "<token>";

function refreshTokenOf(credentials: Credentials | undefined): string | undefined {
  return credentials?.identityToken ?? (credentials?.username === REFRESH_TOKEN_USER ? credentials.password : undefined);
}

/** With a refresh token alone it stands in the password's place, as Azure documents it (Q33). */
function basicOf(credentials: Credentials | undefined): string | undefined {
  if (credentials === undefined) {
    return undefined;
  }
  const { username = REFRESH_TOKEN_USER, password, identityToken } = credentials;
  const secret = password === undefined || password === "" ? (identityToken ?? password) : password;
  return secret === undefined ? undefined : basicAuthorization(username, secret);
}

interface TokenAnswer {
  token?: unknown;
  access_token?: unknown;
  expires_in?: unknown;
  issued_at?: unknown;
}

function parseAnswer(text: string): TokenAnswer | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null && !Array.isArray(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function lifeMs({ expires_in, issued_at }: TokenAnswer, date: string | null): number {
  const seconds = typeof expires_in === "string" && /^\d+$/.test(expires_in) ? Number(expires_in) : expires_in;
  const givenMs = typeof seconds === "number" && seconds > 0 ? seconds * 1000 : MIN_TOKEN_LIFE_MS;
  const ageMs = typeof issued_at === "string" && date !== null ? Date.parse(date) - Date.parse(issued_at) : 0;
  const leftMs = ageMs > 0 && ageMs < givenMs ? givenMs - ageMs : givenMs;
  return Math.min(Math.max(leftMs, MIN_TOKEN_LIFE_MS), MAX_TOKEN_LIFE_MS);
}

function contentTypeOf(response: Response): string {
  const type = /^[\w.+-]+\/[\w.+-]+/.exec(response.headers.get("content-type") ?? "")?.[0];
  return type ?? "unknown type";
}
