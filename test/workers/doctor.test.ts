/** The doctor at real bindings and a registry on a socket. */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { tryBucket } from "../../src/staging/try-bucket.ts";
import { api } from "../support/copy-service.ts";
import { NOBODY, PASSWORD } from "../support/worker-variables.ts";

test("says which registries answer and which don't, and tries the bucket", async () => {
  const response = await api("GET", "/doctor");
  const text = await response.text();
  const { checks } = JSON.parse(text) as { checks: { name: string; status: string; detail: string }[] };
  const of = (name: string) => checks.find((check) => check.name === name);
  expect(response.status).toBe(503);
  expect(of("stage")).toEqual({ name: "stage", status: "pass", detail: "written, read and removed" });
  expect(of(`registry ${NOBODY}`)?.status).toBe("fail");
  expect(checks.filter(({ name, status }) => name.startsWith("registry ") && status === "pass").length).toBeGreaterThan(0);
  expect(text).not.toContain(PASSWORD);
});

test("leaves nothing behind in the bucket", async () => {
  await tryBucket(env.STAGE, "x");
  expect((await env.STAGE.list({ prefix: "trial/" })).objects).toEqual([]);
});
