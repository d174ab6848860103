import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AddressRefusal, AddressRefused, checkAddress, type HostPermit, outsideUrl } from "../../../src/net/address.ts";

const NOTHING: HostPermit = { http: false, private: false };

/** Why the address is refused, or "taken". */
function verdict(url: string, permit: HostPermit): AddressRefusal | "taken" {
  try {
    checkAddress(new URL(url), permit);
    return "taken";
  } catch (error) {
    expect(error).toBeInstanceOf(AddressRefused);
    return (error as AddressRefused).reason;
  }
}

describe("checkAddress by scheme and permit", () => {
  it.each<[string, Partial<HostPermit>, AddressRefusal | "taken"]>([
    ["https://registry-1.docker.io/v2/", {}, "taken"],
    ["https://ghcr.io:8443/v2/", {}, "taken"],
    ["https://ghcr.io/v2/?a=b#c", {}, "taken"],
    ["http://ghcr.io/", {}, "plain-http"],
    ["http://ghcr.io/", { private: true }, "plain-http"],
    ["http://ghcr.io/", { http: true }, "taken"],
    ["http://10.0.0.1/", { http: true }, "private"],
    ["https://10.0.0.1/", { private: true }, "taken"],
    ["http://localhost:5000/", { http: true, private: true }, "taken"],
    ["http://[::1]:5000/", { http: true, private: true }, "taken"],
    ["ftp://ghcr.io/", { http: true, private: true }, "scheme"],
    ["file:///etc/passwd", { http: true, private: true }, "scheme"],
    ["data:text/plain,x", { http: true, private: true }, "scheme"],
    ["javascript:alert(1)", {}, "scheme"],
    ["blob:https://ghcr.io/x", {}, "scheme"],
    ["https://user@ghcr.io/", { private: true }, "userinfo"],
    ["https://:secret@ghcr.io/", {}, "userinfo"],
    ["https://user:secret@10.0.0.1/", {}, "userinfo"],
    ["https://ghcr.io\\@10.0.0.1/", {}, "taken"],
  ])("%s with %j: %s", (url, permit, expected) => {
    expect(verdict(url, { ...NOTHING, ...permit })).toBe(expected);
  });
});

describe("checkAddress by port", () => {
  /** The bad ports of the Fetch standard. */
  const OTHERS = [
    ...[
      0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115,
    ],
    ...[117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587],
    ...[601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669],
    ...[6679, 6697, 10080],
  ];
  const refused = (permit: HostPermit) =>
    Array.from({ length: 65_536 }, (_, port) => port).filter((port) => verdict(`https://registry.example.com:${port}/`, permit) === "port");

  it("refuses those of other protocols, and no more", () => {
    expect(refused(NOTHING)).toEqual(OTHERS);
  });

  it("takes any of the operator's own hosts", () => {
    expect(refused({ http: false, private: true })).toEqual([]);
  });
});

describe("outsideUrl", () => {
  const permits = (host: string) => ({ http: host === "plain.example.com", private: host === "10.0.0.1:8080" });
  const reason = (text: string, base?: URL) => {
    try {
      return outsideUrl(text, permits, base).href;
    } catch (error) {
      expect(error).toBeInstanceOf(AddressRefused);
      expect((error as AddressRefused).message).not.toContain("hunter2");
      return (error as AddressRefused).reason;
    }
  };

  it.each([
    ["https://hooks.example.com/x?a=b", "https://hooks.example.com/x?a=b"],
    ["http://plain.example.com/", "http://plain.example.com/"],
    ["https://10.0.0.1:8080/", "https://10.0.0.1:8080/"],
    ["https://10.0.0.1/", "private"],
    ["http://10.0.0.1:8080/", "plain-http"],
    ["hunter2", "syntax"],
    ["", "syntax"],
    ["//ghcr.io/hunter2", "syntax"],
    ["https://[fe80::1%25eth0]/hunter2", "syntax"],
    ["https://ghcr.io\\@10.0.0.1:8080/hunter2", "syntax"],
    [" https://ghcr.io/hunter2", "syntax"],
    ["https://ghcr.io/\r\nhost: hunter2", "syntax"],
    ["ht\ttps://ghcr.io/hunter2", "syntax"],
    ["https://gh\u0000cr.io/hunter2", "syntax"],
    ["https://user:hunter2@ghcr.io/", "userinfo"],
  ])("%j: %s", (text, expected) => {
    expect(reason(text)).toBe(expected);
  });

  it("is relative to a base where there is one", () => {
    expect(reason("/x", new URL("https://ghcr.io/y"))).toBe("https://ghcr.io/x");
    expect(reason("//localhost/x", new URL("https://ghcr.io/y"))).toBe("private");
  });
});

