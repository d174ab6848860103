/** Quirks 1a: what a 401 says about how to log in. */
import { describe, expect, it } from "vitest";
import { bearer, Client, CONTENT, failureOf, MANIFEST, PASSWORD, seed, USER, withRegistry } from "./client.ts";

const login = { username: USER, password: PASSWORD };
const REALM = 'realm="{realm}"';
const SERVICE = 'service="{service}"';
const SCOPE = 'scope="{scope}"';

describe("a login with a token, where the challenge is", () => {
  it.each<[string, string]>([
    ["Q1 one of several in one header", `Negotiate, Basic realm="x", Bearer ${REALM},${SERVICE},${SCOPE}`],
    ["Q1 after a token of another scheme", `NTLM TlRMTVNTUAAB==, Bearer ${REALM},${SERVICE},${SCOPE}`],
    ["Q2 spaced out, with commas in its scope", `Bearer ${REALM},  ${SERVICE} , ${SCOPE}`],
    ["Q3 in other letters", 'BEARER ReAlM="{realm}",SERVICE="{service}",Scope="{scope}"'],
    ["Q4 without quotes", `Bearer realm={realm}, service={service}, ${SCOPE}`],
    ["Q4 with escapes, blanks and a parameter more", `Bearer charset="UTF-8", ${REALM} , service = "fake\\-registry",${SCOPE}`],
    ["Q4 broken off in a quote", `Bearer ${REALM},${SERVICE},${SCOPE},error="inva`],
    ["Q7 without a scope", `Bearer ${REALM},${SERVICE}`],
    ["Q30 for several scopes in one parameter", `Bearer ${REALM},${SERVICE},scope="{scope} repository:acme/base:pull"`],
  ])("%s", async (_, challenge) => {
    await withRegistry(bearer({ challenge }), async (registry) => {
      await registry.putBlob("acme/app", CONTENT);
      const client = new Client(registry, { credentials: login });
      await client.repository.putManifest(MANIFEST, "1");
      await client.repository.putManifest(MANIFEST, "2");
      expect(await client.requests()).toEqual(["PUT 401", "PUT 201", "PUT 201"]);
      expect(await client.tokenRequests()).toMatchObject([{ method: "GET", status: 200, login: "Basic" }]);
    });
  });

  it("Q30 for a repository whose name has a port, which is asked for word for word", async () => {
    const base = "repository:registry.example.com:5000/acme/base:pull,push";
    await withRegistry(bearer({ challenge: `Bearer ${REALM},${SERVICE},scope="{scope} ${base}"` }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      await client.repository.putManifest(MANIFEST, "1");
      expect((await client.tokenRequests()).map(({ scopes }) => scopes)).toEqual([["repository:acme/app:pull,push", base]]);
    });
  });

  it("Q8 without a service: none is named to the token server", async () => {
    await withRegistry(bearer({ service: null, challenge: `Bearer ${REALM},${SCOPE}` }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      await client.repository.resolve("1");
      expect((await client.tokenRequests()).map(({ query, status }) => [query.has("service"), status])).toEqual([[false, 200]]);
    });
  });

  it("Q9 at a relative realm", async () => {
    await withRegistry(bearer({ challenge: `Bearer realm="/token",${SERVICE},${SCOPE}` }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      await client.repository.resolve("1");
      expect(await client.requests()).toEqual(["HEAD 401", "GET 200", "HEAD 200"]);
    });
  });

  it("Q10 at a realm that has a query of its own", async () => {
    await withRegistry(bearer({ challenge: `Bearer realm="{realm}?tenant=7&x=a%26b",${SERVICE},${SCOPE}` }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      await client.repository.resolve("1");
      const [asked] = await client.tokenRequests();
      expect(asked?.status).toBe(200);
      expect([...(asked?.query ?? [])]).toEqual(
        expect.arrayContaining([
          ["tenant", "7"],
          ["x", "a&b"],
          ["scope", "repository:acme/app:pull,push"],
        ]),
      );
    });
  });
});

