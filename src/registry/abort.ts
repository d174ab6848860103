/** Ends of requests that come from here, not from the registry. */
import { CopyError } from "../oci/errors.ts";
import { place } from "./errors.ts";
import type { Endpoint } from "./request.ts";

/** The error for a signal's reason: the reason itself where it is a {@link CopyError}, `timeout` for that of `AbortSignal.timeout`, else `cancelled`. */
export function abortFailure(reason: unknown, endpoint: Endpoint): CopyError {
  if (reason instanceof CopyError) {
    return reason;
  }
  if (reason instanceof Error && reason.name === "TimeoutError") {
    return new CopyError({ code: "timeout", message: `No time was left for ${endpoint.registry}`, retry: "later", ...place(endpoint) });
  }
  return new CopyError({ code: "cancelled", message: `The request to ${endpoint.registry} was ended`, retry: "never", ...place(endpoint) });
}

/** Settles as `work` does, or fails with the signal's reason as soon as it is aborted, also where the work pays no attention to it. */
export function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
    if (signal.aborted) {
      stop();
    } else {
      signal.addEventListener("abort", stop, { once: true });
    }
  });
}

/** One signal for several, those that are there; the signal itself where it is the only one. */
export function anySignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  const given = signals.filter((signal) => signal !== undefined);
  const [first] = given;
  return first !== undefined && given.length === 1 ? first : AbortSignal.any(given);
}
