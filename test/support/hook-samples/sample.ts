/** What a sample of a sender's webhook is. Nothing here, or in the samples, is only Node's or only workerd's. */

/** What was pushed. */
export interface SampledPush {
  repository: string;
  tag: string;
  digest: string;
}

export interface HookSample {
  /** The sender, and which of its forms. */
  title: string;
  /** As in `HOOKS`, without `secret` and `copy`. */
  settings: { type: string } & Record<string, unknown>;
  /** The registry that the event is about. */
  host: string;
  /** Whether it tells the digest. */
  hasDigest: boolean;
  /** Who pushed, as the event says. */
  actor: string | null;
  /** Whether the secret is the last part of the path. */
  inPath?: boolean;
  headers?: Record<string, string>;
  /** The headers that prove who sends. */
  proof?: (secret: string, body: string) => Promise<Record<string, string>>;
  body(push: SampledPush): unknown;
}

/** The HMAC-SHA256 of a text, in hex. */
export async function hmacHex(secret: string, text: string): Promise<string> {
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The ways in which a sample's sender proves itself. */
export const verbatim = async (secret: string) => ({ authorization: secret });
export const bearer = async (secret: string) => ({ authorization: `Bearer ${secret}` });
export const basic = async (secret: string) => ({ authorization: `Basic ${btoa(`user:${secret}`)}` });
export const signed =
  (header: string, prefix = "") =>
  async (secret: string, body: string) => ({ [header]: `${prefix}${await hmacHex(secret, body)}` });

/** `namespace/name` in two. */
export function split(repository: string): [namespace: string, name: string] {
  const slash = repository.lastIndexOf("/");
  return [repository.slice(0, slash), repository.slice(slash + 1)];
}
