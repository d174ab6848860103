/** Quirks 1b: how tokens are asked for, and how long they are good. */
import { describe, expect, it } from "vitest";
import { TokenVault } from "../../src/jobs/hosts/token-vault.ts";
import { TokenCache } from "../../src/registry/token-cache.ts";
import type { SharedTokens } from "../../src/registry/token-source.ts";
import { blobOf } from "../support/memory-source.ts";
import {
  basicText,
  bearer,
  Client,
  type ClientOptions,
  CONTENT,
  failureOf,
  isSame,
  layer,
  MANIFEST,
  PASSWORD,
  seed,
  USER,
  withRegistry,
} from "./client.ts";

const login = { username: USER, password: PASSWORD };
const MIB = 1024 * 1024;

/** As the processes of a Worker share them, one request after the other. */
function sharedTokens(): SharedTokens {
  const vault = new TokenVault();
  return {
    take: async (key, marginMs, refused) => {
      const found = vault.take(key, marginMs, refused ?? null, Date.now());
      return found !== "get" && "issued" in found ? found.issued : undefined;
    },
    give: async (key, issued) => vault.give(key, issued ?? null),
  };
}

describe("a token", () => {
  it.each(["token", "access_token", "both"] as const)("Q14 comes as %s", async (field) => {
    await withRegistry(bearer({ field }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      await client.repository.resolve("1");
      expect(await client.requests()).toEqual(["HEAD 401", "HEAD 200"]);
    });
  });

  it("Q14 does not come: that is said, and nothing is sent as `Bearer undefined`", async () => {
    await withRegistry(bearer({ field: "neither" }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      const failure = await failureOf(client.repository.resolve("1"));
      expect(failure).toMatchObject({ code: "access-denied", retry: "never" });
      expect(failure.message).toContain("neither a token nor an access_token");
      expect(await client.requests()).toEqual(["HEAD 401"]);
    });
  });

  it.each<[string, Parameters<typeof bearer>[0]]>([
    ["Q15 without a lifetime", { expiresIn: "absent" }],
    ["Q15 with a lifetime of some seconds, is used for all requests of that time", { expiresIn: 5 }],
  ])("%s", async (_, options) => {
    await withRegistry(bearer(options), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      for (let request = 0; request < 4; request++) {
        await client.repository.resolve("1");
      }
      expect(await client.tokenRequests()).toHaveLength(1);
    });
  });

  it.each<[string, () => string, number]>([
    ["Q16 issued just now", () => new Date().toISOString(), 300],
    ["Q16 issued never", () => "0001-01-01T00:00:00Z", 300],
    ["Q16 issued in another year", () => "2040-01-01T00:00:00Z", 300],
    ["Q16 issued at no time that can be read", () => "soon", 300],
    ["Q16 issued some time ago, and kept by its server since", () => new Date(Date.now() - 180_000).toISOString(), 120],
  ])("%s, is good as long as its answer says", async (_, issuedAt, seconds) => {
    await withRegistry(bearer({ issuedAt: issuedAt() }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      await client.repository.resolve("1");
      client.elapse(seconds - 30);
      await client.repository.resolve("1");
      expect(await client.tokenRequests()).toHaveLength(1);
      client.elapse(60);
      await client.repository.resolve("1");
      expect(await client.tokenRequests()).toHaveLength(2);
    });
  });

  it("Q16, Q18 is renewed a little before it ends, sooner before a body", async () => {
    await withRegistry(bearer(), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      await client.repository.resolve("1");
      client.elapse(275);
      await client.repository.resolve("1");
      expect(await client.tokenRequests()).toHaveLength(1);
      await client.repository.putManifest(MANIFEST, "1");
      expect(await client.tokenRequests()).toHaveLength(2);
      client.elapse(295);
      await client.repository.resolve("1");
      expect(await client.tokenRequests()).toHaveLength(3);
    });
  });

  it("Q17 that allows less than was asked for is used; the refusal of the request is the answer", async () => {
    await withRegistry(bearer({ grants: [{ repository: "*", actions: ["pull"] }] }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      await client.repository.resolve("1");
      expect(await failureOf(client.repository.putManifest(MANIFEST, "2"))).toMatchObject({ code: "access-denied", retry: "never" });
      expect((await client.tokenRequests()).length).toBeLessThanOrEqual(2);
    });
  });

  it("Q18 that ends between two chunks is renewed, and the upload goes on where it was", async () => {
    await withRegistry(bearer(), async (registry) => {
      await registry.fail({ method: "PATCH", skip: 1, action: { hold: "ended" } });
      const client = new Client(registry, { credentials: login, settings: { upload: "chunked", chunkSize: 2 * MIB } });
      const content = layer(11);
      const placed = client.place(content);
      await registry.waitForRequests({ method: "PATCH" }, 2);
      await registry.expire("tokens");
      await registry.release("ended");
      await placed;
      expect(isSame(content, await registry.blob("acme/app", blobOf(content).digest))).toBe(true);
      expect(await client.tokenRequests()).toHaveLength(2);
      expect((await client.uploadRequests()).filter((request) => request === "POST 202")).toHaveLength(1);
    });
  });

  it("Q18 that ends before a body that can be sent only once: the body is opened anew", async () => {
    await withRegistry(bearer(), async (registry) => {
      await registry.fail({ method: "PUT", action: { hold: "ended" } });
      const client = new Client(registry, { credentials: login });
      const content = layer(12);
      const placed = client.place(content);
      await registry.waitForRequests({ method: "PUT" });
      await registry.expire("tokens");
      await registry.release("ended");
      await placed;
      expect(isSame(content, await registry.blob("acme/app", blobOf(content).digest))).toBe(true);
    });
  });

  it.each<[string, object]>([
    ["Q19 that is a page of HTML", { html200: true }],
    ["Q19 in an answer without an end", { status: 200, body: `{"token":"${"a".repeat(300_000)}"}` }],
  ])("%s is none: the failure says so, in few words", async (_, action) => {
    await withRegistry(bearer(), async (registry) => {
      await registry.fail({ server: "token", times: "always", action });
      const failure = await failureOf(new Client(registry, { credentials: login }).repository.resolve("1"));
      expect(failure).toMatchObject({ code: "access-denied", retry: "never" });
      expect(failure.message.length).toBeLessThan(400);
    });
  });
});

