/** A stand-in for Google's token endpoint. It gives an access token for an assertion that its own public key verifies (RFC 7523; Google, "Using OAuth 2.0 for server to server applications"). */
import { createVerify, generateKeyPairSync, type KeyObject } from "node:crypto";
import { type Reply, refuse, type Service } from "./call.ts";

interface GoogleAccount {
  /** The key file, as Google hands it out. */
  keyFile: Record<string, string>;
  publicKey: KeyObject;
}

/** Makes a service account with a key of its own. */
export function serviceAccount(tokenUri = "https://oauth2.googleapis.com/token"): GoogleAccount {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    keyFile: {
      type: "service_account",
      project_id: "acme",
      private_key_id: "5f1a0c",
      private_key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
      client_email: "ship@acme.iam.gserviceaccount.com",
      client_id: "1",
      token_uri: tokenUri,
    },
    publicKey,
  };
}

export interface GoogleOptions {
  account: GoogleAccount;
  accessToken: string | (() => string);
  /** @default 3599, as Google's do */
  expiresIn?: number;
  /** Milliseconds since the epoch. @default the clock's */
  now?: () => number;
}

export function googleService({ account: { keyFile, publicKey }, accessToken, expiresIn = 3599, now = Date.now }: GoogleOptions): Service {
  return ({ method, headers, body }) => {
    const form = new URLSearchParams(body);
    if (method !== "POST" || headers["content-type"] !== "application/x-www-form-urlencoded") {
      return refuse(400, { error: "invalid_request", error_description: "not a form" });
    }
    if (form.get("grant_type") !== "urn:ietf:params:oauth:grant-type:jwt-bearer") {
      return refuse(400, { error: "unsupported_grant_type", error_description: `Invalid grant_type: ${form.get("grant_type")}` });
    }
    const [header = "", payload = "", signature = ""] = (form.get("assertion") ?? "").split(".");
    const { alg, typ, kid } = parse(header);
    if (alg !== "RS256" || typ !== "JWT" || kid !== keyFile.private_key_id) {
      return invalid(`header ${JSON.stringify({ alg, typ, kid })}`);
    }
    if (!createVerify("RSA-SHA256").update(`${header}.${payload}`).verify(publicKey, signature, "base64url")) {
      return invalid("Invalid JWT Signature.");
    }
    const { iss, aud, scope, iat, exp } = parse(payload);
    const seconds = now() / 1000;
    if (iss !== keyFile.client_email || aud !== keyFile.token_uri) {
      return invalid(`iss ${iss}, aud ${aud}`);
    }
    if (typeof iat !== "number" || typeof exp !== "number" || iat > seconds + 60 || exp <= seconds || exp - iat > 3600) {
      return invalid("Token must be a short-lived token (60 minutes) and in a reasonable timeframe.");
    }
    if (scope !== "https://www.googleapis.com/auth/cloud-platform") {
      return refuse(400, { error: "invalid_scope", error_description: `${scope}` });
    }
    const token = typeof accessToken === "string" ? accessToken : accessToken();
    return { status: 200, json: { access_token: token, expires_in: expiresIn, token_type: "Bearer" } };
  };
}

function parse(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function invalid(description: string): Reply {
  return refuse(400, { error: "invalid_grant", error_description: description });
}
