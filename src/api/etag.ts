/** Weak entity tags (RFC 9110 §8.8.3), for callers that poll. */
import { digestOf, hexOf } from "../oci/digest.ts";

/** Returns a weak tag for a text: the first 24 digits of its hash. */
export function weakEtag(text: string): string {
  return `W/"${hexOf(digestOf(new TextEncoder().encode(text))).slice(0, 24)}"`;
}

/** Whether `If-None-Match` names the tag, by weak comparison. The header can be split at commas, since the tags made here hold none. */
export function matchesEtag(ifNoneMatch: string | null, etag: string): boolean {
  const opaque = (tag: string) => tag.trim().replace(/^W\//, "");
  return (ifNoneMatch ?? "").split(",").some((tag) => tag.trim() === "*" || opaque(tag) === opaque(etag));
}
