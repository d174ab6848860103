/** What the operator configures about callbacks: the secret that signs them, and where they may go. */
import { AddressRefused, outsideUrl } from "../net/address.ts";
import type { RegistriesConfig } from "../registry/settings.ts";
import { ConfigError } from "./config-error.ts";
import { permitsOf } from "./registries.ts";
import type { Variables } from "./variables.ts";

/** Length of a secret in bytes: at least 24, at most 64 (Standard Webhooks 1.0.0, "Signature scheme"). */
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;

/** Reads `CALLBACK_SECRET`: `whsec_` and the base64 of 24 to 64 bytes. Returns `undefined` where it is unset: callbacks are then not signed. Secret. */
export function readCallbackSecret(variables: Variables): string | undefined {
  const secret = variables.CALLBACK_SECRET;
  if (secret === undefined || secret === null || secret === "") {
    return undefined;
  }
  const encoded = typeof secret === "string" ? /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret.trim())?.[1] : undefined;
  const bytes = encoded === undefined ? 0 : decodedLength(encoded);
  if (bytes < MIN_SECRET_BYTES || bytes > MAX_SECRET_BYTES) {
    throw new ConfigError(
      "CALLBACK_SECRET",
      "#",
      `must be whsec_ and the base64 of ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} random bytes: echo "whsec_$(openssl rand -base64 32)"`,
    );
  }
  return (secret as string).trim();
}

/** Why a callback can't go to a URL, completing "this place …", or `undefined` where it can. Never repeats the URL, which may hold a secret. */
export function callbackFault(text: string, registries: RegistriesConfig): string | undefined {
  try {
    outsideUrl(text, permitsOf(registries));
    return undefined;
  } catch (error) {
    if (!(error instanceof AddressRefused)) {
      throw error;
    }
    return error.reason === "syntax" ? "must be an https URL" : `is not allowed: ${error.message.replace(/\.$/, "")}`;
  }
}

function decodedLength(encoded: string): number {
  try {
    return atob(encoded).length;
  } catch {
    return 0;
  }
}
