import { describe, expect, test } from "vitest";
import type { Credentials } from "../../../src/registry/credentials.ts";
import { isMethodUnknown, processTokenResponse, type TokenWanted, tokenRequests } from "../../../src/registry/token.ts";

const WISH: TokenWanted = {
  realm: new URL("https://auth.test/token"),
  service: "registry.test",
  scopes: ["repository:acme/app:pull,push", "repository:acme/base:pull"],
};
const SCOPES = "scope=repository%3Aacme%2Fapp%3Apull%2Cpush&scope=repository%3Aacme%2Fbase%3Apull";

function requests(credentials?: Partial<Credentials>, wish: Partial<TokenWanted> = {}) {
  return tokenRequests({
    ...WISH,
    ...wish,
    ...(credentials === undefined ? {} : { credentials: { id: "registry.test", ...credentials } }),
  }).map(({ method, url, headers, body }) => ({
    ask: `${method} ${url}`,
    auth: headers.authorization,
    ...(body === undefined ? {} : { form: Object.fromEntries(new URLSearchParams(body)), type: headers["content-type"] }),
  }));
}

describe("requests", () => {
  test("Q25: anonymous, one GET with repeated scopes and no Authorization", () => {
    expect(requests()).toEqual([{ ask: `GET https://auth.test/token?service=registry.test&${SCOPES}`, auth: undefined }]);
  });

  test("Q20: a password goes by GET and Basic only", () => {
    expect(requests({ username: "user", password: "pass" })).toEqual([
      { ask: `GET https://auth.test/token?account=user&service=registry.test&${SCOPES}`, auth: "Basic dXNlcjpwYXNz" },
    ]);
  });

  test("Q38: a plus in a user name survives", () => {
    const [request] = requests({ username: "ns+robot", password: "pw" });
    expect(request?.ask).toContain("account=ns%2Brobot&");
    expect(request?.auth).toBe(`Basic ${Buffer.from("ns+robot:pw").toString("base64")}`);
  });

  test("Q40: credentials go as UTF-8", () => {
    const [request] = requests({ username: "käthe", password: "☂" });
    expect(request?.auth).toBe(`Basic ${Buffer.from("käthe:☂", "utf8").toString("base64")}`);
  });

  test("an empty password is still one", () => {
    expect(requests({ username: "user", password: "" })[0]?.auth).toBe("Basic dXNlcjo=");
  });

  test.each<[string, Partial<Credentials>, string]>([
    ["an identity token alone", { identityToken: "refresh" }, "<token>:refresh"],
    ["Q33: an identity token with a user", { username: "0000", password: "", identityToken: "refresh" }, "0000:refresh"],
    ["Q47: an identity token before a password", { username: "user", password: "pass", identityToken: "refresh" }, "user:pass"],
    ["Q12, Q20: the user <token>", { username: "<token>", password: "refresh" }, "<token>:refresh"],
  ])("Q20, Q21: %s goes by POST, then by GET", (_, credentials, basic) => {
    const [post, get, ...others] = requests(credentials);
    expect(post).toEqual({
      ask: "POST https://auth.test/token",
      auth: undefined,
      type: "application/x-www-form-urlencoded",
      form: {
        grant_type: "refresh_token",
        service: "registry.test",
        client_id: "transship",
        scope: "repository:acme/app:pull,push repository:acme/base:pull",
        refresh_token: "refresh",
      },
    });
    expect(get?.ask).toMatch(/^GET https:\/\/auth\.test\/token\?.*scope=.*scope=/);
    expect(get?.auth).toBe(`Basic ${Buffer.from(basic).toString("base64")}`);
    expect(others).toEqual([]);
  });

  test("Q8, Q7: without service and scopes neither is sent", () => {
    expect(tokenRequests({ realm: new URL("https://auth.test/token"), scopes: [] }).map(({ url }) => url.href)).toEqual([
      "https://auth.test/token",
    ]);
    expect(requests(undefined, { service: "", scopes: [] })[0]?.ask).toBe("GET https://auth.test/token");
  });

  test("Q10: the realm's own query is kept", () => {
    expect(requests(undefined, { realm: new URL("https://auth.test/token?tenant=a%20b&service=old") })[0]?.ask).toBe(
      `GET https://auth.test/token?tenant=a+b&service=registry.test&${SCOPES}`,
    );
  });

  test("Q22: no offline token is asked for", () => {
    for (const { url, body } of tokenRequests({ ...WISH, credentials: { id: "x", identityToken: "r" } })) {
      expect(`${url}${body}`).not.toContain("offline");
    }
  });

  test("Q21: which statuses mean another method", () => {
    expect([200, 400, 401, 403, 404, 405, 429, 500].filter(isMethodUnknown)).toEqual([401, 404, 405]);
  });
});

