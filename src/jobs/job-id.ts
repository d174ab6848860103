/** Job ids: UUIDs, so that any id names at most one Durable Object and nothing can be guessed from another. */

const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether a text can be the id of a job. Anything else is unknown without asking an object. */
export function isJobId(text: string): boolean {
  return FORM.test(text);
}

/** A new id that sorts by time (UUIDv7, RFC 9562 §5.7). `entropy` is 10 random bytes. */
export function timeOrderedId(nowMs: number, entropy: Uint8Array): string {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(nowMs) << 16n);
  bytes.set(entropy.subarray(0, 10), 6);
  return format(bytes, 0x70);
}

/**
 * The id that an idempotency key stands for (UUIDv8, RFC 9562 §5.8), so that the same key finds the same job with no index.
 * `principal` keeps the keys of different callers apart.
 */
export async function idOfKey(principal: string, key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${principal}\0${key}`));
  return format(new Uint8Array(digest).slice(0, 16), 0x80);
}

function format(bytes: Uint8Array, version: number): string {
  bytes[6] = ((bytes[6] as number) & 0x0f) | version;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
