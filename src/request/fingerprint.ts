/** Tells whether two requests under one idempotency key are the same request. */
import { digestOf } from "../oci/digest.ts";
import type { CopyRequest } from "./copy-request.ts";

/**
 * Returns a hash of a request. Equal requests have equal hashes, however they were sent: `readCopyRequest` returns the fields in a fixed order, labels
 * sorted and defaults left out, so the request's JSON is canonical.
 */
export function fingerprintOf(request: CopyRequest): string {
  return digestOf(new TextEncoder().encode(JSON.stringify(request)));
}
