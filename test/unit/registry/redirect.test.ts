import { describe, expect, test } from "vitest";
import type { CopyError } from "../../../src/oci/errors.ts";
import { redirectTarget } from "../../../src/registry/redirect.ts";
import type { RegistryRequest } from "../../../src/registry/request.ts";
import { ENDPOINT } from "./scripted-wire.ts";

const FROM = new URL("https://registry.test/v2/a/blobs/x?y=z");

function target(status: number, location: string | null, method: RegistryRequest["method"] = "GET", from = FROM): string | undefined {
  const response = new Response(null, { status, headers: location === null ? {} : { location } });
  return redirectTarget(response, from, method, ENDPOINT)?.href;
}

function failure(status: number, location: string | null) {
  try {
    target(status, location);
  } catch (error) {
    return (error as CopyError).failure;
  }
  return undefined;
}

test.each([
  ["absolute", "https://cdn.test/blob?sig=1%2F2", "https://cdn.test/blob?sig=1%2F2"],
  ["of an absolute path", "/blob?a=b", "https://registry.test/blob?a=b"],
  ["relative", "../blob", "https://registry.test/v2/a/blob"],
  ["without a scheme", "//cdn.test/blob", "https://cdn.test/blob"],
  ["with a fragment", "https://cdn.test/blob#f", "https://cdn.test/blob"],
])("Q56: a Location may be %s", (_, location, expected) => {
  expect(target(307, location)).toBe(expected);
});

describe("Q56: what is followed", () => {
  const statuses = [200, 300, 301, 302, 303, 304, 305, 307, 308, 401];
  test.each<[RegistryRequest["method"], number[]]>([
    ["GET", [301, 302, 303, 307, 308]],
    ["HEAD", [301, 302, 303, 307, 308]],
    ["POST", [301, 302, 307, 308]],
    ["PUT", [307, 308]],
    ["PATCH", [307, 308]],
    ["DELETE", [307, 308]],
  ])("by %s", (method, followed) => {
    expect(statuses.filter((status) => target(status, "/x", method) !== undefined)).toEqual(followed);
  });
});

test("Q56: without a Location, or with none that is a URL, it is a failure", () => {
  for (const location of [null, "", "  ", "https://"]) {
    expect(failure(302, location)).toMatchObject({
      code: "registry-unavailable",
      retry: "never",
      side: "destination",
      registry: "registry.test",
    });
  }
});

test("Q53: TLS is not dropped", () => {
  const refused = failure(307, "http://cdn.test/blob?sig=hunter2");
  expect(refused).toMatchObject({ code: "address-refused", retry: "never" });
  expect(refused?.message).not.toContain("hunter2");
  expect(target(307, "http://cdn.test/blob", "GET", new URL("http://registry.test/"))).toBe("http://cdn.test/blob");
});
