import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { resolveLocation, withDigest } from "../../../src/registry/location.ts";

const ASKED = "https://r.example/v2/a/b/blobs/uploads/";

describe("where an upload goes on", () => {
  it.each<[string, string, string, string]>([
    ["Q72: an absolute URL", ASKED, "https://r.example/v2/a/b/blobs/uploads/7", "https://r.example/v2/a/b/blobs/uploads/7"],
    ["Q72: an absolute path", ASKED, "/v2/a/b/blobs/uploads/7", "https://r.example/v2/a/b/blobs/uploads/7"],
    ["Q72: the last segment alone", ASKED, "7?_state=x", "https://r.example/v2/a/b/blobs/uploads/7?_state=x"],
    ["Q72: the query alone", `${ASKED}7`, "?_state=x", "https://r.example/v2/a/b/blobs/uploads/7?_state=x"],
    ["Q72: another path", ASKED, "/artifacts-uploads/namespaces/p/uploads/7", "https://r.example/artifacts-uploads/namespaces/p/uploads/7"],
    ["Q73: the query as it is", ASKED, "/u/7?_state=a%2Fb+c%3D&x=%20", "https://r.example/u/7?_state=a%2Fb+c%3D&x=%20"],
    ["Q74: plain HTTP behind a TLS proxy", ASKED, "http://r.example/v2/a/b/blobs/uploads/7", "https://r.example/v2/a/b/blobs/uploads/7"],
    ["Q74: plain HTTP and the port behind the proxy", ASKED, "http://r.example:5000/u/7", "https://r.example/u/7"],
    ["Q74: plain HTTP and the port lost", "https://r.example:8443/v2/a/", "http://r.example/u/7", "https://r.example:8443/u/7"],
    ["Q74: the port lost", "https://r.example:8443/v2/a/", "https://r.example/v2/a/7", "https://r.example:8443/v2/a/7"],
    ["Q74: the port lost, plain HTTP", "http://r.example:5000/v2/a/", "http://r.example/v2/a/7", "http://r.example:5000/v2/a/7"],
    ["another service of the same host", "https://r.example:8443/v2/a/", "https://r.example/store/7", "https://r.example/store/7"],
    ["another port of the same host", "https://r.example:8443/v2/a/", "https://r.example:9443/v2/a/7", "https://r.example:9443/v2/a/7"],
    ["the same host, now with TLS", "http://r.example:5000/v2/a/", "https://r.example/v2/a/7", "https://r.example/v2/a/7"],
    ["Q76: another host", ASKED, "https://s3.example/bucket/7?X-Sig=a%2Bb", "https://s3.example/bucket/7?X-Sig=a%2Bb"],
    ["Q50: another host without TLS is left to the transport to refuse", ASKED, "http://s3.example/7", "http://s3.example/7"],
    ["blanks around it", ASKED, "  /u/7 ", "https://r.example/u/7"],
  ])("%s", (_, asked, location, expected) => {
    expect(resolveLocation(location, new URL(asked))?.href).toBe(expected);
  });

  it.each([[null], [""], ["  "], ["https://"], ["http://[::1"]])("is nowhere for %j", (location) => {
    expect(resolveLocation(location, new URL(ASKED))).toBeUndefined();
  });
});

describe("Q73: the digest of a commit", () => {
  const digest = digestOf(new Uint8Array(0));

  it.each([
    ["https://r.example/u/7", `https://r.example/u/7?digest=${digest}`],
    ["https://r.example/u/7?", `https://r.example/u/7?digest=${digest}`],
    ["https://r.example/u/7?_state=a%2Fb+c%3D&y=1", `https://r.example/u/7?_state=a%2Fb+c%3D&y=1&digest=${digest}`],
    ["https://r.example/u/7?_state=a==", `https://r.example/u/7?_state=a==&digest=${digest}`],
    [`https://r.example/u/7?digest=${digest}&z=1`, `https://r.example/u/7?digest=${digest}&z=1`],
  ])("comes after the query of %s", (location, expected) => {
    expect(withDigest(new URL(location), digest).href).toBe(expected);
  });
});
