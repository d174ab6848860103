import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../src/config/config-error.ts";
import { COPY_RULES } from "../../../src/config/rules.ts";
import { API_TOKENS } from "../../../src/config/tokens.ts";
import { structuredAs } from "../../../src/config/variables.ts";

const SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const OTHER = SHA.replace("9f", "af");

const tokens = (value: unknown) => structuredAs({ API_TOKENS: value }, "API_TOKENS", API_TOKENS);

test("reads tokens in every form", () => {
  expect(tokens(undefined)).toBeUndefined();
  expect(tokens("[]")).toEqual([]);
  expect(
    tokens([
      { name: "ci", sha256: SHA.toUpperCase() },
      { name: "ops@acme", sha256: OTHER, allow: [{ from: "docker.io/**", to: "ghcr.io/acme/**" }], expires: "2027-01-31T01:00:00+01:00" },
      { name: "nothing", sha256: OTHER.replace("af", "bf"), allow: [] },
    ]),
  ).toEqual([
    { name: "ci", sha256: SHA },
    { name: "ops@acme", sha256: OTHER, allow: [{ from: "docker.io/**", to: "ghcr.io/acme/**" }], expires: Date.UTC(2027, 0, 31) },
    { name: "nothing", sha256: OTHER.replace("af", "bf"), allow: [] },
  ]);
});

test.each<[unknown, string, string]>([
  ['[{"name":"ci","sha256":hunter2}]', "#", "is not JSON: see line 1, column 24"],
  [{ ci: "hunter2" }, "#", "must be an array"],
  ["hunter2", "#", "is not JSON: see line 1, column 1"],
  [["hunter2"], "#/0", "must be an object"],
  [[{ sha256: SHA }], "#/0/name", "is required"],
  [[{ name: "", sha256: SHA }], "#/0/name", "must be 1 to 64 letters, digits, spaces or any of . _ @ -"],
  [[{ name: "anonymous", sha256: SHA }], "#/0/name", 'must not be "anonymous"'],
  [[{ name: "ci" }], "#/0/sha256", "is required"],
  [[{ name: "ci", sha256: "hunter2" }], "#/0/sha256", "must be the token's SHA-256 as 64 hex digits"],
  [
    [{ name: "ci", sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }],
    "#/0/sha256",
    "is the hash of an empty token",
  ],
  [[{ name: "ci", sha256: SHA, token: "hunter2" }], "#/0/token", "is not a known field"],
  [[{ name: "ci", sha256: SHA, expires: "tomorrow" }], "#/0/expires", "must be a date and time as in RFC 3339: 2027-01-31T00:00:00Z"],
  [[{ name: "ci", sha256: SHA, expires: "2027-01-31" }], "#/0/expires", "must be a date and time as in RFC 3339: 2027-01-31T00:00:00Z"],
  [
    [
      { name: "ci", sha256: SHA },
      { name: "ci", sha256: OTHER },
    ],
    "#/1/name",
    "must be unique",
  ],
  [
    [
      { name: "ci", sha256: SHA },
      { name: "cd", sha256: SHA.toUpperCase() },
    ],
    "#/1/sha256",
    "must be unique: two names for one token",
  ],
  [[{ name: "ci", sha256: SHA, allow: [{ from: "docker.io/**" }] }], "#/0/allow/0/to", "is required"],
  [
    [{ name: "ci", sha256: SHA, allow: [{ from: "docker.io/**", to: "*" }] }],
    "#/0/allow/0/to",
    "matches no repository: names have the form host/path (use ** for all of them)",
  ],
])("%j is refused at %s, and never repeated", (value, pointer, detail) => {
  expect(() => tokens(value)).toThrow(new ConfigError("API_TOKENS", pointer, detail));
  expect(`${pointer}${detail}`).not.toContain("hunter2");
});

describe("POLICY", () => {
  const policy = (value: unknown) => structuredAs({ POLICY: value }, "POLICY", COPY_RULES);

  test("unset is not empty", () => {
    expect(policy("")).toBeUndefined();
    expect(policy("[]")).toEqual([]);
    expect(policy('[{"from":"**","to":"ghcr.io/acme/**"}]')).toEqual([{ from: "**", to: "ghcr.io/acme/**" }]);
  });

  test.each<[unknown, string, string]>([
    [[{ from: "**", to: "**", why: "x" }], "#/0/why", "is not a known field"],
    [[{ from: "**", to: "ghcr.io/a:1" }], "#/0/to", "matches no repository: rules are about repositories, without tag and digest"],
    [[{ from: "", to: "**" }], "#/0/from", "must not be empty"],
    ["true", "#", "must be an array"],
    ["null", "#", "must be an array"],
  ])("%j is refused at %s", (value, pointer, detail) => {
    expect(() => policy(value)).toThrow(new ConfigError("POLICY", pointer, detail));
  });
});
