import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Credentials, credentialsFor, parseDockerConfig } from "../../../src/registry/credentials.ts";

const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64");

/** The credentials of one entry, asked for by its own host. */
function entry(fields: Record<string, unknown>) {
  return credentialsFor(parseDockerConfig({ auths: { "registry.test": fields } }), "registry.test", "acme/app");
}

describe("entries", () => {
  test.each<[string, Record<string, unknown>, Partial<Credentials>]>([
    ["auth", { auth: base64("user:pass") }, { username: "user", password: "pass" }],
    ["Q40: a password with colons", { auth: base64("user:pa:ss:") }, { username: "user", password: "pa:ss:" }],
    ["Q40: NULs at the end", { auth: base64("user:pass\0\0") }, { username: "user", password: "pass" }],
    ["Q40: auth without padding", { auth: base64("user:pa").replace(/=+$/, "") }, { username: "user", password: "pa" }],
    ["auth in the other alphabet", { auth: Buffer.from("u:~~~???").toString("base64url") }, { username: "u", password: "~~~???" }],
    ["Q40: not Latin-1", { auth: base64("käthe:пароль☂") }, { username: "käthe", password: "пароль☂" }],
    [
      "Q36: a JSON key",
      { auth: base64('_json_key:{"a": "b:c",\n"d": 1}\n') },
      { username: "_json_key", password: '{"a": "b:c",\n"d": 1}\n' },
    ],
    ["Q38: a robot", { auth: base64("ns+robot:pw") }, { username: "ns+robot", password: "pw" }],
    ["username and password", { username: "user", password: "pass" }, { username: "user", password: "pass" }],
    ["Q47: auth before username and password", { auth: base64("a:b"), username: "c", password: "d" }, { username: "a", password: "b" }],
    ["an empty auth beside username and password", { auth: "", username: "c", password: "d" }, { username: "c", password: "d" }],
    [
      "Q33: an identity token beside a user without password",
      { auth: base64("00000000-0000-0000-0000-000000000000:"), identitytoken: "refresh" },
      { username: "00000000-0000-0000-0000-000000000000", password: "", identityToken: "refresh" },
    ],
    ["an identity token alone", { identitytoken: "refresh" }, { identityToken: "refresh" }],
    ["Q23: a registry token", { registrytoken: "ready" }, { registryToken: "ready" }],
  ])("%s", (_, fields, expected) => {
    expect(entry(fields)).toEqual({ id: "registry.test", ...expected });
  });

  test.each<[string, Record<string, unknown>]>([
    ["Q46: empty", {}],
    ["an e-mail address only", { email: "a@b.test" }],
    ["a user only", { username: "user" }],
    ["an auth of nothing", { auth: base64(":") }],
    ["nulls", { auth: null, identitytoken: null }],
  ])("%s: no credentials", (_, fields) => {
    expect(entry(fields)).toBeUndefined();
  });
});

describe("choice", () => {
  const named = (...keys: string[]) =>
    parseDockerConfig({ auths: Object.fromEntries(keys.map((key) => [key, { auth: base64(`${key}:pw`.replace(/^https?:/, "")) }])) });
  const chosen = (keys: string[], registry: string, repository: string) => {
    const found = credentialsFor(named(...keys), registry, repository);
    return found !== undefined && "id" in found ? found.id : found;
  };

  test.each<[string, string[], string, string, string | undefined]>([
    ["the host", ["registry.test"], "registry.test", "a/b", "registry.test"],
    ["another host", ["registry.test"], "other.test", "a/b", undefined],
    ["a host with a port", ["registry.test", "registry.test:5000"], "registry.test:5000", "a", "registry.test:5000"],
    ["a host without the port", ["registry.test:5000"], "registry.test", "a", undefined],
    ["a host in another case", ["Registry.Test"], "registry.test", "a", "Registry.Test"],
    ["Q45: the whole repository", ["registry.test", "registry.test/a", "registry.test/a/b"], "registry.test", "a/b", "registry.test/a/b"],
    ["Q45: a namespace", ["registry.test", "registry.test/a", "registry.test/a/b"], "registry.test", "a/c", "registry.test/a"],
    ["Q45: a namespace, in any order", ["registry.test/a", "registry.test"], "registry.test", "a/c", "registry.test/a"],
    ["Q45: only whole components", ["registry.test", "registry.test/a/b"], "registry.test", "a/bc", "registry.test"],
    ["Q45: a path without its host's entry", ["registry.test/a"], "registry.test", "b", undefined],
    ["a slash at the end", ["registry.test/a/"], "registry.test", "a/b", "registry.test/a/"],
    ["Q44: Docker Hub's key", ["https://index.docker.io/v1/"], "docker.io", "library/busybox", "https://index.docker.io/v1/"],
    ["Q44: Docker Hub's key without a scheme", ["index.docker.io/v1/"], "docker.io", "library/busybox", "index.docker.io/v1/"],
    ["Q41: Docker Hub's API host", ["registry-1.docker.io"], "docker.io", "library/busybox", "registry-1.docker.io"],
    ["Q44: the plain name first", ["https://index.docker.io/v1/", "docker.io"], "docker.io", "a/b", "docker.io"],
    ["Q45: a Docker Hub namespace", ["https://index.docker.io/v1/", "docker.io/acme"], "docker.io", "acme/app", "docker.io/acme"],
    ["Q45: a URL means the whole host", ["https://registry.test/v2/"], "registry.test", "a/b", "https://registry.test/v2/"],
    ["Q45: the host before its URL", ["https://registry.test", "registry.test"], "registry.test", "a", "registry.test"],
  ])("%s", (_, keys, registry, repository, expected) => {
    expect(chosen(keys, registry, repository)).toBe(expected);
  });
});