describe("checkAddress takes public hosts", () => {
  it.each([
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "192.0.1.0",
    "192.0.3.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "[2606:4700::1111]",
    "[2a00:1450:4001:81b::200e]",
    "[2001:200::1]",
    "[2001:db9::1]",
    "[2003::1]",
    "[3fff:1000::1]",
    "[::ffff:1.1.1.1]",
    "example.com",
    "a.b.c.example",
    "local.example.com",
    "localhost.example.com",
    "mylocalhost.com",
    "notinternal.io",
    "10.0.0.1.nip.io",
    "xn--bcher-kva.example",
  ])("%s", (host) => {
    expect(verdict(`https://${host}/`, NOTHING)).toBe("taken");
  });
});

describe("checkAddress refuses what is not on the public internet", () => {
  it.each([
    ["this network", ["0.0.0.0", "0.1.2.3", "[::]"]],
    ["loopback", ["127.0.0.1", "127.255.255.255", "[::1]"]],
    ["private", ["10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"]],
    ["shared (RFC 6598), a metadata service among it", ["100.64.0.0", "100.127.255.255", "100.100.100.200"]],
    ["link-local and metadata", ["169.254.0.1", "169.254.169.254", "169.254.170.2", "[fe80::1]", "[febf::1]"]],
    ["metadata by a public name", ["metadata.goog", "instance-data.amazonaws.com"]],
    ["metadata elsewhere", ["168.63.129.16", "192.0.0.192", "[fd00:ec2::254]", "metadata.google.internal", "instance-data.ec2.internal"]],
    ["unique local and site-local", ["[fc00::1]", "[fdff::1]", "[fec0::1]"]],
    ["multicast", ["224.0.0.1", "239.255.255.255", "[ff02::1]"]],
    ["broadcast and reserved", ["255.255.255.255", "240.0.0.1", "254.255.255.255"]],
    ["documentation and tests", ["192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "198.19.255.255", "[2001:db8::1]", "[3fff::1]"]],
    [
      "special purpose",
      ["192.0.0.1", "192.0.0.255", "192.88.99.1", "[100::1]", "[2001:2::1]", "[2001:20::1]", "[2001:1ff::1]", "[5f00::1]"],
    ],
    [
      "relays, blackholes, ORCHIDs and drones",
      [
        ...["192.31.196.1", "192.52.193.1", "192.175.48.1"],
        ...["[2001:3::1]", "[2001:4:112::1]", "[2620:4f:8000::1]", "[2001:10::1]", "[2001:30::1]"],
      ],
    ],
    ["IPv4 mapped", ["[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[::ffff:10.0.0.1]", "[::ffff:168.63.129.16]", "[::ffff:0.0.0.0]"]],
    ["IPv4 compatible and translated", ["[::127.0.0.1]", "[::a00:1]", "[::1.1.1.1]", "[::ffff:0:127.0.0.1]"]],
    [
      "IPv4 in 6to4, NAT64 and Teredo, whatever it is",
      ["[2002:7f00:1::]", "[2002:101:101::]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]", "[2001:0:1::1]"],
    ],
    ["not assigned", ["[4000::1]", "[8000::1]", "[e000::1]", "[1::1]"]],
    ["names of this machine", ["localhost", "LOCALHOST", "a.localhost", "localhost.localdomain"]],
    [
      "names of this network",
      [
        ...["registry", "printer.local", "registry.internal", "nas.home.arpa", "nas.lan", "app.intranet", "db.corp", "api.default.svc"],
        ...["vault.private", "x2y.onion", "nas.home", "smtp.mail", "registry.service.consul"],
      ],
    ],
    ["final dots", ["localhost.", "a.localhost.", "registry.internal.", "ghcr.io.", "ghcr.io..", "registry."]],
  ])("%s", (_, hosts) => {
    for (const host of hosts) {
      expect([host, verdict(`https://${host}/`, NOTHING), verdict(`https://${host}/`, { http: false, private: true })]).toEqual([
        host,
        "private",
        "taken",
      ]);
    }
  });

  it.each([
    ["a decimal number", "2130706433", "127.0.0.1"],
    ["a hexadecimal number", "0x7f000001", "127.0.0.1"],
    ["octal parts", "0177.0.0.01", "127.0.0.1"],
    ["hexadecimal parts", "0x7f.0x0.0x0.0x1", "127.0.0.1"],
    ["too few parts", "127.1", "127.0.0.1"],
    ["too few parts, the last one large", "10.65537", "10.1.0.1"],
    ["a final dot", "127.0.0.1.", "127.0.0.1"],
    ["mixed forms", "0xa9.0376.43518", "169.254.169.254"],
    ["a number of the metadata address", "2852039166", "169.254.169.254"],
    ["zero alone", "0", "0.0.0.0"],
    ["full-width digits", "１２７.０.０.１", "127.0.0.1"],
    ["ideographic dots", "127。0。0。1", "127.0.0.1"],
    ["percent-encoding", "%31%32%37.0.0.1", "127.0.0.1"],
    ["circled letters", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "localhost"],
    ["a soft hyphen", "local\u00adhost", "localhost"],
    ["a long IPv6 form", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::1]"],
    ["upper case in IPv6", "[FD00::1]", "[fd00::1]"],
  ])("written as %s: the URL parser has brought it to its one form", (_, host, expected) => {
    expect(new URL(`https://${host}/`).hostname).toBe(expected);
    expect(verdict(`https://${host}/`, NOTHING)).toBe("private");
  });

  it("every address of a private network, in every spelling", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 24 - 1), fc.constantFrom("decimal", "hexadecimal", "mapped", "6to4"), (low, spelling) => {
        const address = 10 * 2 ** 24 + low;
        const words = `${Math.floor(address / 65_536).toString(16)}:${(address % 65_536).toString(16)}`;
        const hosts = {
          decimal: String(address),
          hexadecimal: `0x${address.toString(16)}`,
          mapped: `[::ffff:${words}]`,
          "6to4": `[2002:${words}::1]`,
        };
        expect(verdict(`https://${hosts[spelling as keyof typeof hosts]}/`, NOTHING)).toBe("private");
      }),
    );
  });
});

describe("the refusal's message", () => {
  it.each([
    "https://user:hunter2@ghcr.io/x?token=hunter2",
    "http://ghcr.io/hunter2?hunter2",
    "https://10.0.0.1/hunter2#hunter2",
    "gopher://x/hunter2",
  ])("of %s has no secret in it", (url) => {
    expect(() => checkAddress(new URL(url), NOTHING)).toThrow(AddressRefused);
    expect(() => checkAddress(new URL(url), NOTHING)).not.toThrow(/hunter2/);
  });

  it("is the only thing thrown for any URL", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl({ size: "small", withQueryParameters: true }),
          fc.ipV6().map((ip) => `https://[${ip}]/`),
          fc.ipV4Extended().map((ip) => `http://${ip}`),
        ),
        (url) => {
          fc.pre(URL.canParse(url));
          verdict(url, NOTHING);
        },
      ),
    );
  });
});
