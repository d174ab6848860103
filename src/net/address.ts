/**
 * Which addresses may be spoken to. Every URL passes here before a request: a registry's own, where it redirects to, its token realm, its
 * upload locations. All but the first are chosen by whoever answers, and must not reach into the operator's network (Q48–Q50).
 *
 * Only what the URL shows is checked. That a public name leads to a private address can't be seen from here; in production the
 * runtime itself never sends a Worker's requests to such addresses.
 */
import ipaddr from "ipaddr.js";

/** What an operator allows for one host. */
export interface HostPermit {
  /** Plain HTTP. */
  http: boolean;
  /** Addresses and names that are not on the public internet. */
  private: boolean;
}

/** Why an address is refused: another scheme than HTTP's, a user name in the URL, HTTP without TLS, or a host that is not on the public internet. */
export type AddressRefusal = "scheme" | "userinfo" | "plain-http" | "private";

/** An address that may not be spoken to. The message names the host and what to do about it, and never holds credentials. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
  readonly reason: AddressRefusal;

  constructor(reason: AddressRefusal, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Names that resolve inside a machine or a network (RFC 6761, 6762, 8375; ICANN's `internal`; systemd's and common routers' defaults). */
const PRIVATE_SUFFIXES = [".localhost", ".local", ".internal", ".home.arpa", ".localdomain", ".lan", ".intranet"];

/** All global unicast addresses (RFC 4291 §2.4); what lies outside is special or not assigned, IPv4-compatible addresses among it. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/** Azure's "wire server" for its virtual machines: a public address that answers only inside. */
const AZURE_METADATA = "168.63.129.16";

/**
 * Throws {@link AddressRefused} unless the URL is `https:` at a public host, or `permit` allows more.
 *
 * The URL parser has already brought IPv4 addresses to one form (`0x7f.1` and `2130706433` are `127.0.0.1`) and IPv6 addresses to theirs.
 */
export function checkAddress(url: URL, permit: HostPermit): void {
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new AddressRefused("scheme", `Only https: is spoken, not ${url.protocol}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new AddressRefused(
      "userinfo",
      `The address of ${url.host} has a user name in it. Credentials are configured, not written into addresses.`,
    );
  }
  if (url.protocol === "http:" && !permit.http) {
    throw new AddressRefused("plain-http", `${url.host} would be spoken to without TLS. Set "http" for it in REGISTRIES to allow that.`);
  }
  if (!permit.private && isPrivateHost(url.hostname)) {
    throw new AddressRefused("private", `${url.host} is not on the public internet. Set "private" for it in REGISTRIES to allow that.`);
  }
}

/** Whether a URL's host is not, or may not be, on the public internet. Names without a dot and with a final dot count as such. */
function isPrivateHost(hostname: string): boolean {
  if (hostname.startsWith("[")) {
    return isPrivateIPv6(ipaddr.IPv6.parse(hostname.slice(1, -1)));
  }
  if (ipaddr.IPv4.isValidFourPartDecimal(hostname)) {
    return hostname === AZURE_METADATA || ipaddr.IPv4.parse(hostname).range() !== "unicast";
  }
  return !hostname.includes(".") || hostname.endsWith(".") || PRIVATE_SUFFIXES.some((suffix) => hostname.endsWith(suffix));
}

/** Addresses that embed an IPv4 address (6to4, NAT64, Teredo) are refused whatever it is; a mapped one is the IPv4 address. */
function isPrivateIPv6(address: ipaddr.IPv6): boolean {
  if (address.isIPv4MappedAddress()) {
    return isPrivateHost(address.toIPv4Address().toString());
  }
  return address.range() !== "unicast" || !address.match(GLOBAL_UNICAST);
}
