/** Where a registry's credentials come from: the configuration, which has them at once and for good, or a cloud, which gives them for a while. */
import type { Wire } from "./attempt.ts";
import type { CloudLogin } from "./cloud/login.ts";
import { loginFailure, serviceOn } from "./cloud/service.ts";
import type { Credentials } from "./credentials.ts";
import { quotable, secretsOf } from "./secrets.ts";
import type { IssuedToken } from "./token.ts";
import type { TokenCache } from "./token-cache.ts";

/** Credentials as they are now. */
export interface CurrentCredentials {
  credentials: Credentials;
  /** Whether they were got just now or are configured, so that asking again would give the same. */
  fresh: boolean;
}

/** Gives the credentials for one registry whenever they are wanted. */
export interface CredentialSource {
  /** Keeps tokens of different users apart (Q24). Not secret. */
  readonly id: string;
  /** A ready bearer token, to be sent as it is (Q23). */
  readonly registryToken?: string;
  /** Every text by which a registry could quote the credentials given so far; grows with them. */
  readonly secrets: readonly string[];
  /** The credentials to use now. Fails as the cloud's login does. */
  current(): Promise<CurrentCredentials>;
  /** Forgets credentials that were refused: the next ones are new. */
  drop(credentials: Credentials): void;
}

/** A secret that a cloud gave is renewed this long before it ends, in milliseconds: longer than any one request takes. */
const CLOUD_MARGIN_MS = 5 * 60_000;

/** Configured credentials. */
export function fixedCredentials(credentials: Credentials): CredentialSource {
  return {
    id: credentials.id,
    ...(credentials.registryToken === undefined ? {} : { registryToken: credentials.registryToken }),
    secrets: secretsOf(credentials),
    current: async () => ({ credentials, fresh: true }),
    drop: () => {},
  };
}

/** A cloud's credentials: from the cache, or by one login for all callers that want them at the same time. `id` is the configuration's key. */
export function cloudCredentials(id: string, login: CloudLogin, wire: Wire, tokens: TokenCache): CredentialSource {
  const secrets = quotable(login.secrets);
  const ask = serviceOn(wire, () => secrets);
  let underWay: Promise<IssuedToken> | undefined;

  const credentialsWith = (secret: string): Credentials => {
    const credentials = { ...login.credentialsWith(secret), id };
    for (const text of secretsOf(credentials)) {
      if (!secrets.includes(text)) {
        secrets.unshift(text);
      }
    }
    return credentials;
  };
  const issue = async (): Promise<IssuedToken> => {
    try {
      const issued = await login.issue(ask, wire.effects.now);
      tokens.putToken(login.key, issued);
      return issued;
    } catch (error) {
      throw loginFailure(wire, error);
    }
  };
  return {
    id,
    secrets,
    current: async () => {
      const kept = tokens.token(login.key, wire.effects.now(), CLOUD_MARGIN_MS);
      if (kept !== undefined) {
        return { credentials: credentialsWith(kept), fresh: false };
      }
      underWay ??= issue().finally(() => {
        underWay = undefined;
      });
      return { credentials: credentialsWith((await underWay).token), fresh: true };
    },
    drop: ({ password }) => tokens.dropToken(login.key, password ?? ""),
  };
}
