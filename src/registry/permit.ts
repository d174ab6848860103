/** Which addresses one registry's requests may go to, and its logins. */
import { AddressRefused, checkAddress, type HostPermit, type Permits } from "../net/address.ts";
import { CopyError } from "../oci/errors.ts";
import { failureSite } from "./errors.ts";
import type { Endpoint } from "./request.ts";

/**
 * What may be done at a URL that the registry or its redirects name.
 *
 * Its own address has the rights of its entry, whatever `endpoint` that entry gives. Another host has those of its own entry as far as the registry has
 * them too: a private registry may keep its blobs in a private storage that the operator has named, a public one leads nobody into the operator's network.
 */
export function hostPermit(url: URL, endpoint: Endpoint, permits: Permits): HostPermit {
  if (url.host === endpoint.base.host) {
    return eitherOf(permits(endpoint.registry), permits(url.host));
  }
  return permitsFrom(endpoint.registry, permits)(url.host);
}

/** What may be done at hosts that what a registry holds or answers leads to: what their own entries say, as far as the registry's says it too. */
export function permitsFrom(registry: string, permits: Permits): Permits {
  const own = permits(registry);
  return (host) => {
    const other = permits(host);
    return { http: own.http && other.http, private: own.private && other.private };
  };
}

/**
 * What may be done at a token server that `challenger` names (Q48). Credentials go there, so rights that a host has for
 * another reason, such as an entry of its own, do not count.
 *
 * Without `realms` any public host will do, since registries' token servers often are elsewhere (`auth.docker.io`). With them only those and the
 * challenger itself; they share the registry's rights. Throws a {@link CopyError} `address-refused` for any other.
 */
export function realmPermit(url: URL, challenger: URL, endpoint: Endpoint, permits: Permits, realms?: readonly string[]): HostPermit {
  if (url.host === challenger.host || url.host === endpoint.base.host) {
    return hostPermit(url, endpoint, permits);
  }
  if (realms === undefined) {
    return { http: false, private: false };
  }
  if (realms.some((realm) => isHost(realm, url))) {
    return eitherOf(permits(endpoint.registry), permits(url.host));
  }
  throw refused(
    endpoint,
    `${challenger.host} sends us to ${url.host} for a token, which is not among its "realms" in REGISTRIES; nothing was sent there`,
  );
}

/** Returns where the permit allows the URL; else throws a {@link CopyError} `address-refused`. */
export function assertPermitted(url: URL, permit: HostPermit, endpoint: Endpoint): void {
  try {
    checkAddress(url, permit);
  } catch (error) {
    throw error instanceof AddressRefused ? refused(endpoint, error.message) : error;
  }
}

/** The error for an address that may not be asked. */
export function refused(endpoint: Endpoint, message: string): CopyError {
  return new CopyError({ code: "address-refused", message, retry: "never", ...failureSite(endpoint) });
}

function eitherOf(one: HostPermit, other: HostPermit): HostPermit {
  return { http: one.http || other.http, private: one.private || other.private };
}

/** Whether an entry names the URL's host. `URL.host` leaves out a scheme's default port, which an entry may give. */
function isHost(entry: string, url: URL): boolean {
  const withPort = `${url.hostname}:${url.port || (url.protocol === "http:" ? "80" : "443")}`;
  return [url.host, withPort].includes(entry.toLowerCase());
}
