/**
 * Which addresses may be spoken to. Every URL passes here before a request: a registry's own, where it redirects to, its token realm, its
 * upload locations, a callback's, where a chat wants its answer. All but the first are chosen by whoever asks or answers, and must not reach into the
 * operator's network (Q48–Q50).
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

/** What the operator allows for a host (and port), as `URL.host` writes it or as references name a registry. */
export type Permits = (host: string) => HostPermit;

/**
 * Why an address is refused: no URL, another scheme than HTTP's, a user name in the URL, HTTP without TLS, a host that is not on the public
 * internet, or a port that belongs to another protocol.
 */
export type AddressRefusal = "syntax" | "scheme" | "userinfo" | "plain-http" | "private" | "port";

/** An address that may not be spoken to. The message names the host and what to do about it, and never holds credentials. */
export class AddressRefused extends Error {
  override readonly name = "AddressRefused";
  readonly reason: AddressRefusal;

  constructor(reason: AddressRefusal, message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * Names that resolve inside a machine or a network (RFC 6761, 6762, 8375, and 7686 for `onion`; ICANN's `internal`, and `home`, `corp` and `mail`, which it
 * will never give away since networks use them; the defaults of systemd, common routers, Kubernetes and Consul).
 */
const PRIVATE_SUFFIXES = [
  ...[".localhost", ".local", ".internal", ".home.arpa", ".localdomain", ".lan", ".intranet", ".private", ".onion"],
  ...[".home", ".corp", ".mail", ".svc", ".consul"],
];

/** Public names of metadata services. */
const METADATA_NAMES: ReadonlySet<string> = new Set(["metadata.goog", "instance-data.amazonaws.com"]);

/** All global unicast addresses (RFC 4291 §2.4); what lies outside is special or not assigned, IPv4-compatible addresses among it. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/** Azure's "wire server" for its virtual machines: a public address that answers only inside. */
const AZURE_METADATA = "168.63.129.16";

/**
 * Ports of other protocols, which browsers don't speak HTTP at either (Fetch, "bad port"): a server of another kind might take a request for its own.
 * The operator's own hosts may have any.
 */
const BAD_PORTS: ReadonlySet<number> = new Set([
  ...[
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115,
    117,
  ],
  ...[
    119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636,
  ],
  ...[
    989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
  ],
]);

/**
 * The URL that a text from outside stands for, where it may be spoken to; relative to `base` where there is one. The one way in for every address
 * that an operator has not configured.
 *
 * Throws {@link AddressRefused}, with a message that does not repeat the text: that may hold a secret. Blanks, control characters and backslashes
 * are refused, since other parsers than the one here read other hosts out of them.
 */
export function outsideUrl(text: string, permits: Permits, base?: URL): URL {
  const url = /[\s\\]|\p{Cc}/u.test(text) ? null : URL.parse(text, base?.href);
  if (url === null) {
    throw new AddressRefused("syntax", "It is no URL");
  }
  checkAddress(url, permits(url.host));
  return url;
}

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
    throw new AddressRefused("plain-http", `${url.host} would be spoken to without TLS. ${allowing("http")}`);
  }
  if (!permit.private && isPrivateHost(url.hostname)) {
    throw new AddressRefused("private", `${url.host} is not on the public internet. ${allowing("private")}`);
  }
  if (!permit.private && url.port !== "" && BAD_PORTS.has(Number(url.port))) {
    throw new AddressRefused("port", `${url.host}: that port belongs to another protocol than HTTP`);
  }
}

/** What to do about a refusal. */
function allowing(setting: keyof HostPermit): string {
  return `Where it is yours, set "${setting}" for it in REGISTRIES, and for the registry that leads there; name a token server in the registry's "realms".`;
}

/** Whether a URL's host is not, or may not be, on the public internet. Names without a dot and with a final dot count as such. */
function isPrivateHost(hostname: string): boolean {
  if (hostname.startsWith("[")) {
    return isPrivateIPv6(ipaddr.IPv6.parse(hostname.slice(1, -1)));
  }
  if (ipaddr.IPv4.isValidFourPartDecimal(hostname)) {
    return hostname === AZURE_METADATA || ipaddr.IPv4.parse(hostname).range() !== "unicast";
  }
  return (
    !hostname.includes(".") ||
    hostname.endsWith(".") ||
    METADATA_NAMES.has(hostname) ||
    PRIVATE_SUFFIXES.some((suffix) => hostname.endsWith(suffix))
  );
}

/** Addresses that embed an IPv4 address (6to4, NAT64, Teredo) are refused whatever it is; a mapped one is the IPv4 address. */
function isPrivateIPv6(address: ipaddr.IPv6): boolean {
  if (address.isIPv4MappedAddress()) {
    return isPrivateHost(address.toIPv4Address().toString());
  }
  return address.range() !== "unicast" || !address.match(GLOBAL_UNICAST);
}
