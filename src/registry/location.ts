/** Where an upload goes on: the `Location` that the last answer gave. Pure. */
import type { Digest } from "../oci/digest.ts";

/**
 * Returns the URL that a `Location` header stands for; `undefined` where it is none.
 *
 * It may be absolute, relative, on another path, another host, and have a query of its own, all of which is kept (Q72, Q73). The one
 * exception is a registry behind a proxy that does not know how it is reached, and names its own host with plain HTTP instead of TLS,
 * or its API without the port: the scheme and port of the answer's own URL stay (Q74).
 */
export function resolveLocation(location: string | null, answered: URL): URL | undefined {
  const text = (location ?? "").trim();
  if (text === "" || !URL.canParse(text, answered)) {
    return undefined;
  }
  const url = new URL(text, answered);
  const isDowngrade = url.protocol === "http:" && answered.protocol === "https:";
  const isPortLost = url.protocol === answered.protocol && url.port === "" && answered.port !== "" && url.pathname.startsWith("/v2/");
  if (url.hostname === answered.hostname && (isDowngrade || isPortLost)) {
    url.protocol = answered.protocol;
    url.port = answered.port;
  }
  return url;
}

/** Returns the upload's URL with the blob's digest, which commits it. Appended to the query as it stands: re-encoding it would break a registry's state (Q73). */
export function withDigest(location: URL, digest: Digest): URL {
  if (location.searchParams.get("digest") === digest) {
    return location;
  }
  const url = new URL(location);
  url.search = url.search === "" ? `?digest=${digest}` : `${url.search}&digest=${digest}`;
  return url;
}