describe("answers", () => {
  const NOW = Date.UTC(2026, 0, 1);
  const answer = (json: unknown, headers?: HeadersInit) =>
    processTokenResponse(
      new Response(typeof json === "string" ? json : JSON.stringify(json), headers === undefined ? {} : { headers }),
      NOW,
    );
  const life = async (json: Record<string, unknown>, headers?: HeadersInit) =>
    ((await answer({ token: "t", ...json }, headers)).expiresAtMs - NOW) / 1000;

  test.each([
    ["token", { token: "t" }],
    ["access_token", { access_token: "t" }],
    ["an empty token beside access_token", { token: "", access_token: "t" }],
    ["both", { token: "t", access_token: "u" }],
    ["a token of another type beside access_token", { token: 5, access_token: "t" }],
  ])("Q14: %s", async (_, json) => {
    expect((await answer(json)).token).toBe("t");
  });

  test.each<[string, Record<string, unknown>, number]>([
    ["a lifetime", { expires_in: 300 }, 300],
    ["a lifetime as text", { expires_in: "300" }, 300],
    ["Q15: none", {}, 60],
    ["Q15: a tiny one", { expires_in: 5 }, 60],
    ["zero", { expires_in: 0 }, 60],
    ["a negative one", { expires_in: -5 }, 60],
    ["nonsense", { expires_in: "soon" }, 60],
    ["an endless one", { expires_in: 1e15 }, 12 * 3600],
  ])("Q15: lives for %s", async (_, json, seconds) => {
    expect(await life(json)).toBe(seconds);
  });

  test.each<[string, string, number]>([
    ["given out just now", "2030-06-01T12:00:00Z", 300],
    ["Q16: given out before, from the server's cache", "2030-06-01T11:58:00Z", 180],
    ["Q16: in the server's future", "2030-06-01T12:05:00Z", 300],
    ["Q16: never", "0001-01-01T00:00:00Z", 300],
    ["Q16: nonsense", "yesterday", 300],
    ["almost over", "2030-06-01T11:55:10Z", 60],
  ])("by the server's own clock: %s", async (_, issued_at, seconds) => {
    expect(await life({ expires_in: 300, issued_at }, { date: "Sat, 01 Jun 2030 12:00:00 GMT" })).toBe(seconds);
  });

  test("Q16: without a Date no age is known", async () => {
    expect(await life({ expires_in: 300, issued_at: "2020-01-01T00:00:00Z" })).toBe(300);
  });

  test.each<[string, unknown, HeadersInit | undefined, string]>([
    ["Q14: neither", { tokens: "x" }, undefined, "its answer has neither a token nor an access_token"],
    ["Q14: null", { token: null, access_token: null }, undefined, "its answer has neither a token nor an access_token"],
    [
      "Q19: HTML",
      "<html>secret</html>",
      { "content-type": "text/html; charset=utf-8" },
      "its answer is no JSON object but 19 bytes of text/html",
    ],
    ["an array", '["secret"]', { "content-type": "secret" }, "its answer is no JSON object but 10 bytes of unknown type"],
    ["nothing", "", { "content-type": "application/json" }, "its answer is no JSON object but 0 bytes of application/json"],
    ["Q19: too much", `{"token":"${"a".repeat(200_000)}"}`, undefined, "its answer is longer than 131072 bytes"],
    ["a token that no header can carry", { token: "a\nb" }, undefined, "its token has characters that no header may have"],
  ])("%s is an error", async (_, json, headers, message) => {
    await expect(answer(json, headers)).rejects.toThrow(new Error(message));
  });
});
