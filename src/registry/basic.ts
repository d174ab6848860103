/** The Basic scheme (RFC 7617), written and read. */

/** The `Authorization` header for a user and password, in UTF-8 (RFC 7617 §2.1; Q40). */
export function basicAuthorization(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}`;
}

/**
 * Reads base64 of `user:password`, padded or not, in either alphabet. The first colon divides; NULs at the end, which some credential tools
 * leave there, are no part of the password (Q40). `undefined` where it is something else.
 */
export function parseUserPassword(base64: string): { username: string; password: string } | undefined {
  try {
    const binary = atob(base64.trim().replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, ""));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const colon = text.indexOf(":");
    return colon === -1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, "") };
  } catch {
    return undefined;
  }
}
