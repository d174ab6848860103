/** Google's identity tokens: a JWT that says which service account sends, and to whom. */
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from "jose";
import type { HookTools } from "./push-event.ts";

export interface GoogleTokenRules {
  audience: string;
  email: string;
  /** Where the keys are. */
  jwks: string;
}

/** The token can't be checked now: the keys did not come. Whoever sent it may try again. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

const ISSUERS = ["accounts.google.com", "https://accounts.google.com"];

/** How far Google's clock and ours may be apart, in seconds. */
const CLOCK_TOLERANCE_S = 60;

/** Pub/Sub waits ten seconds at least. */
const KEYS_TIMEOUT_MS = 5_000;

/** Keys by address: kept for as long as jose does (10 minutes, and fetched anew for a key that is not among them). For all requests of an isolate. */
const keySets = new Map<string, ReturnType<typeof createRemoteJWKSet>>();

/** Whether the token is Google's, good now, and for this audience and service account. Rejects with {@link KeysUnavailable}. */
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

function keysAt(address: string, { fetch }: HookTools): ReturnType<typeof createRemoteJWKSet> {
  let keys = keySets.get(address);
  if (keys === undefined) {
    keys = createRemoteJWKSet(new URL(address), { timeoutDuration: KEYS_TIMEOUT_MS, [customFetch]: fetch });
    keySets.set(address, keys);
  }
  return keys;
}

/** Everything that jose says of a token. What it says of the keys' address has no class of its own, or another one. */
function isTokenFault(error: unknown): boolean {
  return (
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    !(error instanceof errors.JWKSInvalid) &&
    error.code !== "ERR_JOSE_GENERIC"
  );
}
