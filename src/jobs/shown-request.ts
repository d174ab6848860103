/** A copy request as documents give it out (contract §3). Pure. */
import { redactUrl } from "../net/redact.ts";
import type { CopyRequest, ShownRequest } from "../request/copy-request.ts";

/** Returns the request as it may be shown: one destination is no list, and a callback's address comes without its query, where its secrets are. */
export function shownRequest({ destination, callback, ...request }: CopyRequest): ShownRequest {
  const [only = ""] = destination;
  return {
    ...request,
    destination: destination.length === 1 ? only : destination,
    ...(callback === undefined ? {} : { callback: { ...callback, url: redactUrl(callback.url) } }),
  };
}
