/**
 * Azure Container Registry: an application's secret becomes an Entra ID (AAD) access token, that becomes the registry's refresh token, and that one, in
 * the token exchange that every registry has, an access token for each scope. The first two steps are here; nothing is sent (Q33).
 */
import { decodeJwt } from "jose";
import type { HostPermit } from "../../net/address.ts";
import { MAX_TOKEN_LIFE_MS, MIN_TOKEN_LIFE_MS } from "../token.ts";
import { type CloudLogin, tokenIn } from "./login.ts";

/** `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET`, `AZURE_TENANT_ID`. Secret. */
export interface AzureClient {
  clientId: string;
  clientSecret: string;
  /** The directory that the client belongs to: the path of its login. */
  tenantId: string;
}

/** Entra ID of Azure's public cloud, of China's, and of the US government's, by the end of the registry's name. */
const AUTHORITIES: Readonly<Record<string, string>> = {
  ".azurecr.cn": "https://login.partner.microsoftonline.cn",
  ".azurecr.us": "https://login.microsoftonline.us",
};
const PUBLIC_AUTHORITY = "https://login.microsoftonline.com";

/** What the token is for: any registry of Azure's. */
const SCOPE = "https://containerregistry.azure.net/.default";

/** The user name that goes with a refresh token as the password (Q33). */
const TOKEN_USER = "00000000-0000-0000-0000-000000000000";

/** How long a refresh token is used whose own words about that can't be read. It lives three hours. */
const UNREADABLE_LIFE_MS = 10 * 60_000;

/** Where to log in to a registry of Azure's, and as what. */
export interface AzureAccess {
  /** Host of the registry as references name it: the service that tokens are for. */
  registry: string;
  /** Where its API is. */
  base: URL;
  /** The service principal to log in as. */
  client: AzureClient;
  /** Another address of Entra ID. */
  authority?: string;
  /** What the operator allows at either. */
  permit: HostPermit;
}

/** A login with the registry's refresh token, good for three hours. */
export function acrLogin({ registry, base, client, authority, permit }: AzureAccess): CloudLogin {
  const { clientId, clientSecret, tenantId } = client;
  const headers = { accept: "application/json", "content-type": "application/x-www-form-urlencoded" };
  const variables = "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET";
  return {
    key: { origin: `acr-env ${registry}`, credentialsId: `${tenantId}/${clientId}`, scopes: [] },
    secrets: [clientSecret],
    issue: async (ask, now) => {
      const entra = new URL(
        `${(authority ?? authorityFor(registry)).replace(/\/+$/, "")}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`,
      );
      const form = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret, scope: SCOPE };
      const what = `Asking ${entra.host} for an access token`;
      const { json: entraJson } = await ask({ what, url: entra, permit, headers, body: new URLSearchParams(form).toString(), variables });
      const entraToken = tokenIn(entraJson, "access_token");
      const exchange = new URL(`${base.pathname.replace(/\/+$/, "")}/oauth2/exchange`, base);
      const grant = { grant_type: "access_token", service: registry, tenant: tenantId, access_token: entraToken };
      const { json, askedAtMs } = await ask({
        what: `Asking ${exchange.host} for a refresh token`,
        url: exchange,
        permit,
        headers,
        body: new URLSearchParams(grant).toString(),
        variables: `${variables}, and the application's role at the registry`,
        carries: [entraToken],
      });
      const token = tokenIn(json, "refresh_token");
      return { token, expiresAtMs: askedAtMs + lifeMs(token, now()) };
    },
    credentialsWith: (token) => ({ id: "acr-env", username: TOKEN_USER, password: token, identityToken: token }),
  };
}

function authorityFor(registry: string): string {
  return AUTHORITIES[registry.slice(registry.lastIndexOf(".azurecr."))] ?? PUBLIC_AUTHORITY;
}

/** The refresh token says itself when it ends: it is a JWT, whose signature is the registry's business. */
function lifeMs(token: string, nowMs: number): number {
  try {
    const { exp } = decodeJwt(token);
    if (exp !== undefined) {
      return Math.min(Math.max(exp * 1000 - nowMs, MIN_TOKEN_LIFE_MS), MAX_TOKEN_LIFE_MS);
    }
  } catch {
    // Not a JWT, or none that can be read.
  }
  return UNREADABLE_LIFE_MS;
}
