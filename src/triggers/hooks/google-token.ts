/** Checks Google's identity tokens: JWTs that say which service account sends, and to whom. */
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from "jose";
import type { HookTools } from "./push-event.ts";

/** What a token has to say, and how it is checked. */
export interface GoogleTokenRules {
  /** The receiver that it is for: its claim `aud`. */
  audience: string;
  /** The service account that it is about. */
  email: string;
  /** URL of the keys (RFC 7517 §5). */
  jwks: string;
}

/** The keys could not be fetched, so the token can't be checked now. The sender may try again. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

const ISSUERS = ["accounts.google.com", "https://accounts.google.com"];

/** How far Google's clock and ours may be apart, in seconds. */
const CLOCK_TOLERANCE_S = 60;

/** How long the keys may take: Pub/Sub waits at least ten seconds for an answer. */
const KEYS_TIMEOUT_MS = 5_000;

/** Sets of keys by URL, for all requests of an isolate. jose fetches a set again after 10 minutes, and where a token names a key that it lacks. */
const keySets = new Map<string, ReturnType<typeof createRemoteJWKSet>>();

/**
 * Whether the token is Google's, is valid now, and has this audience and service account. Rejects with {@link KeysUnavailable} where that can't be
 * found out.
 */
export async function isGoogleToken(token: string, { audience, email, jwks }: GoogleTokenRules, tools: HookTools): Promise<boolean> {
  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(token, keysAt(jwks, tools), {
      algorithms: ["RS256"],
      audience,
      issuer: ISSUERS,
      requiredClaims: ["exp", "iat", "email"],
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(tools.nowMs),
    }));
  } catch (error) {
    if (isTokenFault(error)) {
      return false;
    }
    throw new KeysUnavailable("The keys that the token is checked with could not be fetched", { cause: error });
  }
  return payload.email === email && payload.email_verified === true;
}

function keysAt(address: string, { fetchUrl }: HookTools): ReturnType<typeof createRemoteJWKSet> {
  let keys = keySets.get(address);
  if (keys === undefined) {
    keys = createRemoteJWKSet(new URL(address), { timeoutDuration: KEYS_TIMEOUT_MS, [customFetch]: fetchUrl });
    keySets.set(address, keys);
  }
  return keys;
}

/** Whether an error of jose's is about the token; others are about fetching the keys. */
function isTokenFault(error: unknown): boolean {
  return (
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    !(error instanceof errors.JWKSInvalid) &&
    error.code !== "ERR_JOSE_GENERIC"
  );
}
