/** What a request fails with that this side has aborted. */
import { CopyError } from "../oci/errors.ts";
import { failureSite } from "./errors.ts";
import type { Endpoint } from "./request.ts";

/** The error for a signal's reason: the reason itself where it is a {@link CopyError}, `timeout` for that of `AbortSignal.timeout`, else `cancelled`. */
export function abortFailure(reason: unknown, endpoint: Endpoint): CopyError {
  if (reason instanceof CopyError) {
    return reason;
  }
  if (reason instanceof Error && reason.name === "TimeoutError") {
    return new CopyError({
      code: "timeout",
      message: `No time was left for ${endpoint.registry}`,
      retry: "later",
      ...failureSite(endpoint),
    });
  }
  return new CopyError({
    code: "cancelled",
    message: `The request to ${endpoint.registry} was ended`,
    retry: "never",
    ...failureSite(endpoint),
  });
}
