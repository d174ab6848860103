/** What tells a repeated request from another one under the same idempotency key. */
import type { CopyRequest } from "../jobs/document.ts";
import { digestOf } from "../oci/digest.ts";

/**
 * A hash of a request. Requests that say the same have the same one however they were sent: `copyRequestOf` gives the fields in a fixed
 * order and labels sorted, so their JSON is canonical.
 */
export function fingerprintOf(request: CopyRequest): string {
  return digestOf(new TextEncoder().encode(JSON.stringify(request)));
}
