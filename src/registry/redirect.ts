/** Redirects, followed by hand: the runtime would carry credentials along (Q55) and can't send a stream twice (Q100). */
import { CopyError } from "../oci/errors.ts";
import { failureSite } from "./errors.ts";
import { refused } from "./permit.ts";
import type { Endpoint, RegistryRequest } from "./request.ts";

/** Redirects of one request that are followed (Q56). Blobs take one or two. */
export const MAX_REDIRECTS = 10;

type Method = RegistryRequest["method"];

/** Statuses whose redirects are followed, by the method of the request. 303 changes the method, so only reads follow it. */
const FOLLOWED: Readonly<Record<Method, readonly number[]>> = {
  HEAD: [301, 302, 303, 307, 308],
  GET: [301, 302, 303, 307, 308],
  POST: [301, 302, 307, 308],
  PUT: [307, 308],
  PATCH: [307, 308],
  DELETE: [307, 308],
};

/**
 * Returns where an answer redirects to, to be asked with the same method; `undefined` where it is no redirect or not to be followed. The caller
 * still has to check the address.
 *
 * Throws a {@link CopyError}: `registry-unavailable` where the `Location` is missing or no URL, `address-refused` where it drops TLS (Q53).
 */
export function redirectTarget(response: Response, from: URL, method: Method, endpoint: Endpoint): URL | undefined {
  if (!FOLLOWED[method].includes(response.status)) {
    return undefined;
  }
  const location = response.headers.get("location") ?? "";
  if (location.trim() === "" || !URL.canParse(location, from.href)) {
    throw broken(endpoint, `${from.host} redirects (${response.status}) without saying where to`);
  }
  const target = new URL(location, from);
  target.hash = "";
  if (from.protocol === "https:" && target.protocol === "http:") {
    throw refused(endpoint, `${from.host} redirects to ${target.host} without TLS; nothing was sent there`);
  }
  return target;
}

/** The error for a request that was redirected too often. */
export function tooManyRedirects(from: URL, endpoint: Endpoint): CopyError {
  return broken(endpoint, `${from.host} redirects more than ${MAX_REDIRECTS} times`);
}

function broken(endpoint: Endpoint, message: string): CopyError {
  return new CopyError({ code: "registry-unavailable", message, retry: "never", ...failureSite(endpoint) });
}
