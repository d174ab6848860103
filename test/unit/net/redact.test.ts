import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redactUrl } from "../../../src/net/redact.ts";

describe("redactUrl", () => {
  it.each([
    ["https://ghcr.io/v2/a/manifests/1", "https://ghcr.io/v2/a/manifests/1"],
    ["https://user:secret@ghcr.io:8443/v2/?token=secret#secret", "https://ghcr.io:8443/v2/"],
    ["https://user@ghcr.io", "https://ghcr.io/"],
    ["http://[::1]:5000/v2/?x", "http://[::1]:5000/v2/"],
    ["/v2/a/blobs/uploads/1?_state=secret", "/v2/a/blobs/uploads/1"],
    ["uploads/1#secret", "uploads/1"],
    ["//user:secret@host/x", "(invalid URL)"],
    ["http://user:secret@bad host/", "(invalid URL)"],
    ["data:text/plain,secret", "data:(opaque)"],
    ["user:secret@ghcr.io/x", "user:(opaque)"],
    ["", ""],
  ])("of %s is %s", (url, expected) => {
    expect(redactUrl(url)).toBe(expected);
  });

  it("takes a URL as an object", () => {
    expect(redactUrl(new URL("https://a:b@c.example/d?e"))).toBe("https://c.example/d");
  });

  it("never throws and keeps neither query nor user name, for any text", () => {
    const text = fc.oneof(
      fc.string(),
      fc.webUrl({ size: "small", withQueryParameters: true, withFragments: true, authoritySettings: { withUserInfo: true } }),
    );
    fc.assert(
      fc.property(text, (url) => {
        expect(redactUrl(url)).not.toMatch(/[?#]|^[a-z]+:\/\/[^/]*@/);
      }),
    );
  });
});
