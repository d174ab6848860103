/** How a registry asks for a login, and what it makes of one: the fake and a real one, with Basic and with tokens. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasDockerRegistry, REGISTRY_USER, startDockerRegistry } from "../support/docker-registry.ts";
import { type HttpAnswer, send } from "../support/http.ts";
import { startRegistry } from "../support/registry/server.ts";
import { basic } from "../support/registry/tokens.ts";
import { MISSING_DIGEST } from "./contract-content.ts";

interface Running {
  url: string;
  stop: () => Promise<void>;
}

type Auth = "basic" | "bearer";

async function startFake(kind: Auth): Promise<Running> {
  const pull = [{ repository: "*", actions: ["pull"] }];
  const auth = kind === "basic" ? ({ kind, ...REGISTRY_USER } as const) : ({ kind, ...REGISTRY_USER, anonymous: pull } as const);
  const registry = await startRegistry({ auth });
  return { url: registry.url, stop: () => registry.close() };
}

const MISSING = hasDockerRegistry() ? undefined : "no docker-registry and no registry on the PATH";

const KINDS = [
  { name: "fake", start: startFake, missing: undefined },
  {
    name: "docker-registry",
    start: (kind: Auth) => startDockerRegistry({ auth: kind === "basic" ? "htpasswd" : "token" }),
    missing: MISSING,
  },
];

const GOOD = basic(REGISTRY_USER.user, REGISTRY_USER.password);

/** Requests of every kind, none of which finds anything. */
const REQUESTS = [
  { method: "GET", path: "/v2/", scope: undefined, status: 200 },
  { method: "GET", path: "/v2/a/b/manifests/latest", scope: "repository:a/b:pull", status: 404 },
  { method: "HEAD", path: `/v2/a/b/blobs/${MISSING_DIGEST}`, scope: "repository:a/b:pull", status: 404 },
  { method: "GET", path: "/v2/a/b/tags/list", scope: "repository:a/b:pull", status: 404 },
  { method: "POST", path: "/v2/a/b/blobs/uploads/", scope: "repository:a/b:pull,push", status: 202 },
  { method: "PUT", path: "/v2/a/b/manifests/latest", scope: "repository:a/b:pull,push", status: 400 },
  { method: "DELETE", path: `/v2/a/b/manifests/${MISSING_DIGEST}`, scope: "repository:a/b:delete", status: 404 },
  {
    method: "POST",
    path: `/v2/a/b/blobs/uploads/?mount=${MISSING_DIGEST}&from=c/d`,
    scope: "repository:a/b:pull,push repository:c/d:pull",
    status: 202,
  },
] as const;

/** Everything the tests say about one registry; `undefined` where it can't be started here. */
function whileRunning(kind: Auth, start: (kind: Auth) => Promise<Running>, missing: string | undefined): () => string | undefined {
  let running: Running | undefined;
  beforeAll(async () => {
    running = missing === undefined ? await start(kind) : undefined;
  });
  afterAll(() => running?.stop());
  return () => running?.url;
}

function ask(url: string, { method, path }: { method: string; path: string }, authorization?: string): Promise<HttpAnswer> {
  return send(method, `${url}${path}`, authorization === undefined ? {} : { headers: { authorization } });
}

describe.each(KINDS)("$name with Basic", ({ start, missing }) => {
  const url = whileRunning("basic", start, missing);

  test.for(REQUESTS)("$method $path", async (request, { skip }) => {
    const at = url() ?? skip(missing);
    for (const authorization of [undefined, basic(REGISTRY_USER.user, "wrong"), basic("wrong", REGISTRY_USER.password), "Bearer x"]) {
      const refused = await ask(at, request, authorization);
      expect(refused.status).toBe(401);
      expect(refused.headers["www-authenticate"]).toMatch(/^Basic realm="[^"]+"$/);
      expect(refused.body.toString()).toMatch(request.method === "HEAD" ? /^$/ : /"code":"UNAUTHORIZED"/);
    }
    expect((await ask(at, request, GOOD)).status).toBe(request.status);
  });
});

describe.each(KINDS)("$name with tokens", ({ start, missing }) => {
  const url = whileRunning("bearer", start, missing);

  /** Asks for a token as the challenge of an unauthorized request says, for other scopes where they are given. */
  async function token(challenge: string, scopes?: readonly string[], authorization: string | undefined = GOOD): Promise<string> {
    const { realm = "", service = "", scope } = parameters(challenge);
    const endpoint = new URL(realm);
    endpoint.searchParams.set("service", service);
    for (const one of scopes ?? scope?.split(" ") ?? []) {
      endpoint.searchParams.append("scope", one);
    }
    const answer = await send("GET", endpoint, authorization === "" ? {} : { headers: { authorization } });
    return `Bearer ${(JSON.parse(answer.body.toString()) as { token: string }).token}`;
  }

  test.for(REQUESTS)("$method $path", async (request, { skip }) => {
    const at = url() ?? skip(missing);
    const refused = await ask(at, request);
    const challenge = refused.headers["www-authenticate"] ?? "";
    const scopes = request.scope?.split(" ") ?? [];
    expect(refused.status).toBe(401);
    expect(challenge).toMatch(/^Bearer realm="http:\/\/127\.0\.0\.1:\d+\/token",service="[^"]+"/);
    expect(scopesOf(challenge)).toEqual(scopes);
    expect(parameters(challenge)).not.toHaveProperty("error");
    expect((await ask(at, request, await token(challenge))).status).toBe(request.status);

    for (const unknown of ["Bearer nonsense", "Bearer a.b.c"]) {
      const again = await ask(at, request, unknown);
      expect(again.status).toBe(401);
      expect(parameters(again.headers["www-authenticate"] ?? "").error).toBe("invalid_token");
    }
    if (request.scope !== undefined) {
      const tooLittle = await ask(at, request, await token(challenge, ["repository:other:pull,push"]));
      expect(tooLittle.status).toBe(401);
      const again = tooLittle.headers["www-authenticate"] ?? "";
      expect(parameters(again).error).toBe("insufficient_scope");
      expect(scopesOf(again)).toEqual(scopes);
    }
  });

  test("anybody may pull, and not push", async ({ skip }) => {
    const at = url() ?? skip(missing);
    const [, pull, , , push] = REQUESTS;
    const challenge = (await ask(at, push)).headers["www-authenticate"] ?? "";
    const anonymous = await token(challenge, undefined, "");
    expect((await ask(at, pull, anonymous)).status).toBe(404);
    expect((await ask(at, push, anonymous)).status).toBe(401);
  });
});

function parameters(challenge: string): Record<string, string> {
  return Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]));
}

/** Scopes and their actions in the order of the alphabet: distribution gives them in any order. */
function scopesOf(challenge: string): string[] {
  const scopes = (parameters(challenge).scope ?? "").split(" ").filter(Boolean);
  return scopes.map((scope) => scope.replace(/[^:]*$/, (actions) => actions.split(",").sort().join(","))).sort();
}
