/** The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header). */
import { ApiError } from "./api-error.ts";

/** Longest key, in characters. */
const MAX_KEY_LENGTH = 255;

/** A String of structured fields (RFC 9651 §3.3.3): printable ASCII with `\"` and `\\` escaped. Parameters after it are ignored. */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\])*)"\s*(?:;.*)?$/;
/** A key without quotes, as clients send that know nothing of structured fields. */
const BARE = /^[!#-~][ -~]*$/;
/** What stands between two headers of one name where they are put together (RFC 9110 §5.3). */
const JOINED = ", ";

/** Reads the key, in quotes or not: `"a"` and `a` are the same key. Returns `undefined` without the header; fails with `malformed` where it holds no key. */
export function idempotencyKey(header: string | null): string | undefined {
  if (header === null) {
    return undefined;
  }
  const text = header.trim();
  const quoted = QUOTED.exec(text)?.[1]?.replace(/\\(["\\])/g, "$1");
  const key = quoted ?? (BARE.test(text) && !text.includes(JOINED) ? text : "");
  if (key.length < 1 || key.length > MAX_KEY_LENGTH) {
    throw new ApiError({
      kind: "malformed",
      detail: `The Idempotency-Key header must hold one key of 1 to ${MAX_KEY_LENGTH} printable ASCII characters, in quotes or without.`,
    });
  }
  return key;
}
