/**
 * What a 401 says about how to log in (RFC 9110 §11.6.1, read leniently: Q1–Q4):
 *
 *     WWW-Authenticate = 1#challenge
 *     challenge        = auth-scheme [ 1*SP ( token68 / #( auth-param ) ) ]
 *     auth-param       = token OWS "=" OWS ( token / quoted-string )
 */
import { HeaderReader } from "../net/header-grammar.ts";

/** One way to log in that a server offers. */
export interface Challenge {
  /** In lower case. */
  scheme: string;
  /** By their names in lower case; of two with one name the first. */
  params: Record<string, string>;
}

/** A challenge that this client can answer, with its realm made absolute. */
export type Login = { scheme: "basic" } | { scheme: "bearer"; realm: URL; service?: string; scope?: string };

/** Longest header that is read. */
const MAX_HEADER_LENGTH = 16 * 1024;

/**
 * Reads a `WWW-Authenticate` header, or several that `Headers` has joined with commas (Q1). What can't be understood is skipped; what was read
 * before it stays. Without a header there are no challenges.
 */
export function parseChallenges(header: string | null): Challenge[] {
  const reader = new HeaderReader((header ?? "").slice(0, MAX_HEADER_LENGTH));
  const challenges: Challenge[] = [];
  while (!reader.done) {
    skipSeparators(reader);
    const scheme = reader.token();
    if (scheme !== undefined && isAtBreak(reader)) {
      challenges.push({ scheme: scheme.toLowerCase(), params: readParams(reader) });
    } else {
      reader.until(",");
    }
  }
  return challenges;
}

/**
 * Most challenges of one scheme that are tried after one answer. Registries send one, with proxies before them two (Q1); a header of 16 KiB has room
 * for hundreds, each with another token server to ask.
 */
const MAX_OF_SCHEME = 4;

/** Returns the challenges that this client can answer, in the order to try them: Bearer with a realm, then Basic (Q1, Q12). */
export function usableChallenges(challenges: readonly Challenge[]): Challenge[] {
  const bearer = challenges.filter(({ scheme, params }) => scheme === "bearer" && (params.realm ?? "") !== "");
  const basic = challenges.filter(({ scheme }) => scheme === "basic");
  return [...bearer.slice(0, MAX_OF_SCHEME), ...basic.slice(0, MAX_OF_SCHEME)];
}

/**
 * Returns the login that a usable challenge from `answered` asks for; `undefined` where its realm is no URL. A Bearer realm may be relative (Q9); a
 * Basic one is any text, and nothing to fetch (Q11).
 */
export function loginOf({ scheme, params }: Challenge, answered: URL): Login | undefined {
  if (scheme === "basic") {
    return { scheme };
  }
  const { realm = "", service, scope } = params;
  if (!URL.canParse(realm, answered.href)) {
    return undefined;
  }
  const url = new URL(realm, answered);
  url.hash = "";
  return { scheme: "bearer", realm: url, ...(service ? { service } : {}), ...(scope ? { scope } : {}) };
}

/** Reads parameters up to the next challenge. The commas between them may be missing, or be too many. */
function readParams(reader: HeaderReader): Record<string, string> {
  const params = new Map<string, string>();
  for (;;) {
    const isNewElement = skipSeparators(reader);
    const start = reader.position;
    const name = reader.token()?.toLowerCase();
    reader.skipSpace();
    if (name !== undefined && reader.take("=")) {
      reader.skipSpace();
      const value = reader.value() ?? "";
      if (!params.has(name)) {
        params.set(name, value);
      }
    } else if (reader.done || (name !== undefined && isNewElement)) {
      reader.rewind(name === undefined ? reader.position : start);
      return Object.fromEntries(params);
    } else {
      // A token68 (`Negotiate oYH…`), or something broken.
      reader.until(",");
    }
  }
}

/** Skips spaces and commas; returns whether there was a comma. */
function skipSeparators(reader: HeaderReader): boolean {
  let comma = false;
  for (;;) {
    reader.skipSpace();
    if (!reader.take(",")) {
      return comma;
    }
    comma = true;
  }
}

/** A scheme stands alone or before a space: `abc/def` is none. */
function isAtBreak(reader: HeaderReader): boolean {
  return reader.done || [" ", "\t", ","].includes(reader.peek());
}
