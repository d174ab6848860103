/** Quirks 1c and 1d: what a copy's tokens have to allow, and who may log in how. */
import { describe, expect, it } from "vitest";
import { blobOf } from "../support/memory-source.ts";
import { bearer, Client, failureOf, layer, MANIFEST, PASSWORD, seed, USER, withRegistry } from "./client.ts";

const login = { username: USER, password: PASSWORD };

/** A challenge that leaves the scope to the client. */
const challenge = 'Bearer realm="{realm}",service="{service}"';

describe("the scopes of a copy", () => {
  it("Q26 a destination's one token allows to look and to write", async () => {
    await withRegistry(bearer({ challenge }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      expect(await client.repository.headManifest("2")).toBeUndefined();
      await client.repository.putManifest(MANIFEST, "2");
      expect((await client.tokenRequests()).map(({ scopes }) => scopes)).toEqual([["repository:acme/app:pull,push"]]);
      expect(await client.requests()).toEqual(["HEAD 401", "HEAD 404", "PUT 201"]);
    });
  });

  it.each(["first", "last-per-repository", "all"] as const)("Q27, Q28, Q29 a mount works where of its scopes count: %s", async (scopes) => {
    const content = layer(21);
    await withRegistry(bearer({ scopes }), async (registry) => {
      await registry.putBlob("acme/base", content);
      const client = new Client(registry, { credentials: login });
      const placement = await client.place(content, undefined, "acme/base");
      // Where the second scope is not granted, the layer is sent after all.
      expect(placement).toBe(scopes === "first" ? "copied" : "mounted");
      const all = (await client.tokenRequests()).flatMap(({ scopes: asked }) => [asked]);
      expect(all.every(([first]) => first === "repository:acme/app:pull,push")).toBe(true);
      expect(all.every((asked) => new Set(asked.map((scope) => scope.split(":")[1])).size === asked.length)).toBe(true);
    });
  });

  it("Q29 the mount's token names the other repository from the start", async () => {
    const content = layer(22);
    await withRegistry(bearer({ challenge }), async (registry) => {
      await registry.putBlob("acme/base", content);
      const client = new Client(registry, { credentials: login });
      expect(await client.place(content, undefined, "acme/base")).toBe("mounted");
      expect((await client.tokenRequests()).map(({ scopes }) => scopes)).toEqual([
        ["repository:acme/app:pull,push", "repository:acme/base:pull"],
      ]);
    });
  });

  it("Q28 a mount that is denied for its scopes is sent instead, with a token for the destination alone", async () => {
    const content = layer(23);
    const grants = [{ repository: "acme/app", actions: ["pull", "push"] }];
    await withRegistry(bearer({ grants }), async (registry) => {
      await registry.putBlob("acme/base", content);
      const client = new Client(registry, { credentials: login });
      expect(await client.place(content, undefined, "acme/base")).toBe("copied");
    });
  });

  it("Q28 a mount whose token is refused is sent instead, with a token for the destination alone", async () => {
    const content = layer(25);
    await withRegistry(bearer(), async (registry) => {
      await registry.putBlob("acme/base", content);
      await registry.fail({
        server: "token",
        path: "base",
        times: "always",
        action: { status: 403, body: { errors: [{ code: "DENIED" }] } },
      });
      const client = new Client(registry, { credentials: login });
      expect(await client.place(content, undefined, "acme/base")).toBe("copied");
      expect((await client.tokenRequests()).map(({ status }) => status).sort()).toEqual([200, 403]);
    });
  });

  it("Q31 nobody but a cancelled upload asks for `delete`, and that it is not granted fails nothing", async () => {
    const grants = [{ repository: "*", actions: ["pull", "push"] }];
    await withRegistry(bearer({ grants }), async (registry) => {
      const client = new Client(registry, { credentials: login });
      const upload = await client.repository.startUpload(blobOf(layer(24)));
      await upload.cancel();
      await client.place(layer(24));
      const asked = (await client.tokenRequests()).flatMap(({ scopes }) => scopes);
      expect(asked[0]).toBe("repository:acme/app:pull,push");
      expect(await client.uploadRequests()).toContain("DELETE 401");
      // Nor later, for a token in place of the first one.
      client.elapse(3600);
      await client.repository.headManifest("1");
      expect((await client.tokenRequests()).at(-1)?.scopes).toEqual(["repository:acme/app:pull,push"]);
      const puts = await registry.requests({ method: "PUT" });
      expect(puts.map(({ status }) => status)).toEqual([201]);
    });
  });
});

