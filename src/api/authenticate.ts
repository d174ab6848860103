/** Who is calling: a token from `API_TOKENS`, or anyone where the operator allows that. */
import type { Config } from "../config/config.ts";
import { ANONYMOUS, type ApiToken } from "../config/tokens.ts";
import { digestOf, hexOf } from "../oci/digest.ts";
import { ApiError } from "./api-error.ts";

/** Who is calling. */
export interface Principal {
  /** The token's name, or `anonymous`. */
  name: string;
  /** Unset for anonymous callers. */
  token?: ApiToken;
}

/**
 * Finds out who is calling. A token comes as `Bearer`, or as the password of `Basic` with any user name, which is what callers send of which only the
 * URL can be configured. Fails with `unauthorized` where a token is needed and there is none, and where it is unknown or expired. The latter holds with
 * `ALLOW_ANONYMOUS` too: otherwise the holder of a revoked token, as an anonymous caller, could do more than with the token.
 */
export function authenticate(request: Request, config: Config, nowMs: number): Principal {
  const header = request.headers.get("authorization");
  if (header === null) {
    if (config.allowAnonymous) {
      return { name: ANONYMOUS };
    }
    throw new ApiError({
      kind: "unauthorized",
      detail: "This needs a token: send it as Authorization: Bearer, or as the password of Basic.",
      presented: false,
    });
  }
  const presented = presentedToken(header);
  if (presented === undefined) {
    throw new ApiError({
      kind: "unauthorized",
      detail: "The Authorization header is neither Bearer nor Basic with a token.",
      presented: false,
    });
  }
  const token = findToken(config.tokens, presented);
  if (token === undefined) {
    throw new ApiError({ kind: "unauthorized", detail: "This token is not known here.", presented: true });
  }
  if (token.expires !== undefined && token.expires <= nowMs) {
    throw new ApiError({
      kind: "unauthorized",
      detail: `This token expired at ${new Date(token.expires).toISOString()}.`,
      presented: true,
    });
  }
  return { name: token.name, token };
}

/** The token in an Authorization header (RFC 9110 §11.6.2, RFC 7617, RFC 6750), or `undefined` where there is none. */
export function presentedToken(header: string): string | undefined {
  const [, scheme = "", rest = ""] = /^([!#$%&'*+.^_`|~\w-]+) +(.+)$/.exec(header.trim()) ?? [];
  switch (scheme.toLowerCase()) {
    case "bearer":
      return rest === "" ? undefined : rest;
    case "basic": {
      const pair = decodeBasic(rest);
      const colon = pair?.indexOf(":") ?? -1;
      const password = colon < 0 ? "" : (pair?.slice(colon + 1) ?? "");
      return password === "" ? undefined : password;
    }
    default:
      return undefined;
  }
}

function decodeBasic(text: string): string | undefined {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

/** Finds the token. Compares with all of them, even after a match, so that the time taken reveals nothing about any. */
function findToken(tokens: readonly ApiToken[], presented: string): ApiToken | undefined {
  const hex = hexOf(digestOf(new TextEncoder().encode(presented)));
  let found: ApiToken | undefined;
  for (const token of tokens) {
    if (sameText(token.sha256, hex)) {
      found = token;
    }
  }
  return found;
}

/** Whether two texts are equal. The time taken depends on their lengths only. */
function sameText(left: string, right: string): boolean {
  let difference = left.length ^ right.length;
  for (let index = 0; index < left.length; index++) {
    difference |= left.charCodeAt(index) ^ right.charCodeAt(index);
  }
  return difference === 0;
}
