import { expect, test } from "vitest";
import { parseDockerConfig } from "../../../src/registry/credentials.ts";
import { apiFixture, sha256, TOKEN } from "./api-fixture.ts";

const dockerConfig = parseDockerConfig({
  auths: { "ghcr.io": { username: "a", password: "canary" }, "ghcr.io/acme": { username: "b", password: "canary" } },
});

test("every registry of the configuration is asked once", async () => {
  const asked: string[] = [];
  const checkRegistry = async (host: string) => {
    asked.push(host);
    return { status: "pass" as const, detail: "reached" };
  };
  const response = await apiFixture({ config: { registries: { "a.io": {} }, dockerConfig }, checkRegistry }).send("GET", "/doctor");
  expect([response.status, asked]).toEqual([200, ["a.io", "ghcr.io"]]);
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({
    status: "pass",
    checks: [{ name: "configuration" }, { name: "jobs" }, { name: "stage" }, { name: "registry a.io" }, { name: "registry ghcr.io" }],
  });
  expect(text).not.toContain("canary");
});

test("one that does not answer is named, with the reason", async () => {
  const checkRegistry = async (host: string) =>
    host === "a.io" ? { status: "fail" as const, detail: "a.io did not answer" } : { status: "pass" as const, detail: "reached" };
  const response = await apiFixture({ config: { registries: { "a.io": {}, "b.io": {} } }, checkRegistry }).send("GET", "/doctor");
  expect([response.status, await response.json()]).toMatchObject([503, { status: "fail" }]);
});

test("without any registry it is Docker Hub that is asked", async () => {
  const response = await apiFixture().send("GET", "/doctor");
  expect(await response.text()).toContain("registry docker.io");
});

test("a token with rules learns nothing", async () => {
  const tokens = [{ name: "ci", sha256: sha256(TOKEN), allow: [] }];
  expect((await apiFixture({ config: { tokens } }).send("GET", "/doctor")).status).toBe(403);
});
