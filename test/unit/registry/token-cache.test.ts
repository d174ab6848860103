import { expect, test } from "vitest";
import { TokenCache, type TokenKey } from "../../../src/registry/token-cache.ts";

const KEY: TokenKey = {
  origin: "https://registry.test",
  credentialsId: "registry.test",
  scopes: ["repository:a:pull", "repository:b:pull"],
};

test("gives a token until its margin before the end", () => {
  const cache = new TokenCache();
  cache.putToken(KEY, { token: "t", expiresAtMs: 10_000 });
  expect(cache.token(KEY, 4_999, 5_000)).toBe("t");
  expect(cache.token(KEY, 5_000, 5_000)).toBeUndefined();
  expect(cache.token(KEY, 5_000, 1_000)).toBe("t");
});

test("Q24: scopes in another order are the same", () => {
  const cache = new TokenCache();
  cache.putToken(KEY, { token: "t", expiresAtMs: 10_000 });
  expect(cache.token({ ...KEY, scopes: KEY.scopes.toReversed() }, 0, 0)).toBe("t");
});

test.each<[string, Partial<TokenKey>]>([
  ["another host", { origin: "https://other.test" }],
  ["another port", { origin: "https://registry.test:5000" }],
  ["another user", { credentialsId: "registry.test/a" }],
  ["nobody", { credentialsId: "" }],
  ["fewer scopes", { scopes: ["repository:a:pull"] }],
  ["no scopes", { scopes: [] }],
])("Q24: a token is not for %s", (_, other) => {
  const cache = new TokenCache();
  cache.putToken(KEY, { token: "t", expiresAtMs: 10_000 });
  cache.putWanted(KEY, ["more"]);
  expect(cache.token({ ...KEY, ...other }, 0, 0)).toBeUndefined();
  expect(cache.wanted({ ...KEY, ...other })).toBeUndefined();
});

test("drops only the token that was refused, not the one that took its place", () => {
  const cache = new TokenCache();
  cache.putToken(KEY, { token: "new", expiresAtMs: 10_000 });
  cache.dropToken(KEY, "old");
  expect(cache.token(KEY, 0, 0)).toBe("new");
  cache.dropToken(KEY, "new");
  expect(cache.token(KEY, 0, 0)).toBeUndefined();
});

test("remembers logins by origin, and the scopes that were asked for", () => {
  const cache = new TokenCache();
  cache.putLogin("https://registry.test", { scheme: "basic" });
  cache.putWanted(KEY, ["more"]);
  expect(cache.login("https://registry.test")).toEqual({ scheme: "basic" });
  expect(cache.login("https://registry.test:5000")).toBeUndefined();
  expect(cache.wanted(KEY)).toEqual(["more"]);
});

test("forgets what was used longest ago", () => {
  const cache = new TokenCache(2);
  const keyFor = (id: string) => ({ ...KEY, credentialsId: id });
  cache.putToken(keyFor("a"), { token: "a", expiresAtMs: 1 });
  cache.putToken(keyFor("b"), { token: "b", expiresAtMs: 1 });
  expect(cache.token(keyFor("a"), 0, 0)).toBe("a");
  cache.putToken(keyFor("c"), { token: "c", expiresAtMs: 1 });
  expect([cache.token(keyFor("a"), 0, 0), cache.token(keyFor("b"), 0, 0), cache.token(keyFor("c"), 0, 0)]).toEqual(["a", undefined, "c"]);
});
