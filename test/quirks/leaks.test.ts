/** Quirks 1f: where a registry may lead a client, and what it must not take along. The table of hostile addresses is another suite. */
import { describe, expect, it } from "vitest";
import type { Permits } from "../../src/net/address.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";
import { BLOB, bearer, Client, failureOf, layer, PASSWORD, seed, USER, withRegistry } from "./client.ts";

const credentials = { username: USER, password: PASSWORD };

/** Only the registry itself may be reached at its private address. */
const only =
  ({ host }: RemoteRegistry): Permits =>
  (asked) => ({ http: asked === host, private: asked === host });

describe("a login", () => {
  it.each([
    "http://169.254.169.254/latest/meta-data/",
    "https://10.1.2.3/token",
    "https://[fd00::1]/token",
    "https://user:pass@token.example/",
  ])("Q48 is not taken to the realm %s", async (realm) => {
    await withRegistry(bearer({ challenge: `Bearer realm="${realm}",service="{service}"` }), async (registry) => {
      // With "realms" it would be refused for its host already.
      const client = new Client(registry, { credentials, permits: only(registry), realms: "any" });
      expect(await failureOf(client.repository.resolve("1"))).toMatchObject({ code: "address-refused", retry: "never" });
    });
  });

  it("Q49 does not follow a token server's redirect to another host", async () => {
    await withRegistry(bearer(), async (registry) => {
      await seed(registry);
      const action = { redirectTo: `http://${registry.storageHost}{path}`, redirectStatus: 302 };
      await registry.fail({ server: "token", times: "always", action });
      const client = new Client(registry, { credentials });
      await failureOf(client.repository.resolve("1"));
      const there = await registry.requests({ server: "storage" });
      expect(there.length).toBeGreaterThan(0);
      expect(there.filter(({ headers }) => "authorization" in headers)).toEqual([]);
    });
  });

  it("Q49 is kept from a private address behind the token server", async () => {
    await withRegistry(bearer(), async (registry) => {
      await registry.fail({ server: "token", times: "always", action: { redirectTo: `http://${registry.storageHost}/token` } });
      const client = new Client(registry, { credentials, realms: [registry.tokenHost], permits: only(registry) });
      expect(await failureOf(client.repository.resolve("1"))).toMatchObject({ code: "address-refused" });
      expect(await registry.requests({ server: "storage" })).toEqual([]);
    });
  });
});

describe("an upload", () => {
  it("Q50, Q76 goes to another host without the login, in a body of known length", async () => {
    const auth = { kind: "basic", user: USER, password: PASSWORD } as const;
    await withRegistry({ auth, quirks: { uploadLocation: "other-host", lengthRequired: 411 } }, async (registry) => {
      await new Client(registry, { credentials }).place(layer(31));
      const [put] = await registry.requests({ server: "storage", method: "PUT" });
      expect(put).toMatchObject({ status: 201, headers: { "content-length": String(layer(31).byteLength) } });
      expect(put?.headers.authorization).toBeUndefined();
    });
  });

  it("Q50, Q76 goes to another host without the login in chunks as well, when that is known", async () => {
    const auth = { kind: "basic", user: USER, password: PASSWORD } as const;
    await withRegistry({ auth, quirks: { uploadLocation: "other-host" } }, async (registry) => {
      const settings = { upload: "chunked", chunkSize: 2 * 1024 * 1024 } as const;
      await new Client(registry, { credentials, settings }).place(layer(33));
      const there = await registry.requests({ server: "storage" });
      expect(there.map(({ method, status, headers }) => [method, status, headers.authorization])).toEqual([
        ["PATCH", 202, undefined],
        ["PATCH", 202, undefined],
        ["PATCH", 202, undefined],
        ["PUT", 201, undefined],
      ]);
    });
  });

  it.each([
    ["a private address", "https://10.0.0.1/upload"],
    ["plain HTTP elsewhere", "http://storage.example/upload"],
  ])("Q50 does not go to %s", async (_, location) => {
    await withRegistry({}, async (registry) => {
      await registry.fail({ method: "POST", times: "always", action: { status: 202, headers: { location } } });
      const client = new Client(registry, { credentials, permits: only(registry) });
      expect(await failureOf(client.place(layer(32)))).toMatchObject({ code: "address-refused", side: "destination" });
    });
  });
});

describe("a read", () => {
  it("Q53 is not led from TLS to plain HTTP, even where that is allowed", async () => {
    await withRegistry({ quirks: { blobRedirect: { status: 307 } } }, async (registry) => {
      await seed(registry);
      const client = new Client(registry, { as: "source", settings: { http: false } });
      expect(await failureOf(client.repository.openBlob(BLOB, 0))).toMatchObject({ code: "address-refused", retry: "never" });
      expect(await client.requests()).toEqual(["GET 307"]);
      expect(await registry.requests({ server: "storage" })).toEqual([]);
    });
  });

  it.each(["http://169.254.169.254/blob", "https://10.0.0.1/blob", "https://user:pass@cdn.example/blob"])(
    "Q48, Q53 is not led to %s",
    async (redirectTo) => {
      await withRegistry({}, async (registry) => {
        await seed(registry);
        await registry.fail({ method: "GET", path: "blobs", times: "always", action: { redirectTo } });
        const client = new Client(registry, { credentials, as: "source", permits: only(registry) });
        expect(await failureOf(client.repository.openBlob(BLOB, 0))).toMatchObject({ code: "address-refused", side: "source" });
      });
    },
  );
});
