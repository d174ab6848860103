/** The secrets of one registry, to be removed from what it answers. */
import { basicAuthorization } from "./basic.ts";
import type { Credentials } from "./credentials.ts";

/** Returns every form in which a text could quote the credentials: plain, inside JSON, inside a URL or form, as Basic. Longest first, since one may hold another. */
export function secretsOf(credentials: Credentials | undefined): string[] {
  const { username, password, identityToken, registryToken } = credentials ?? {};
  const plain = [password, identityToken, registryToken].filter((secret) => secret !== undefined);
  const basic = username === undefined || password === undefined ? [] : [basicAuthorization(username, password).slice("Basic ".length)];
  return [...basic, ...quotable(plain)];
}

/** Returns the forms in which a text could quote the secrets: as they are, inside JSON, inside a URL or form. Longest first. */
export function quotable(secrets: readonly string[]): string[] {
  const forms = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), inForm(secret)]);
  return [...new Set(forms)].filter((secret) => secret !== "").toSorted((a, b) => b.length - a.length);
}

/** As forms are encoded, which differs from URLs in spaces and in `! ' ( ) ~`. */
function inForm(secret: string): string {
  return new URLSearchParams([["", secret]]).toString().slice("=".length);
}

/** Returns the text with `…` in place of the secrets. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, "…"), text);
}
