/** Checks who sent a request, and when: HMAC, Ed25519, shared secrets and timestamps. The time that a comparison takes reveals nothing about the secret. */

/** How far a signed timestamp may be from our clock, in milliseconds (Slack's rule, and that of Standard Webhooks). */
export const WINDOW_MS = 5 * 60 * 1000;

const encoder = new TextEncoder();

/** Whether `mac` is the HMAC-SHA256 of the content under the key. An empty key is never right. */
export async function isHmac(
  key: Uint8Array<ArrayBuffer>,
  mac: Uint8Array<ArrayBuffer> | undefined,
  content: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  if (mac === undefined || key.length === 0) {
    return false;
  }
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  return await crypto.subtle.verify("HMAC", imported, mac, content);
}

/** Whether the signature of the content was made with the key that belongs to the public one, of 32 bytes (RFC 8032). */
export async function isEd25519(
  publicKey: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer> | undefined,
  content: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  if (signature?.length !== 64 || publicKey.length !== 32) {
    return false;
  }
  const imported = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
  return await crypto.subtle.verify("Ed25519", imported, signature, content);
}

/**
 * Whether a presented secret is the right one. Compares hashes, so that the time taken reveals neither its length nor its content. An empty secret is never
 * right.
 */
export async function isSecret(presented: string | null | undefined, secret: string): Promise<boolean> {
  if (presented === null || presented === undefined || secret === "") {
    return false;
  }
  const [left, right] = await Promise.all([presented, secret].map((text) => crypto.subtle.digest("SHA-256", encoder.encode(text))));
  const [a, b] = [new Uint8Array(left as ArrayBuffer), new Uint8Array(right as ArrayBuffer)];
  return a.reduce((difference, byte, index) => difference | (byte ^ (b[index] ?? 0)), 0) === 0;
}

/** Whether a timestamp, seconds since the epoch as text, is at most {@link WINDOW_MS} from now. */
export function isRecent(seconds: string | null, nowMs: number): boolean {
  return seconds !== null && /^\d{1,12}$/.test(seconds) && Math.abs(nowMs - Number(seconds) * 1000) <= WINDOW_MS;
}

/** The bytes that a text holds as hex digits; `undefined` where it is not hex, or longer than 1,024 digits. */
export function bytesOfHex(hex: string | null | undefined): Uint8Array<ArrayBuffer> | undefined {
  return hex !== null && hex !== undefined && hex.length % 2 === 0 && /^[0-9a-fA-F]{2,1024}$/.test(hex)
    ? Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
    : undefined;
}

/** The bytes that a text holds in base64; `undefined` where it is not base64, or empty. */
export function bytesOfBase64(text: string | null | undefined): Uint8Array<ArrayBuffer> | undefined {
  try {
    return text === null || text === undefined || text === "" ? undefined : Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** Joins texts, as UTF-8, and bytes, as signatures are made over them. */
export function joined(...parts: readonly (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const bytes = parts.map((part) => (typeof part === "string" ? encoder.encode(part) : part));
  const whole = new Uint8Array(bytes.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of bytes) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