describe("helpers", () => {
  test.each(["ecr-login", "gcr", "acr-env", "desktop"])("%s is named", (helper) => {
    const config = parseDockerConfig({ credHelpers: { "registry.test": helper } });
    expect(credentialsFor(config, "registry.test", "a")).toMatchObject({ helper });
    expect(credentialsFor(config, "other.test", "a")).toBeUndefined();
  });

  test("a helper comes before the host's own entry, as with Docker", () => {
    const config = parseDockerConfig({ auths: { "registry.test": { auth: base64("a:b") } }, credHelpers: { "registry.test": "gcr" } });
    expect(credentialsFor(config, "registry.test", "a")).toMatchObject({ helper: "gcr" });
  });

  test("Q45: an entry for a path comes before the host's helper", () => {
    const config = parseDockerConfig({ auths: { "registry.test/a": { auth: base64("a:b") } }, credHelpers: { "registry.test": "gcr" } });
    expect(credentialsFor(config, "registry.test", "a/b")).toMatchObject({ username: "a" });
  });

  test("Q46: an empty entry is the mark of the credentials store", () => {
    const config = parseDockerConfig({ auths: { "registry.test": {} }, credsStore: "osxkeychain" });
    expect(credentialsFor(config, "registry.test", "a")).toMatchObject({ helper: "osxkeychain" });
    expect(credentialsFor(config, "other.test", "a")).toBeUndefined();
  });
});

describe("faults", () => {
  test.each<[string, unknown, string]>([
    ["no object", "hunter2", "at /: must be an object"],
    ["an array", [], "at /: must be an object"],
    ["null", null, "at /: must be an object"],
    ["auths", { auths: ["hunter2"] }, "at /auths: must be an object"],
    ["an entry", { auths: { "a.test": "hunter2" } }, "at /auths/a.test: must be an object"],
    ["a type", { auths: { "a.test": { password: 5 } } }, "at /auths/a.test/password: must be text"],
    ["no base64", { auths: { "a.test": { auth: "hunter2:pw" } } }, 'at /auths/a.test/auth: must be base64 of "user:password"'],
    ["no colon", { auths: { "a.test": { auth: base64("hunter2") } } }, 'at /auths/a.test/auth: must be base64 of "user:password"'],
    ["no UTF-8", { auths: { "a.test": { auth: "Ov8=" } } }, 'at /auths/a.test/auth: must be base64 of "user:password"'],
    [
      "Q40: a user with a colon",
      { auths: { "a.test": { username: "hunter2:x", password: "y" } } },
      "at /auths/a.test/username: must have no colon",
    ],
    ["a pointer", { auths: { "https://a.test/v1/": { auth: 5 } } }, "at /auths/https:~1~1a.test~1v1~1/auth: must be text"],
    ["a helper", { credHelpers: { "a.test": {} } }, "at /credHelpers/a.test: must be text"],
    ["a store", { credsStore: 7 }, "at /credsStore: must be text"],
    ["a user in a key", { auths: { "https://hunter2:pw@a.test": {} } }, "at /auths: a key is not a registry host, with or without a path"],
    ["an empty key", { auths: { "": {} } }, "at /auths: a key is not a registry host, with or without a path"],
  ])("%s", (_, json, message) => {
    expect(() => parseDockerConfig(json)).toThrow(new Error(message));
  });

  test("nothing is configured by an empty object, or by what is of no concern here", () => {
    expect(parseDockerConfig({})).toEqual({ entries: [] });
    expect(parseDockerConfig({ HttpHeaders: { a: "b" }, psFormat: "x", auths: null })).toEqual({ entries: [] });
  });
});

describe("properties", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 40 });

  test("any user and password are read back from their base64", () => {
    fc.assert(
      fc.property(
        text.filter((user) => !user.includes(":") && user !== ""),
        text.filter((password) => !password.endsWith("\0") && password !== ""),
        (username, password) => {
          fc.pre(Buffer.from(`${username}:${password}`, "utf8").toString("utf8") === `${username}:${password}`);
          expect(entry({ auth: base64(`${username}:${password}`) })).toMatchObject({ username, password });
        },
      ),
    );
  });

  test("any JSON either parses or fails naming a place, and never repeats a value", () => {
    const secret = "hunter2-hunter2";
    const value = fc.oneof(
      fc.constantFrom(secret, base64(secret), null, 5, true),
      fc.dictionary(
        fc.constantFrom("auth", "username", "password", "identitytoken", "x"),
        fc.constantFrom(secret, base64(secret), 5, null),
      ),
    );
    const config = fc.record(
      {
        auths: fc.oneof(value, fc.dictionary(fc.constantFrom("a.test", "b.test/c", "https://d.test/"), value)),
        credHelpers: fc.oneof(value, fc.dictionary(fc.constantFrom("a.test"), value)),
        credsStore: value,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(config, (json) => {
        try {
          const parsed = parseDockerConfig(json);
          expect(() => credentialsFor(parsed, "a.test", "c")).not.toThrow();
        } catch (error) {
          expect((error as Error).message).toMatch(/^at \/[\w./:~]*: /);
          expect((error as Error).message).not.toContain("hunter2");
          expect((error as Error).message).not.toContain(base64(secret));
        }
      }),
    );
  });
});
