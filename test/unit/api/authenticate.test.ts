import { describe, expect, test } from "vitest";
import { ApiError } from "../../../src/api/api-error.ts";
import { authenticate, presentedToken } from "../../../src/api/authenticate.ts";
import { configWith, NOW, sha256, TOKEN } from "./api-fixture.ts";

describe("Authorization", () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

  test.each<[string, string | undefined]>([
    ["Bearer abc", "abc"],
    ["bearer  abc", "abc"],
    ["BEARER abc ", "abc"],
    [basic("x:abc"), "abc"],
    [basic("x:a:b:c"), "a:b:c"],
    [basic(":abc"), "abc"],
    [basic("jörg:schlüssel"), "schlüssel"],
    [basic("x:abc").replace("Basic", "bAsIc"), "abc"],
    ["Bearer", undefined],
    ["Bearer ", undefined],
    ["abc", undefined],
    ["", undefined],
    [basic("abc"), undefined],
    [basic("x:"), undefined],
    ["Basic ???", undefined],
    ["Digest username=x", undefined],
  ])("%j presents %j", (header, token) => {
    expect(presentedToken(header)).toBe(token);
  });

  const config = configWith({
    tokens: [
      { name: "ci", sha256: sha256(TOKEN) },
      { name: "old", sha256: sha256("old"), expires: NOW },
      { name: "young", sha256: sha256("young"), expires: NOW + 1 },
    ],
  });
  const request = (authorization?: string) =>
    new Request("https://transship.example/copy", authorization === undefined ? {} : { headers: { authorization } });

  test.each([
    [`Bearer ${TOKEN}`, "ci"],
    [basic(`x:${TOKEN}`), "ci"],
    ["Bearer young", "young"],
  ])("%s is known", (header, name) => {
    expect(authenticate(request(header), config, NOW).name).toBe(name);
    expect(authenticate(request(header), { ...config, allowAnonymous: true }, NOW).name).toBe(name);
  });

  test.each<[string | undefined, boolean, RegExp]>([
    [undefined, false, /needs a token/],
    ["Digest x", false, /neither Bearer nor Basic/],
    ["Bearer wrong", true, /not known/],
    [`Bearer ${TOKEN}x`, true, /not known/],
    [`Bearer ${sha256(TOKEN)}`, true, /not known/],
    ["Bearer old", true, /expired at 2026-11-23T00:00:00.000Z/],
  ])("%s is refused", (header, presented, detail) => {
    let thrown: unknown;
    try {
      authenticate(request(header), config, NOW);
    } catch (error) {
      thrown = error;
    }
    expect((thrown as ApiError).fault).toEqual({ kind: "unauthorized", presented, detail: expect.stringMatching(detail) });
  });

  test("without tokens nobody is known, unless anyone may call", () => {
    expect(() => authenticate(request(), configWith({ tokens: [] }), NOW)).toThrow(ApiError);
    expect(authenticate(request(), configWith({ tokens: [], allowAnonymous: true }), NOW)).toEqual({ name: "anonymous" });
  });

  test("a token that is no longer good does not make its holder anonymous", () => {
    expect(() => authenticate(request("Bearer old"), { ...config, allowAnonymous: true }, NOW)).toThrow(ApiError);
  });
});
