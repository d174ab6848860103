/** What a refused piece of an upload may mean beyond its own words. Pure. */
import type { Failure } from "../oci/errors.ts";
import type { Piece } from "./upload-progress.ts";

/**
 * Whether a refusal may be about the way in which the bytes came, so that another plan helps.
 *
 * Not a request without bytes; not a 416 in mid-blob, which is about where the upload stands (at byte 0 it is about the size, Q92); not a
 * 404 to a `PATCH`, which is about a session that is gone. A first `PATCH` that is not allowed is about all of them (Q94).
 */
export function mayBeThePlan({ method, start, end }: Piece, status: number): boolean {
  if (start === end) {
    return false;
  }
  if (status === 416 || (method === "PATCH" && (status === 405 || status === 501))) {
    return start === 0;
  }
  return method === "PUT" || status === 413 || status === 400;
}

/** Whether a commit that failed so may have stored the blob all the same: not where the registry refused it without a look at it. */
export function mayBeStored({ code, upstream }: Failure): boolean {
  const refused = code === "access-denied" || code === "address-refused" || code === "rate-limited" || code === "cancelled";
  return !refused && upstream?.status !== 413;
}
