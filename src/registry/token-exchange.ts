/** Gets a token: the requests of `token.ts` on the wire, with the address of every hop checked and no secret carried to another origin. */
import type { Permits } from "../net/address.ts";
import { CopyError } from "../oci/errors.ts";
import { attempt, type Wire } from "./attempt.ts";
import { failureSite, responseFailure } from "./errors.ts";
import { realmPermit } from "./permit.ts";
import { MAX_REDIRECTS, redirectTarget, tooManyRedirects } from "./redirect.ts";
import type { RegistryResponse } from "./request.ts";
import {
  type IssuedToken,
  isMethodUnknown,
  MAX_TOKEN_BODY_BYTES,
  processTokenResponse,
  type TokenRequest,
  type TokenWanted,
  tokenRequests,
} from "./token.ts";

/** Whose token server is asked, and what it may be. */
export interface TokenExchange {
  /** Sends the requests; its endpoint is the registry that failures name. */
  wire: Wire;
  /** What the operator allows at the token server. */
  permits: Permits;
  /** Hosts that may be asked for tokens, beside the challenger. @default any public host */
  realms?: readonly string[];
  /** Origin of the server that asks for the login. */
  challenger: URL;
  /** The credentials' secrets, to be cut out of what the token server says. */
  secrets: readonly string[];
}

/**
 * Asks the realm for the token that is wanted. One request, two where a token server does not know the first one's method.
 *
 * Fails with `address-refused` where the realm may not be asked, `access-denied` where it refuses or gives no token, `rate-limited` and
 * `registry-unavailable` (both later) where it may be asked again. Given credentials it never asks as nobody instead (Q25).
 */
export async function exchangeToken(exchange: TokenExchange, wanted: TokenWanted): Promise<IssuedToken> {
  const { wire, challenger } = exchange;
  const what = `Logging in to ${challenger.host === wire.endpoint.base.host ? wire.endpoint.registry : challenger.host}`;
  const [first, fallback] = tokenRequests(wanted);
  let sentAtMs = wire.effects.now();
  let result = await sendFollowing(exchange, first);
  if (fallback !== undefined && isMethodUnknown(result.response.status)) {
    sentAtMs = wire.effects.now();
    result = await sendFollowing(exchange, fallback);
  }
  if (result.response.status !== 200) {
    throw await tokenFailure(exchange, result, what);
  }
  return await readToken(exchange, result, what, sentAtMs);
}

/** Sends a token request and follows its redirects (Q49): only reads, since a form holds the refresh token, and without Basic on another origin. */
async function sendFollowing(
  { wire, permits, realms, challenger, secrets }: TokenExchange,
  request: TokenRequest,
): Promise<RegistryResponse> {
  const { endpoint } = wire;
  const { method, body } = request;
  let { url, headers } = request;
  for (let hop = 0; ; hop++) {
    const permit = realmPermit(url, challenger, endpoint, permits, realms);
    const response = await attempt(wire, {
      method,
      url,
      permit,
      headers,
      purpose: "token",
      secrets,
      bufferBytes: MAX_TOKEN_BODY_BYTES + 1,
      ...(body === undefined ? {} : { body }),
    });
    const target = method === "GET" ? redirectTarget(response, url, method, endpoint) : undefined;
    if (target === undefined) {
      return { response, url };
    }
    if (hop === MAX_REDIRECTS) {
      throw tooManyRedirects(url, endpoint);
    }
    if (target.origin !== url.origin) {
      const { authorization: _, ...others } = headers;
      headers = others;
    }
    url = target;
  }
}

async function readToken(
  { wire: { endpoint } }: TokenExchange,
  { response, url }: RegistryResponse,
  what: string,
  sentAtMs: number,
): Promise<IssuedToken> {
  try {
    return await processTokenResponse(response, sentAtMs);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "its answer can't be read";
    throw new CopyError({
      code: "access-denied",
      message: `${what}: the token server ${url.host} gave no token: ${reason}`,
      retry: "never",
      ...failureSite(endpoint),
      upstream: { status: response.status },
    });
  }
}

/** A token server's refusal is about access, whatever its status: GHCR answers 403 for what does not exist (Q37), OAuth2 400 for a stale token. */
async function tokenFailure({ wire: { endpoint, effects } }: TokenExchange, result: RegistryResponse, what: string): Promise<CopyError> {
  const { failure } = await responseFailure(result, endpoint, what, effects.now());
  return new CopyError(failure.retry === "later" ? failure : { ...failure, code: "access-denied", retry: "never" });
}
