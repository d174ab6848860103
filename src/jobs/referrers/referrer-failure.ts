/** Failures of what nobody named in the request: signatures, SBOMs, attestations. */
import type { Digest } from "../../oci/digest.ts";
import { CopyError } from "../../oci/errors.ts";

/** The failure, said to be one of something that is attached to an image; as it is without a `referrer`, and where it is a cancel. */
export function asReferrer(error: unknown, referrer: { subject: Digest; tag?: string | null } | undefined): unknown {
  if (referrer === undefined || !(error instanceof CopyError) || error.failure.code === "cancelled") {
    return error;
  }
  const what = referrer.tag ? `What ${referrer.tag} stands for` : `A referrer of ${referrer.subject}`;
  return new CopyError({ ...error.failure, message: `${what} can't be copied: ${error.failure.message}` }, error);
}
