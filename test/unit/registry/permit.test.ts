import { describe, expect, test } from "vitest";
import type { Permits } from "../../../src/net/address.ts";
import type { CopyError } from "../../../src/oci/errors.ts";
import { assertPermitted, hostPermit, realmPermit } from "../../../src/registry/permit.ts";
import type { Endpoint } from "../../../src/registry/request.ts";

const NONE = { http: false, private: false };
const ALL = { http: true, private: true };

function permits(table: Record<string, { http: boolean; private: boolean }>): Permits {
  return (host) => table[host] ?? NONE;
}

function endpoint(registry: string, base = `https://${registry}`): Endpoint {
  return { registry, base: new URL(base), side: "source" };
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as CopyError).failure.code;
  }
}

describe("hosts", () => {
  test("have the rights of their own entries", () => {
    const table = permits({ "registry.internal:5000": ALL });
    const own = endpoint("registry.internal:5000", "http://registry.internal:5000");
    expect(hostPermit(new URL("http://registry.internal:5000/v2/"), own, table)).toEqual(ALL);
    expect(hostPermit(new URL("http://registry.internal:5001/v2/"), own, table)).toEqual(NONE);
    expect(hostPermit(new URL("http://other.internal/"), own, table)).toEqual(NONE);
  });

  test("lend no rights to a registry that has none, and take none from it", () => {
    const table = permits({ "registry.internal:5000": ALL, "storage.internal": { http: false, private: true } });
    const storage = new URL("https://storage.internal/x");
    const own = endpoint("registry.internal:5000", "http://registry.internal:5000");
    expect(hostPermit(storage, own, table)).toEqual({ http: false, private: true });
    expect(hostPermit(storage, endpoint("registry.test"), table)).toEqual(NONE);
    expect(hostPermit(new URL("http://10.0.0.1/"), own, table)).toEqual(NONE);
  });

  test("a configured endpoint has the rights of its registry", () => {
    const table = permits({ "registry.test": ALL });
    expect(hostPermit(new URL("http://10.0.0.5:5000/v2/"), endpoint("registry.test", "http://10.0.0.5:5000"), table)).toEqual(ALL);
  });

  test("a registry named with its scheme's own port has its entry's rights", () => {
    const table = permits({ "registry.internal:443": { http: false, private: true } });
    expect(hostPermit(new URL("https://registry.internal/v2/"), endpoint("registry.internal:443"), table)).toEqual({
      http: false,
      private: true,
    });
  });
});

describe("Q48: realms", () => {
  const HUB = endpoint("docker.io", "https://registry-1.docker.io");
  const realm = (url: string, own: Endpoint, table: Record<string, { http: boolean; private: boolean }> = {}, realms?: string[]) =>
    codeOf(() => assertPermitted(new URL(url), realmPermit(new URL(url), own.base, own, permits(table), realms), own));
  const INTERNAL = endpoint("registry.internal:5000", "http://registry.internal:5000");
  const RIGHTS = { "registry.internal:5000": ALL };

  test.each<[string, string, Endpoint, Record<string, { http: boolean; private: boolean }>, string[] | undefined, string | undefined]>([
    ["a public host", "https://auth.docker.io/token", HUB, {}, undefined, undefined],
    ["Q39: another host of the same owner", "https://gitlab.test/jwt/auth", endpoint("registry.gitlab.test"), {}, undefined, undefined],
    ["plain HTTP", "http://auth.docker.io/token", HUB, {}, undefined, "address-refused"],
    ["a metadata address", "http://169.254.169.254/latest", HUB, {}, undefined, "address-refused"],
    ["a private address", "https://10.0.0.1/token", HUB, {}, undefined, "address-refused"],
    ["a loopback name", "https://localhost/token", HUB, {}, undefined, "address-refused"],
    ["a user in the URL", "https://u:p@auth.docker.io/token", HUB, {}, undefined, "address-refused"],
    ["another scheme", "file:///etc/passwd", HUB, {}, undefined, "address-refused"],
    ["the private registry itself", "http://registry.internal:5000/token", INTERNAL, RIGHTS, undefined, undefined],
    ["another port of the private registry", "http://registry.internal:5001/token", INTERNAL, RIGHTS, undefined, "address-refused"],
    ["another private registry", "http://auth.internal/token", INTERNAL, { ...RIGHTS, "auth.internal": ALL }, undefined, "address-refused"],
    ["a private registry, for a public one", "https://auth.internal/token", HUB, { "auth.internal": ALL }, undefined, "address-refused"],
    ["a private host among the realms", "http://auth.internal/token", INTERNAL, RIGHTS, ["auth.internal"], undefined],
    ["a private host among the realms, by its port", "http://auth.internal/token", INTERNAL, RIGHTS, ["auth.internal:80"], undefined],
    ["a private host among the realms, in another case", "http://auth.internal/token", INTERNAL, RIGHTS, ["Auth.Internal"], undefined],
    ["another port than among the realms", "http://auth.internal:8080/token", INTERNAL, RIGHTS, ["auth.internal"], "address-refused"],
    ["among the realms of a registry without rights", "http://auth.internal/token", HUB, {}, ["auth.internal"], "address-refused"],
    ["the registry itself, with realms", "https://registry-1.docker.io/token", HUB, {}, ["auth.docker.io"], undefined],
    ["a public host that is not among the realms", "https://evil.test/token", HUB, {}, ["auth.docker.io"], "address-refused"],
    ["a public host, with no realms allowed", "https://auth.docker.io/token", HUB, {}, [], "address-refused"],
  ])("%s", (_, url, own, table, realms, expected) => {
    expect(realm(url, own, table, realms)).toBe(expected);
  });
});