describe("a refresh token", () => {
  const credentials = { username: USER, identityToken: "refresh me" };

  it("Q20 goes by POST, as a form", async () => {
    await withRegistry(bearer({ identityToken: "refresh me" }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials });
      await client.repository.resolve("1");
      expect(await client.tokenRequests()).toMatchObject([{ method: "POST", status: 200, login: undefined }]);
    });
  });

  it("Q20 may stand as the password of the user <token>", async () => {
    await withRegistry(bearer({ identityToken: "refresh me" }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: { username: "<token>", password: "refresh me" } });
      await client.repository.resolve("1");
      expect(await client.tokenRequests()).toMatchObject([{ method: "POST", status: 200 }]);
    });
  });

  it("Q20 is not made of a password: that goes by GET alone", async () => {
    await withRegistry(bearer(), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      await client.repository.resolve("1");
      expect(await client.tokenRequests()).toMatchObject([{ method: "GET", status: 200, login: "Basic" }]);
    });
  });

  it.each([404, 405] as const)("Q21 goes by GET where POST is a %i", async (post) => {
    await withRegistry(bearer({ post, password: "refresh me" }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials });
      await client.repository.resolve("1");
      expect(await client.tokenRequests()).toMatchObject([
        { method: "POST", status: post },
        { method: "GET", status: 200, login: "Basic" },
      ]);
    });
  });

  it("Q22 is not asked for", async () => {
    await withRegistry(bearer(), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      await client.repository.resolve("1");
      expect((await client.tokenRequests()).map(({ query }) => query.has("offline_token"))).toEqual([false]);
    });
  });
});

describe("whose token", () => {
  it("Q23 a registry token is sent as it is, and exchanged for nothing", async () => {
    await withRegistry(bearer(), async (registry) => {
      await seed(registry);
      const url = `http://${registry.tokenHost}/token?service=fake-registry&scope=repository:acme/app:pull`;
      const answer = await fetch(url, { headers: { authorization: basicText(USER, PASSWORD) } });
      const { token } = (await answer.json()) as { token: string };
      await registry.clearRequests();
      const client = new Client(registry, { credentials: { registryToken: token } });
      await client.repository.resolve("1");
      expect(await client.requests()).toEqual(["HEAD 200"]);
      expect(await client.tokenRequests()).toEqual([]);
    });
  });

  it("Q24 a token is for one repository's scopes, and is not sent for another's", async () => {
    await withRegistry(bearer(), async (registry) => {
      await seed(registry);
      await seed(registry, "acme/other");
      const client = new Client(registry, { credentials: login, as: "source" });
      for (const repository of [client.repository, client.open("acme/other"), client.repository, client.open("acme/other")]) {
        await repository.resolve("1");
      }
      expect((await client.tokenRequests()).map(({ scopes }) => scopes)).toEqual([
        ["repository:acme/app:pull"],
        ["repository:acme/other:pull"],
      ]);
      expect((await client.requests()).filter((request) => request.endsWith("401"))).toHaveLength(1);
    });
  });

  it.each<[string, Pick<ClientOptions, "tokens" | "shared">]>([
    ["in one process", { tokens: new TokenCache() }],
    ["in several, which share their tokens", { shared: sharedTokens() }],
  ])("Q24 a token is for one user, and is not sent for another or for nobody: %s", async (_, common) => {
    await withRegistry(bearer(), async (registry) => {
      await seed(registry);
      const as = (credentials?: ClientOptions["credentials"]) => new Client(registry, { ...common, ...(credentials && { credentials }) });
      await as({ id: "one", ...login }).repository.resolve("1");
      for (const other of [as({ id: "two", username: "other", password: "wrong" }), as()]) {
        expect(await failureOf(other.repository.resolve("1"))).toMatchObject({ code: "access-denied" });
      }
      await as({ id: "one", ...login }).repository.resolve("1");
      expect((await as().tokenRequests()).map(({ status, login: scheme }) => [status, scheme])).toEqual([
        [200, "Basic"],
        [401, "Basic"],
        [200, undefined],
      ]);
    });
  });

  it("Q25 nobody's, where there are no credentials: the token server is asked without any", async () => {
    await withRegistry(bearer({ anonymous: [{ repository: "*", actions: ["pull"] }] }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { as: "source" });
      const { stream } = await client.repository.openBlob(blobOf(CONTENT), 0);
      await stream.cancel();
      expect(await client.tokenRequests()).toMatchObject([{ method: "GET", status: 200, login: undefined }]);
    });
  });

  it("Q25 nobody's is not taken instead of a user's that was refused", async () => {
    await withRegistry(bearer({ anonymous: [{ repository: "*", actions: ["pull", "push"] }] }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: { username: USER, password: "wrong" } });
      expect(await failureOf(client.repository.putManifest(MANIFEST, "2"))).toMatchObject({ code: "access-denied", retry: "never" });
      expect(await client.tokenRequests()).toMatchObject([{ status: 401, login: "Basic" }]);
    });
  });
});
