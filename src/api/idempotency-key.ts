/** The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header). */
import { ApiError } from "./api-error.ts";

/** Longest key, in characters. */
const MAX_KEY_LENGTH = 255;

/** A structured-field String (RFC 9651 §3.3.3), with parameters that mean nothing here; printable ASCII, `\"` and `\\` escaped. */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\])*)"\s*(?:;.*)?$/;
/** What clients send that know no structured fields. */
const BARE = /^[!#-~][ -~]*$/;

/** Reads the key, quoted or bare: `"a"` and `a` are the same key. `undefined` without the header; fails with `malformed` for anything that is no key. */
export function idempotencyKey(header: string | null): string | undefined {
  if (header === null) {
    return undefined;
  }
  const text = header.trim();
  const quoted = QUOTED.exec(text)?.[1]?.replace(/\\(["\\])/g, "$1");
  const key = quoted ?? (BARE.test(text) ? text : "");
  if (key.length < 1 || key.length > MAX_KEY_LENGTH) {
    throw new ApiError({
      kind: "malformed",
      detail: `The Idempotency-Key header must hold one key of 1 to ${MAX_KEY_LENGTH} printable ASCII characters, in quotes or without.`,
    });
  }
  return key;
}
