/**
 * Addresses that nobody outside may send the Worker to, in the spellings in which they are tried. `{trap}` is the port of a listener on all of this
 * machine's addresses, that no test may reach.
 */

export interface HostileAddress {
  /** What is tried, for the test's name. */
  what: string;
  url: string;
  /** No URL at all, by the WHATWG's reading: nothing is there to be refused. */
  unreadable?: true;
  /** Only as an absolute address is it one. */
  relative?: true;
}

const at = (what: string, host: string, more: Partial<HostileAddress> = {}): HostileAddress => ({
  what,
  url: `https://${host}:{trap}/x`,
  ...more,
});

export const HOSTILE_ADDRESSES: readonly HostileAddress[] = [
  // ---- this machine, by IPv4
  at("loopback", "127.0.0.1"),
  { what: "loopback without TLS", url: "http://127.0.0.1:{trap}/x" },
  at("loopback, another one", "127.8.9.10"),
  at("loopback as a decimal number", "2130706433"),
  at("loopback as a hexadecimal number", "0x7f000001"),
  at("loopback as an octal number", "017700000001"),
  at("loopback in octal parts", "0177.0.0.01"),
  at("loopback in hexadecimal parts", "0x7f.0x0.0x0.0x1"),
  at("loopback in mixed parts", "0x7f.0.00.1"),
  at("loopback in two parts", "127.1"),
  at("loopback in three parts", "127.0.1"),
  at("loopback with a final dot", "127.0.0.1."),
  at("loopback in full-width digits", "%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1"),
  at("loopback with ideographic dots", "127%E3%80%820%E3%80%820%E3%80%821"),
  at("loopback percent-encoded", "%31%32%37.0.0.1"),
  at("this host", "0.0.0.0"),
  at("this host as nought", "0"),
  // ---- this machine, by IPv6
  at("loopback in IPv6", "[::1]"),
  at("loopback in IPv6, in full", "[0000:0000:0000:0000:0000:0000:0000:0001]"),
  at("the unspecified address", "[::]"),
  at("mapped IPv4", "[::ffff:127.0.0.1]"),
  at("mapped IPv4 in hexadecimal", "[::FFFF:7F00:1]"),
  at("compatible IPv4", "[::127.0.0.1]"),
  at("translated IPv4", "[::ffff:0:127.0.0.1]"),
  at("NAT64", "[64:ff9b::127.0.0.1]"),
  at("NAT64, local", "[64:ff9b:1::7f00:1]"),
  at("6to4", "[2002:7f00:1::]"),
  at("Teredo", "[2001:0:7f00:1::80ff:fffe]"),
  at("a zone id", "[fe80::1%25lo]", { unreadable: true }),
  at("a bare zone id", "[::1%lo]", { unreadable: true }),
  // ---- this network, and what answers only inside
  at("10/8", "10.0.0.1"),
  at("10/8 in IPv6", "[::ffff:10.0.0.1]"),
  at("172.16/12", "172.31.255.255"),
  at("192.168/16", "192.168.1.1"),
  at("shared addresses", "100.64.0.1"),
  at("link-local", "169.254.1.1"),
  at("link-local in IPv6", "[fe80::1]"),
  at("unique local", "[fd12:3456::1]"),
  at("site-local", "[fec0::1]"),
  at("multicast", "[ff02::1]"),
  at("broadcast", "255.255.255.255"),
  at("benchmarking", "198.18.0.1"),
  { what: "AWS's, Google's and Azure's metadata", url: "http://169.254.169.254/latest/meta-data/iam/security-credentials/" },
  { what: "metadata as a number", url: "http://2852039166/latest" },
  { what: "metadata in mixed parts", url: "https://0xa9.0376.43518/latest" },
  { what: "metadata, mapped", url: "https://[::ffff:a9fe:a9fe]/latest" },
  { what: "AWS's metadata in IPv6", url: "https://[fd00:ec2::254]/latest" },
  { what: "Alibaba's metadata", url: "https://100.100.100.200/latest" },
  { what: "Oracle's metadata", url: "https://192.0.0.192/opc" },
  { what: "Azure's wire server", url: "https://168.63.129.16/machine" },
  { what: "Google's metadata by name", url: "https://metadata.google.internal/computeMetadata/v1/" },
  { what: "Google's metadata in upper case with a final dot", url: "https://METADATA.GOOGLE.INTERNAL./" },
  { what: "Google's metadata by its public name", url: "https://metadata.goog/" },
  // ---- names
  at("localhost", "localhost"),
  at("localhost in upper case", "LOCALHOST"),
  at("localhost with a final dot", "localhost."),
  at("a name below localhost", "a.localhost"),
  at("localhost.localdomain", "localhost.localdomain"),
  at("localhost in circled letters", "%E2%93%9B%E2%93%9E%E2%93%92%E2%93%90%E2%93%9B%E2%93%97%E2%93%9E%E2%93%A2%E2%93%A3"),
  at("localhost with a soft hyphen", "local%C2%ADhost"),
  at("a single label", "registry"),
  at("mDNS", "printer.local"),
  at("an internal name", "vault.internal"),
  at("Kubernetes", "kubernetes.default.svc"),
  at("Kubernetes in full", "kubernetes.default.svc.cluster.local"),
  at("a final dot on a public name", "registry.example.com."),
  // ---- what else a URL may have
  { what: "a user before a private host", url: "https://registry.example.com@127.0.0.1:{trap}/" },
  { what: "a user and a password", url: "https://user:word@registry.example.com/" },
  { what: "a backslash for a slash", url: "https:\\\\127.0.0.1:{trap}\\x" },
  { what: "a scheme-relative address", url: "//127.0.0.1:{trap}/x", relative: true },
  { what: "no TLS", url: "http://registry.example.com/x" },
  { what: "a mail server's port", url: "https://registry.example.com:25/" },
  { what: "SSH's port", url: "https://registry.example.com:22/" },
  { what: "FTP", url: "ftp://127.0.0.1:{trap}/x" },
  { what: "a file", url: "file:///etc/passwd" },
  { what: "gopher", url: "gopher://127.0.0.1:{trap}/_x" },
  { what: "data", url: "data:application/json,{}" },
  { what: "a script", url: "javascript:alert(1)" },
  { what: "a blob of a private host's", url: "blob:http://127.0.0.1:{trap}/x" },
  { what: "a web socket", url: "ws://127.0.0.1:{trap}/x" },
];