describe("who may log in", () => {
  it("Q32, Q140 a repository that is missing or private is refused, never not found: the failure says both", async () => {
    await withRegistry(bearer({ anonymous: [] }), async (registry) => {
      const failure = await failureOf(new Client(registry, { as: "source" }).repository.resolve("1"));
      expect(failure).toMatchObject({ code: "access-denied", retry: "never", upstream: { status: 401 } });
      expect(failure.message).toContain("missing or the credentials don't allow");
    });
  });

  it("Q34 the user AWS with a password that is ready, by Basic; once that has expired, the failure says so", async () => {
    const password = "eyJwYXlsb2FkIjoi:QUFB";
    await withRegistry({ auth: { kind: "basic", user: "AWS", password } }, async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: { username: "AWS", password } });
      await client.repository.resolve("1");
      const body = { errors: [{ code: "DENIED", message: "Your authorization token has expired. Reauthenticate and try again." }] };
      await registry.fail({ times: "always", action: { status: 403, body } });
      const failure = await failureOf(client.repository.putManifest(MANIFEST, "1"));
      expect(failure).toMatchObject({ code: "access-denied", retry: "never" });
      expect(failure.message).toContain("authorization token has expired");
    });
  });

  it("Q35 nobody, to read what is public", async () => {
    await withRegistry(bearer({ anonymous: [{ repository: "*", actions: ["pull"] }] }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { as: "source" });
      expect((await client.repository.resolve("1")).digest).toBe(MANIFEST.descriptor.digest);
      expect(await client.tokenRequests()).toMatchObject([{ status: 200, login: undefined }]);
    });
  });

  it.each([401, 403])("Q37 the token server refuses with %i what is missing or private: the failure says both", async (status) => {
    await withRegistry(bearer(), async (registry) => {
      const body = { errors: [{ code: "DENIED", message: "requested access to the resource is denied" }] };
      await registry.fail({ server: "token", times: "always", action: { status, body } });
      const failure = await failureOf(new Client(registry, { as: "source" }).repository.resolve("1"));
      expect(failure).toMatchObject({ code: "access-denied", retry: "never", upstream: { status, code: "DENIED" } });
      expect(failure.message).toContain("missing or the credentials don't allow");
    });
  });

  it.each<[string, string, string]>([
    ["Q38 a robot with a plus", "acme+ship", "robot-token"],
    ["Q40 a password with colons", "ship", "a:b::c:"],
    ["Q40 a password that is not Latin-1", "ship", "Schlüssel🗝"],
  ])("%s", async (_, username, password) => {
    await withRegistry(bearer({ user: username, password }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: { username, password } });
      await client.repository.resolve("1");
      const [asked] = await client.tokenRequests();
      expect([asked?.status, asked?.query.get("account")]).toEqual([200, username]);
    });
  });

  it("Q39 a token server on another host of the same owner is asked, and by `realms` no other", async () => {
    await withRegistry(bearer(), async (registry) => {
      await seed(registry);
      await new Client(registry, { credentials: login, realms: [registry.tokenHost] }).repository.resolve("1");
      await registry.clearRequests();
      const other = new Client(registry, { credentials: login, realms: ["auth.example"] });
      expect(await failureOf(other.repository.resolve("1"))).toMatchObject({ code: "address-refused" });
      expect(await other.tokenRequests()).toEqual([]);
    });
  });
});
