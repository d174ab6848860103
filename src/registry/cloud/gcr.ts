/** Google Container and Artifact Registry: a service account's key becomes an access token (RFC 7523). Nothing is sent here (Q36). */
import { importPKCS8, SignJWT } from "jose";
import type { HostPermit } from "../../net/address.ts";
import { type IssuedToken, MAX_TOKEN_LIFE_MS, MIN_TOKEN_LIFE_MS } from "../token.ts";
import { type CloudLogin, type ServiceAnswer, tokenIn } from "./login.ts";

/** What is needed of a service account's key file (`GOOGLE_APPLICATION_CREDENTIALS_JSON`). Secret. */
export interface GoogleKey {
  /** The service account's name, and the assertion's issuer. */
  clientEmail: string;
  /** PKCS #8 in PEM. */
  privateKey: string;
  /** Tells Google which of the account's keys has signed. */
  privateKeyId?: string;
  /** Where Google takes the signed assertion; the assertion names it as its audience. */
  tokenUri: string;
}

/** Where Google's key files send assertions. */
export const GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token";

/** What docker-credential-gcr asks for: what the account may do is for its roles to say. */
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";

/** Life of an assertion in seconds; Google takes an hour at most. It is used once, at once. */
const ASSERTION_SECONDS = 600;

const VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS_JSON";

/** Where to log in to Google, and as what. */
export interface GoogleAccess {
  key: GoogleKey;
  /** Another address of the token endpoint. */
  tokenEndpoint?: string;
  /** What the operator allows at the token endpoint. */
  permit: HostPermit;
}

/** A login with an access token as the password, good for an hour. One serves all of Google's registries. */
export function gcrLogin({ key, tokenEndpoint, permit }: GoogleAccess): CloudLogin {
  return {
    key: { origin: "gcr", credentialsId: key.clientEmail, scopes: [] },
    secrets: [key.privateKey],
    issue: async (ask, now) => {
      const assertion = await assertionOf(key, now());
      const url = new URL(tokenEndpoint ?? key.tokenUri);
      return accessToken(
        await ask({
          what: `Asking ${url.host} for an access token`,
          url,
          permit,
          headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
          body: new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion }).toString(),
          variables: VARIABLE,
          carries: [assertion],
        }),
      );
    },
    credentialsWith: (password) => ({ id: "gcr", username: "oauth2accesstoken", password }),
  };
}

async function assertionOf({ clientEmail, privateKey, privateKeyId, tokenUri }: GoogleKey, nowMs: number): Promise<string> {
  const issuedAt = Math.floor(nowMs / 1000);
  const signer = new SignJWT({ scope: SCOPE })
    .setProtectedHeader({ alg: "RS256", typ: "JWT", ...(privateKeyId === undefined ? {} : { kid: privateKeyId }) })
    .setIssuer(clientEmail)
    .setAudience(tokenUri)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ASSERTION_SECONDS);
  try {
    return await signer.sign(await importPKCS8(privateKey, "RS256"));
  } catch {
    // What the library says may quote the key.
    throw new Error(`the private_key in ${VARIABLE} is no RSA key that can sign`);
  }
}

function accessToken({ json, askedAtMs }: ServiceAnswer): IssuedToken {
  const seconds = typeof json.expires_in === "number" ? json.expires_in : 0;
  const lifeMs = Math.min(Math.max(seconds * 1000, MIN_TOKEN_LIFE_MS), MAX_TOKEN_LIFE_MS);
  return { token: tokenIn(json, "access_token"), expiresAtMs: askedAtMs + lifeMs };
}
