import { expect, test } from "vitest";
import { secretsOf, withoutSecrets } from "../../../src/registry/secrets.ts";

test.each([
  ["a password", { username: "u", password: "hunter2" }, "wrong password: hunter2!", "wrong password: …!"],
  ["Basic", { username: "u", password: "hunter2" }, "got dTpodW50ZXIy", "got …"],
  ["a password inside JSON", { password: 'a"b\nc' }, '{"got":"a\\"b\\nc"}', '{"got":"…"}'],
  ["a password inside a URL", { password: "a/b c" }, "?password=a%2Fb%20c", "?password=…"],
  ["a password inside a form", { password: "a/b c!" }, "password=a%2Fb+c%21&x", "password=…&x"],
  ["an identity token", { identityToken: "refresh" }, "refresh is old", "… is old"],
  ["a registry token", { registryToken: "ready" }, "ready is old", "… is old"],
  ["a secret that begins like another", { password: "ready", registryToken: "ready-made" }, "ready-made ready", "… …"],
  ["an empty password", { username: "u", password: "" }, "abc", "abc"],
])("cuts out %s", (_, credentials, text, expected) => {
  expect(withoutSecrets(text, secretsOf({ id: "registry.test", ...credentials }))).toBe(expected);
});

test("nobody has no secrets", () => {
  expect(secretsOf(undefined)).toEqual([]);
});
