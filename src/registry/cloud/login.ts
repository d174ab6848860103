/** Logins that a cloud gives for a while: what each is made of, whichever cloud it is. */
import type { HostPermit } from "../../net/address.ts";
import type { Credentials } from "../credentials.ts";
import type { IssuedToken } from "../token.ts";
import type { TokenKey } from "../token-cache.ts";

/** Credential helpers of a Docker `config.json` whose work is done here (contract §7). */
export const CLOUD_HELPERS = ["ecr-login", "gcr", "acr-env"] as const;

/** One of {@link CLOUD_HELPERS}. */
export type CloudHelper = (typeof CLOUD_HELPERS)[number];

/** One request to a cloud's login service. It holds secrets, so it goes nowhere but to `url`. */
export interface ServiceRequest {
  /** What is being done, as the beginning of a message: `Getting an ECR token`. */
  what: string;
  url: URL;
  /** What the operator allows at `url`. */
  permit: HostPermit;
  /** By their names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: string;
  /** The variables that a refusal is to be looked for in. */
  variables: string;
  /** Secrets in it that earlier steps of the login have got. */
  carries?: readonly string[];
  /** A refusal of this type is the answer too: AWS's `__type`. */
  accepts?: string;
}

/** The answer to a {@link ServiceRequest}: of status 200, or the refusal that it accepts. */
export interface ServiceAnswer {
  /** The object that the body is. */
  json: Readonly<Record<string, unknown>>;
  /** When it was asked for, in milliseconds since the epoch. */
  askedAtMs: number;
}

/**
 * Asks a cloud's login service. Fails with `access-denied` where it refuses or answers with no JSON object, `rate-limited`, `registry-unavailable` or
 * `timeout` (later) where it may be asked again, `address-refused` where it may not be asked.
 */
export type AskService = (request: ServiceRequest) => Promise<ServiceAnswer>;

/** How to log in to one registry with a cloud's credentials. */
export interface CloudLogin {
  /** What the cache keeps the secret under: logins that get the same secret have the same key. */
  key: TokenKey;
  /** The operator's secrets, to be cut out of what is said. */
  secrets: readonly string[];
  /** Gets a new secret: a password or a token. `now` gives milliseconds since the epoch. Throws an `Error` with a reason that is safe to show, or as `ask` does. */
  issue(ask: AskService, now: () => number): Promise<IssuedToken>;
  /** What to log in with, given that secret. */
  credentialsWith(secret: string): Credentials;
}

/** A text of an answer, or an `Error` that names the field and nothing of what stands there. It may stand in a header. */
export function tokenIn(json: Readonly<Record<string, unknown>>, field: string): string {
  const value = json[field];
  if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) {
    throw new Error(`its answer has no usable ${field}`);
  }
  return value;
}
