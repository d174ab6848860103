/** Tokens that processes share, each with a cache of its own. */
import { expect, test } from "vitest";
import type { RegistryRequest } from "../../../src/registry/request.ts";
import type { IssuedToken } from "../../../src/registry/token.ts";
import { TokenCache } from "../../../src/registry/token-cache.ts";
import type { SharedTokens } from "../../../src/registry/token-source.ts";
import { asUser, BASIC, BEARER, issue, PULL, PULL_TOKEN, refusal, type Script, script, transportOn, USER } from "./scripted-wire.ts";

const ASK = "GET https://registry.test/v2/acme/app/manifests/1";

function get(): RegistryRequest {
  return { method: "GET", url: new URL(ASK.slice(4)), scopes: PULL };
}

/** A shelf of tokens, with what was asked of it. */
function shelf() {
  const kept = new Map<string, IssuedToken>();
  const asked: { key: string; refused: string | undefined }[] = [];
  const shared: SharedTokens = {
    take: async (key, _marginMs, refused) => {
      asked.push({ key, refused });
      const issued = kept.get(key);
      return issued?.token === refused ? undefined : issued;
    },
    give: async (key, issued) => {
      kept.delete(key);
      if (issued !== undefined) {
        kept.set(key, issued);
      }
    },
  };
  return { shared, asked, kept };
}

async function send(scripted: Script, shared: SharedTokens, tokens = new TokenCache()): Promise<number> {
  const { response } = await transportOn(scripted.effects, { shared, tokens }).send(get());
  scripted.done();
  return response.status;
}

test("a second process takes the first one's token", async () => {
  const { shared } = shelf();
  const first = script(
    { ask: ASK, reply: refusal(BEARER) },
    { ask: PULL_TOKEN, reply: issue("t") },
    { ask: ASK, auth: "Bearer t", reply: 200 },
  );
  expect(await send(first, shared)).toBe(200);
  const second = script({ ask: ASK, reply: refusal(BEARER) }, { ask: ASK, auth: "Bearer t", reply: 200 });
  expect(await send(second, shared)).toBe(200);
});

test("a process with a good token of its own asks nobody", async () => {
  const { shared, asked } = shelf();
  const tokens = new TokenCache();
  const first = script(
    { ask: ASK, reply: refusal(BEARER) },
    { ask: PULL_TOKEN, reply: issue("t") },
    { ask: ASK, auth: "Bearer t", reply: 200 },
  );
  await send(first, shared, tokens);
  await send(script({ ask: ASK, auth: "Bearer t", reply: 200 }), shared, tokens);
  expect(asked).toHaveLength(1);
});

test("a shared token that is refused is got anew, and the others get the new one", async () => {
  const { shared, asked, kept } = shelf();
  await send(
    script({ ask: ASK, reply: refusal(BEARER) }, { ask: PULL_TOKEN, reply: issue("old") }, { ask: ASK, auth: "Bearer old", reply: 200 }),
    shared,
  );
  const renewed = script(
    { ask: ASK, reply: refusal(BEARER) },
    { ask: ASK, auth: "Bearer old", reply: refusal(BEARER) },
    { ask: PULL_TOKEN, reply: issue("new") },
    { ask: ASK, auth: "Bearer new", reply: 200 },
  );
  expect(await send(renewed, shared)).toBe(200);
  expect(asked.at(-1)?.refused).toBe("old");
  expect([...kept.values()].map(({ token }) => token)).toEqual(["new"]);
});

test("where none can be had the others hear of it, and where nobody can be asked the token is got as ever", async () => {
  const { shared, kept } = shelf();
  let given: unknown;
  const told: SharedTokens = {
    take: shared.take,
    give: async (_key, issued) => {
      given = issued ?? "none";
    },
  };
  await expect(
    send(script({ ask: ASK, reply: refusal(BEARER) }, { ask: PULL_TOKEN, reply: new Response(null, { status: 403 }) }), told),
  ).rejects.toThrow();
  expect([given, kept.size]).toEqual(["none", 0]);
  const broken: SharedTokens = {
    take: () => Promise.reject(new Error("no such object")),
    give: () => Promise.reject(new Error("no such object")),
  };
  const alone = script(
    { ask: ASK, reply: refusal(BEARER) },
    { ask: PULL_TOKEN, reply: issue("t") },
    { ask: ASK, auth: "Bearer t", reply: 200 },
  );
  expect(await send(alone, broken)).toBe(200);
});

test("nothing secret is in what a token is filed under", async () => {
  const { shared, asked } = shelf();
  const scripted = script(
    { ask: ASK, reply: refusal(BEARER) },
    { ask: asUser(PULL_TOKEN), auth: BASIC, reply: issue("t") },
    { ask: ASK, auth: "Bearer t", reply: 200 },
  );
  await transportOn(scripted.effects, { shared, credentials: USER }).send(get());
  expect(asked.map(({ key }) => key)).toEqual([expect.stringContaining("registry.test")]);
  expect(JSON.stringify(asked)).not.toMatch(/hunter2|dXNlcjpodW50ZXIy/);
});
