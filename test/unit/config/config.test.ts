import { describe, expect, test } from "vitest";
import { configOf, parseConfig } from "../../../src/config/config.ts";
import { ConfigError } from "../../../src/config/config-error.ts";
import { credentialsFor } from "../../../src/registry/credentials.ts";

const SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

test("nothing set is a configuration: its defaults", () => {
  const config = parseConfig({ COPY_JOBS: {}, SOME_SECRET: "x" });
  expect(config).toMatchObject({
    registries: {},
    tokens: [],
    allowAnonymous: false,
    policy: undefined,
    sliceSeconds: 600,
    patienceSeconds: 60,
  });
  expect(credentialsFor(config.dockerConfig, "ghcr.io", "acme/app")).toBeUndefined();
});

test("everything set, text and tables mixed", () => {
  const config = parseConfig({
    REGISTRY_AUTH: JSON.stringify({ auths: { "ghcr.io": { username: "me", password: "hunter2" } } }),
    REGISTRIES: { "localhost:5000": { http: true, private: true } },
    API_TOKENS: JSON.stringify([{ name: "ci", sha256: SHA }]),
    ALLOW_ANONYMOUS: "true",
    POLICY: [{ from: "**", to: "ghcr.io/**" }],
    SLICE_SECONDS: "30",
    STAGE_TTL_HOURS: 48,
    JOB_TTL_DAYS: "7",
    PATIENCE_SECONDS: "5",
  });
  expect(config).toMatchObject({
    registries: { "localhost:5000": { http: true, private: true } },
    tokens: [{ name: "ci", sha256: SHA }],
    allowAnonymous: true,
    policy: [{ from: "**", to: "ghcr.io/**" }],
    sliceSeconds: 30,
    stageTtlHours: 48,
    jobTtlDays: 7,
    patienceSeconds: 5,
  });
  expect(credentialsFor(config.dockerConfig, "ghcr.io", "acme/app")).toMatchObject({ username: "me", password: "hunter2" });
});

describe("a fault anywhere is a ConfigError with variable and place", () => {
  test.each<[Record<string, unknown>, string, string]>([
    [{ REGISTRY_AUTH: '{"auths": hunter2' }, "REGISTRY_AUTH", "#"],
    [{ REGISTRY_AUTH: "[]" }, "REGISTRY_AUTH", "#"],
    [{ REGISTRY_AUTH: '{"auths":{"ghcr.io":{"auth":"hunter2"}}}' }, "REGISTRY_AUTH", "#/auths/ghcr.io/auth"],
    [{ REGISTRY_AUTH: '{"auths":{"r.io:5000/a":{"password":["hunter2"]}}}' }, "REGISTRY_AUTH", "#/auths/r.io:5000~1a/password"],
    [{ REGISTRIES: '{"ghcr.io":{"x":1}}' }, "REGISTRIES", "#/ghcr.io/x"],
    [{ API_TOKENS: [{ name: "ci", sha256: "hunter2" }] }, "API_TOKENS", "#/0/sha256"],
    [{ ALLOW_ANONYMOUS: "hunter2" }, "ALLOW_ANONYMOUS", "#"],
    [{ POLICY: [{ from: "**" }] }, "POLICY", "#/0/to"],
    [{ SLICE_SECONDS: "hunter2" }, "SLICE_SECONDS", "#"],
    [{ STAGE_TTL_HOURS: "0" }, "STAGE_TTL_HOURS", "#"],
    [{ JOB_TTL_DAYS: "1.5" }, "JOB_TTL_DAYS", "#"],
    [{ PATIENCE_SECONDS: -1 }, "PATIENCE_SECONDS", "#"],
  ])("%j", (variables, variable, pointer) => {
    let thrown: unknown;
    try {
      parseConfig(variables);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ConfigError);
    expect(thrown).toMatchObject({ variable, pointer });
    expect((thrown as ConfigError).message).toContain(variable);
    expect((thrown as ConfigError).message).not.toContain("hunter2");
  });
});

test("one environment is read once, sound or broken", () => {
  let reads = 0;
  const env = (value: string) => ({
    get SLICE_SECONDS() {
      reads++;
      return value;
    },
  });
  const sound = env("5");
  expect(configOf(sound)).toBe(configOf(sound));
  expect(reads).toBe(1);
  const broken = env("x");
  expect(() => configOf(broken)).toThrow(ConfigError);
  expect(() => configOf(broken)).toThrow("SLICE_SECONDS must be");
  expect(reads).toBe(2);
});
