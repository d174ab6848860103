/** A failure of a copy as the problem document that stands in a job's `error` (contract §6). Pure. */
import type { CopyErrorCode, Failure } from "../oci/errors.ts";
import type { Problem } from "./document.ts";

const TITLES: Readonly<Record<CopyErrorCode, { title: string; status: number }>> = {
  "not-found": { title: "Not found at the registry", status: 404 },
  "access-denied": { title: "The registry denies access", status: 403 },
  "address-refused": { title: "The address is not allowed", status: 403 },
  "digest-mismatch": { title: "The content does not have its digest", status: 502 },
  "size-mismatch": { title: "The content does not have its size", status: 502 },
  "manifest-invalid": { title: "The manifest is not valid", status: 502 },
  "tag-immutable": { title: "The tag can't be changed", status: 409 },
  "destination-refused": { title: "The destination refuses the content", status: 502 },
  unsupported: { title: "Not supported", status: 422 },
  "rate-limited": { title: "The registry limits the rate", status: 429 },
  "registry-unavailable": { title: "The registry does not work", status: 502 },
  timeout: { title: "The registry takes too long", status: 504 },
  cancelled: { title: "Cancelled", status: 409 },
  internal: { title: "Internal error", status: 500 },
};

/** Returns the URI that names a kind of problem, the `type` of its documents (RFC 9457 §3.1.1). */
export function problemType(code: Problem["code"]): string {
  return `https://github.com/transship/transship#${code}`;
}

/** Returns the problem document of a failure. `status` is the HTTP status that the failure would have as an answer of this API. */
export function problemOfFailure(failure: Failure): Problem {
  const { title, status } = TITLES[failure.code];
  return {
    type: problemType(failure.code),
    title,
    status,
    detail: failure.message,
    code: failure.code,
    ...(failure.side === undefined ? {} : { side: failure.side }),
    ...(failure.registry === undefined ? {} : { registry: failure.registry }),
    ...(failure.upstream === undefined ? {} : { upstream: failure.upstream }),
  };
}