describe("a registry", () => {
  it("Q3 with a Basic challenge without a realm", async () => {
    await withRegistry({ auth: { kind: "basic", user: USER, password: PASSWORD, challenge: "basic" } }, async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      await client.repository.resolve("1");
      await client.repository.resolve("1");
      expect(await client.requests()).toEqual(["HEAD 401", "HEAD 200", "HEAD 200"]);
    });
  });

  it("Q5 that names no way to log in but at its root", async () => {
    await withRegistry(bearer({ challengeOnlyAtPing: true }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      await client.repository.resolve("1");
      expect(await client.requests()).toEqual(["HEAD 401", "GET 401", "HEAD 200"]);
    });
  });

  it("Q5 that names none anywhere: its 401 is the failure", async () => {
    await withRegistry(bearer({ challengeOnlyAtPing: true, openPing: true }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      expect(await failureOf(client.repository.resolve("1"))).toMatchObject({ code: "access-denied", upstream: { status: 401 } });
    });
  });

  it("Q6 whose root is open to anybody, before a body that can be sent only once", async () => {
    await withRegistry(bearer({ openPing: true }), async (registry) => {
      const client = new Client(registry, { credentials: login });
      const { bytes } = MANIFEST;
      await client.place(bytes);
      // Its HEAD was refused first, so the PUT's login is known.
      expect(await client.requests()).toEqual(["HEAD 401", "HEAD 404", "POST 202", "PUT 201"]);
    });
  });

  it("Q11 whose Basic realm is an address: nothing is asked there", async () => {
    const realm = 'Basic realm="{realm}"';
    await withRegistry({ auth: { kind: "basic", user: USER, password: PASSWORD, challenge: realm } }, async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      await client.repository.resolve("1");
      expect(await client.requests()).toEqual(["HEAD 401", "HEAD 200"]);
    });
  });

  it("Q12 whose token server is not there, and that takes Basic too", async () => {
    await withRegistry(bearer({ basicToo: true, challenge: `Bearer ${REALM},${SERVICE}, Basic realm="x"` }), async (registry) => {
      await seed(registry);
      await registry.fail({ server: "token", times: "always", action: { status: 404 } });
      const client = new Client(registry, { credentials: login });
      await client.repository.resolve("1");
      await client.repository.resolve("1");
      expect(await client.requests()).toEqual(["HEAD 401", "HEAD 200", "HEAD 200"]);
      expect(await client.tokenRequests()).toHaveLength(1);
    });
  });

  it("Q12 whose token server is not there, and that takes nothing else: the server's status is in the failure", async () => {
    await withRegistry(bearer(), async (registry) => {
      await registry.fail({ server: "token", times: "always", action: { status: 404 } });
      const client = new Client(registry, { credentials: login });
      expect(await failureOf(client.repository.resolve("1"))).toMatchObject({
        code: "access-denied",
        retry: "never",
        upstream: { status: 404 },
      });
    });
  });

  it("Q13 that calls a token invalid gets a new one, once", async () => {
    await withRegistry(bearer(), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      await client.repository.resolve("1");
      await registry.expire("tokens");
      await client.repository.resolve("1");
      expect(await client.requests()).toEqual(["HEAD 401", "HEAD 200", "HEAD 401", "HEAD 200"]);
      await registry.fail({
        method: "HEAD",
        times: "always",
        action: { status: 401, headers: { "www-authenticate": 'Bearer error="invalid_token"' } },
      });
      expect(await failureOf(client.repository.resolve("1"))).toMatchObject({ code: "access-denied" });
      expect((await client.tokenRequests()).length).toBeLessThanOrEqual(3);
    });
  });

  it.each([
    ["once, and the next token will do", 1, "resolved", 2],
    ["always", "always", "access-denied", 2],
  ] as const)("Q13 that calls a new token invalid is asked for another one: %s", async (_, times, outcome, tokens) => {
    await withRegistry(bearer(), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login });
      const challenge = `Bearer realm="http://${registry.tokenHost}/token",service="fake-registry",scope="repository:acme/app:pull,push"`;
      await registry.fail({ method: "HEAD", action: { status: 401, headers: { "www-authenticate": challenge } } });
      await registry.fail({
        method: "HEAD",
        times,
        action: { status: 401, headers: { "www-authenticate": `${challenge},error="invalid_token"` } },
      });
      const resolved = client.repository.resolve("1").then(
        () => "resolved",
        (error) => error.failure.code,
      );
      expect(await resolved).toBe(outcome);
      expect(await client.tokenRequests()).toHaveLength(tokens);
    });
  });

  it("Q13 that wants more scopes gets a token for all of them, and is not asked for less again", async () => {
    await withRegistry(bearer({ alsoNeeds: [{ repository: "acme/base", actions: ["pull"] }] }), async (registry) => {
      await seed(registry);
      const client = new Client(registry, { credentials: login, as: "source" });
      await client.repository.resolve("1");
      await client.repository.resolve("1");
      expect(await client.requests()).toEqual(["HEAD 401", "HEAD 401", "HEAD 200", "HEAD 200"]);
      expect((await client.tokenRequests()).map(({ scopes }) => scopes)).toEqual([
        ["repository:acme/app:pull"],
        ["repository:acme/app:pull", "repository:acme/base:pull"],
      ]);
    });
  });
});