/** A few of each kind, for ways in that take more than one request to try. */
export const HOSTILE_SAMPLE: readonly HostileAddress[] = HOSTILE_ADDRESSES.filter(({ what }) =>
  [
    ...[
      "loopback",
      "loopback without TLS",
      "loopback as a decimal number",
      "loopback in IPv6",
      "mapped IPv4",
      "NAT64",
      "10/8",
      "localhost",
    ],
    ...["metadata as a number", "Google's metadata by name", "a user before a private host", "a backslash for a slash", "no TLS", "FTP"],
    ...["SSH's port", "a file", "a final dot on a public name", "a scheme-relative address"],
  ].includes(what),
);

/** Hosts as they stand in references, and what refuses them: the request, or the job before it connects. */
export const HOSTILE_HOSTS: readonly [host: string, refusedAs: "invalid-request" | "address-refused"][] = [
  ["127.0.0.1:{trap}", "address-refused"],
  ["127.8.9.10:{trap}", "address-refused"],
  ["2130706433:{trap}", "address-refused"],
  ["0x7f000001:{trap}", "address-refused"],
  ["0177.0.0.01:{trap}", "address-refused"],
  ["0x7f.1:{trap}", "address-refused"],
  ["127.1:{trap}", "address-refused"],
  ["0:{trap}", "address-refused"],
  ["0.0.0.0:{trap}", "address-refused"],
  ["127.0.0.1.:{trap}", "invalid-request"],
  ["[::1]:{trap}", "address-refused"],
  ["[0:0:0:0:0:0:0:1]:{trap}", "address-refused"],
  ["[::]:{trap}", "address-refused"],
  ["[::ffff:127.0.0.1]:{trap}", "address-refused"],
  ["[::FFFF:7F00:1]:{trap}", "address-refused"],
  ["[64:ff9b::7f00:1]:{trap}", "address-refused"],
  ["[2002:7f00:1::]:{trap}", "address-refused"],
  ["[2001:0:7f00:1::1]:{trap}", "address-refused"],
  ["[fe80::1%25lo]:{trap}", "invalid-request"],
  ["[fe80::1]:{trap}", "address-refused"],
  ["localhost:{trap}", "address-refused"],
  ["LOCALHOST:{trap}", "address-refused"],
  ["localhost.:{trap}", "invalid-request"],
  ["a.localhost:{trap}", "address-refused"],
  ["registry:{trap}", "address-refused"],
  ["vault.internal", "address-refused"],
  ["printer.local", "address-refused"],
  ["metadata.google.internal", "address-refused"],
  ["metadata.goog", "address-refused"],
  ["169.254.169.254", "address-refused"],
  ["10.0.0.1", "address-refused"],
  ["192.168.0.1:5000", "address-refused"],
  ["168.63.129.16", "address-refused"],
  ["registry.example.com:25", "address-refused"],
  ["user:word@127.0.0.1:{trap}", "invalid-request"],
  ["http://127.0.0.1:{trap}", "invalid-request"],
  ["file:///etc/passwd", "invalid-request"],
  ["１２７.0.0.1:{trap}", "invalid-request"],
  ["127。0。0。1:{trap}", "invalid-request"],
  ["ⓛocalhost:{trap}", "invalid-request"],
];
