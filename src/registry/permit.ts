/** Which addresses one registry's requests may go to, and its logins. */
import { AddressRefused, checkAddress, type HostPermit } from "../net/address.ts";
import { CopyError } from "../oci/errors.ts";
import { place } from "./errors.ts";
import type { Endpoint } from "./request.ts";

/** What the operator allows for a host (and port), as `URL.host` writes it or as references name a registry. */
export type Permits = (host: string) => HostPermit;

/** What may be done at a URL that the registry or its redirects name: its own address has the rights of its entry, whatever `endpoint` that entry gives. */
export function hostPermit(url: URL, endpoint: Endpoint, permits: Permits): HostPermit {
  const permit = permits(url.host);
  return url.host === endpoint.base.host ? eitherOf(permit, permits(endpoint.registry)) : permit;
}

/**
 * What may be done at a token server that `challenger` names (Q48).
 *
 * Without `realms` any public host will do, since registries' token servers often are elsewhere (`auth.docker.io`). With them only those and the
 * challenger itself; they share the registry's rights. Throws a {@link CopyError} `address-refused` for any other.
 */
export function realmPermit(url: URL, challenger: URL, endpoint: Endpoint, permits: Permits, realms?: readonly string[]): HostPermit {
  const permit = hostPermit(url, endpoint, permits);
  if (realms === undefined || url.host === challenger.host) {
    return permit;
  }
  if (realms.some((realm) => isHost(realm, url))) {
    return eitherOf(permit, permits(endpoint.registry));
  }
  throw refused(
    endpoint,
    `${challenger.host} sends us to ${url.host} for a token, which is not among its "realms" in REGISTRIES; nothing was sent there`,
  );
}

/** Passes where the permit allows the URL; else throws a {@link CopyError} `address-refused`. */
export function assertPermitted(url: URL, permit: HostPermit, endpoint: Endpoint): void {
  try {
    checkAddress(url, permit);
  } catch (error) {
    throw error instanceof AddressRefused ? refused(endpoint, error.message) : error;
  }
}

/** An address that is not gone to. */
export function refused(endpoint: Endpoint, message: string): CopyError {
  return new CopyError({ code: "address-refused", message, retry: "never", ...place(endpoint) });
}

function eitherOf(one: HostPermit, other: HostPermit): HostPermit {
  return { http: one.http || other.http, private: one.private || other.private };
}

/** `URL.host` leaves a scheme's own port away; an entry may name it. */
function isHost(entry: string, url: URL): boolean {
  const withPort = `${url.hostname}:${url.port || (url.protocol === "http:" ? "80" : "443")}`;
  return [url.host, withPort].includes(entry.toLowerCase());
}
