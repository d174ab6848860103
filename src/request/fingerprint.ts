/** What tells a repeated request from another one under the same idempotency key. */

import { digestOf } from "../oci/digest.ts";
import type { CopyRequest } from "./copy-request.ts";

/**
 * A hash of a request. Requests that say the same have the same one however they were sent: `readCopyRequest` gives the fields in a fixed
 * order and labels sorted, so their JSON is canonical.
 */
export function fingerprintOf(request: CopyRequest): string {
  return digestOf(new TextEncoder().encode(JSON.stringify(request)));
}
