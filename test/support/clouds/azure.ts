/** Stand-ins for Entra ID and for the token exchange of a registry in Azure (Azure/acr, "AAD-OAuth"). */
import { randomBytes } from "node:crypto";
import { type Call, type Reply, refuse, type Service } from "./call.ts";

interface AzureOptions {
  tenantId: string;
  clientId: string;
  clientSecret: string;
  /** Host of the registry as the world knows it. */
  registry: string;
  /** The refresh token that the exchange gives. */
  refreshToken: string | (() => string);
}

interface Azure {
  /** Entra ID. */
  entra: Service;
  /** `POST /oauth2/exchange` of the registry. */
  exchange: Service;
  /** The access tokens that Entra ID has given. */
  given: Set<string>;
}

export function azureServices({ tenantId, clientId, clientSecret, registry, refreshToken }: AzureOptions): Azure {
  const given = new Set<string>();
  const entra: Service = (call) => {
    const form = formOf(call);
    if (call.url.pathname !== `/${tenantId}/oauth2/v2.0/token` || form === undefined) {
      return refuse(400, { error: "invalid_request", error_description: `AADSTS90002: ${call.method} ${call.url.pathname}` });
    }
    if (form.get("grant_type") !== "client_credentials") {
      return refuse(400, { error: "unsupported_grant_type", error_description: "AADSTS70003" });
    }
    if (form.get("client_id") !== clientId || form.get("client_secret") !== clientSecret) {
      return refuse(401, { error: "invalid_client", error_description: "AADSTS7000215: Invalid client secret provided." });
    }
    if (form.get("scope") !== "https://containerregistry.azure.net/.default") {
      return refuse(400, { error: "invalid_scope", error_description: "AADSTS70011" });
    }
    const token = randomBytes(24).toString("base64url");
    given.add(token);
    return { status: 200, json: { token_type: "Bearer", expires_in: 3599, access_token: token } };
  };
  const exchange: Service = (call) => {
    const form = formOf(call);
    if (call.url.pathname !== "/oauth2/exchange" || form === undefined) {
      return unauthorized(`${call.method} ${call.url.pathname}`);
    }
    const { grant_type, service, tenant, access_token } = Object.fromEntries(form);
    if (grant_type !== "access_token" || service !== registry || tenant !== tenantId || !given.has(access_token ?? "")) {
      return unauthorized(`grant_type ${grant_type}, service ${service}, tenant ${tenant}`);
    }
    return { status: 200, json: { refresh_token: typeof refreshToken === "string" ? refreshToken : refreshToken() } };
  };
  return { entra, exchange, given };
}

/** A refresh token as the registry makes it, but for its signature. */
export function refreshTokenUntil(expiresAtMs: number): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256", typ: "JWT" })}.${part({ exp: Math.floor(expiresAtMs / 1000), grant_type: "refresh_token" })}.${randomBytes(16).toString("base64url")}`;
}

function formOf({ method, headers, body }: Call): URLSearchParams | undefined {
  return method === "POST" && headers["content-type"] === "application/x-www-form-urlencoded" ? new URLSearchParams(body) : undefined;
}

function unauthorized(message: string): Reply {
  return refuse(401, { errors: [{ code: "UNAUTHORIZED", message, detail: null }] });
}
