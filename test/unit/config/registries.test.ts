import { expect, test } from "vitest";
import { ConfigError } from "../../../src/config/config-error.ts";
import { readRegistries } from "../../../src/config/registries.ts";

test("reads every setting, as text and as a table", () => {
  const settings = {
    http: true,
    private: true,
    upload: "chunked",
    chunkSize: 67_108_864,
    concurrency: 6,
    requestsPerSecond: 0.5,
    createRepository: true,
    realms: ["auth.example.com", "Auth.Internal:5001"],
    endpoint: "http://10.0.0.1:5000/base/",
  };
  const expected = {
    "registry.internal:5000": { ...settings, realms: ["auth.example.com", "auth.internal:5001"], endpoint: "http://10.0.0.1:5000/base" },
  };
  expect(readRegistries({ REGISTRIES: { "registry.internal:5000": settings } })).toEqual(expected);
  expect(readRegistries({ REGISTRIES: JSON.stringify({ "Registry.Internal:5000": settings }) })).toEqual(expected);
  expect(readRegistries({})).toEqual({});
});

test.each([
  ["docker.io", "docker.io"],
  ["index.docker.io", "docker.io"],
  ["registry-1.docker.io", "docker.io"],
  ["GHCR.io", "ghcr.io"],
  ["localhost", "localhost"],
  ["127.0.0.1:5000", "127.0.0.1:5000"],
  ["[::1]:5000", "[::1]:5000"],
])("the host %s is %s", (key, host) => {
  expect(readRegistries({ REGISTRIES: { [key]: { concurrency: 2 } } })).toEqual({ [host]: { concurrency: 2 } });
});

test.each<[unknown, string, string]>([
  ["[", "#", "is not JSON: it ends too early"],
  [[], "#", "must be an object"],
  [{ "ghcr.io": true }, "#/ghcr.io", "must be an object"],
  [{ "ghcr.io": { https: true } }, "#/ghcr.io/https", "is not a known field"],
  [{ "r.io:5000": { http: "yes" } }, "#/r.io:5000/http", "must be true or false"],
  [{ "ghcr.io": { upload: "stream" } }, "#/ghcr.io/upload", 'must be one of "auto", "monolithic", "patch", "chunked"'],
  [{ "ghcr.io": { chunkSize: 1 } }, "#/ghcr.io/chunkSize", "must be at least 1024"],
  [{ "ghcr.io": { concurrency: 0 } }, "#/ghcr.io/concurrency", "must be at least 1"],
  [{ "ghcr.io": { concurrency: 1.5 } }, "#/ghcr.io/concurrency", "must be a whole number"],
  [{ "ghcr.io": { requestsPerSecond: 0 } }, "#/ghcr.io/requestsPerSecond", "must be more than 0"],
  [{ "ghcr.io": { realms: "auth.example.com" } }, "#/ghcr.io/realms", "must be an array"],
  [{ "ghcr.io": { realms: ["https://auth.example.com/token"] } }, "#/ghcr.io/realms/0", "must be a host, with a port where it needs one"],
  [{ "ghcr.io": { realms: ["a.io", "user@b.io"] } }, "#/ghcr.io/realms/1", "must be a host, with a port where it needs one"],
  [{ "ghcr.io": { endpoint: "ghcr.io" } }, "#/ghcr.io/endpoint", "must be an https URL"],
  [{ "ghcr.io": { endpoint: "ftp://ghcr.io" } }, "#/ghcr.io/endpoint", "must be an https URL"],
  [{ "ghcr.io": { endpoint: "http://ghcr.io" } }, "#/ghcr.io/endpoint", 'must be an https URL, unless "http" is true'],
  [
    { "ghcr.io": { endpoint: "https://user:hunter2@ghcr.io" } },
    "#/ghcr.io/endpoint",
    "must have no user, query or fragment: credentials belong in REGISTRY_AUTH",
  ],
  [{ registry: {} }, "#/registry", "is not a registry host: it needs a dot, a port, or to be localhost, and has no path"],
  [{ "ghcr.io/acme": {} }, "#/ghcr.io~1acme", "is not a registry host: it needs a dot, a port, or to be localhost, and has no path"],
  [{ "https://ghcr.io": {} }, "#/https:~1~1ghcr.io", "is not a registry host: it needs a dot, a port, or to be localhost, and has no path"],
  [{ "": {} }, "#/", "is not a registry host: it needs a dot, a port, or to be localhost, and has no path"],
  [{ "docker.io": {}, "index.docker.io": {} }, "#/index.docker.io", "is the same registry as an entry before it: docker.io"],
])("%j is refused at %s", (value, pointer, detail) => {
  expect(() => readRegistries({ REGISTRIES: value })).toThrow(new ConfigError("REGISTRIES", pointer, detail));
});
