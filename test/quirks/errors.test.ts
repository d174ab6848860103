/** Quirks 4, the end: limits, pauses, and how registries word their refusals. */
import { describe, expect, it } from "vitest";
import type { FaultAction } from "../support/registry/faults.ts";
import { BLOB, bearer, Client, failureOf, layer, MANIFEST, PASSWORD, seed, USER, withRegistry } from "./client.ts";

const { digest } = MANIFEST.descriptor;
const oci = (code: string, message = "") => ({ errors: [{ code, message }] });

/** The failure of resolving a tag that a registry always answers so. */
async function resolving(action: FaultAction): Promise<Awaited<ReturnType<typeof failureOf>>> {
  let failure: Awaited<ReturnType<typeof failureOf>> | undefined;
  await withRegistry({}, async (registry) => {
    await registry.fail({ times: "always", action });
    failure = await failureOf(new Client(registry, { as: "source" }).repository.fetchManifest("1"));
  });
  return failure as Awaited<ReturnType<typeof failureOf>>;
}

describe("a limit", () => {
  it("Q136 is named with its window, whatever form it has", async () => {
    const headers = { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "0;w=21600" };
    const failure = await resolving({
      status: 429,
      retryAfter: 3600,
      headers,
      body: oci("TOOMANYREQUESTS", "You have reached your pull rate limit"),
    });
    expect(failure).toMatchObject({ code: "rate-limited", retry: "later", waitMs: 3_600_000 });
    expect(failure.message).toContain("its limit is 100 in 21600 s");
  });

  it.each<[string, Omit<FaultAction, "status">, number]>([
    ["Q137 in seconds", { retryAfter: 90 }, 90_000],
    ["Q137 as a date", { headers: { date: "Wed, 25 Nov 2026 10:00:00 GMT", "retry-after": "Wed, 25 Nov 2026 10:01:30 GMT" } }, 90_000],
    ["Q137 in the body, GHCR's way", { body: "toomanyrequests: retry-after: 1m30s, allowed: 44000/minute" }, 90_000],
  ])("%s asks for a pause, which is kept in full", async (_, action, waitMs) => {
    expect(await resolving({ status: 429, ...action })).toMatchObject({ code: "rate-limited", retry: "later", waitMs });
  });

  it("Q137 of the token server alike", async () => {
    await withRegistry(bearer(), async (registry) => {
      await registry.fail({ server: "token", times: "always", action: { status: 429, retryAfter: 90 } });
      const client = new Client(registry, { credentials: { username: USER, password: PASSWORD } });
      expect(await failureOf(client.repository.resolve("1"))).toMatchObject({ code: "rate-limited", waitMs: 90_000 });
    });
  });

  it("Q137 that passes soon is waited for", async () => {
    await withRegistry({}, async (registry) => {
      await seed(registry);
      await registry.fail({ action: { status: 429, body: "toomanyrequests: retry-after: 985.86µs, allowed: 44000/minute" } });
      const client = new Client(registry, { as: "source" });
      expect((await client.repository.resolve("1")).digest).toBe(digest);
      expect(await client.requests()).toEqual(["HEAD 429", "HEAD 200"]);
    });
  });

  it("Q137 is kept in full with a back-off on top, so that not all come back in the same instant", async () => {
    await withRegistry({}, async (registry) => {
      await seed(registry);
      await registry.fail({ times: 2, action: { status: 429, retryAfter: 3 } });
      const slept: number[] = [];
      const effects = { random: () => 0.5, sleep: async (ms: number) => void slept.push(ms) };
      await new Client(registry, { as: "source", effects }).repository.resolve("1");
      expect(slept).toEqual([3_125, 3_250]);
    });
  });
});

describe("the words of a refusal", () => {
  it("Q138 are not read to their end where there are very many", async () => {
    await withRegistry({}, async (registry) => {
      await registry.fail({ action: { status: 400, body: "<html>", bodyTimes: 20_000_000, noLength: true } });
      await failureOf(new Client(registry, { as: "source" }).repository.fetchManifest("1"));
      const [request] = await registry.requests();
      // What is on its way in between is sent, too.
      expect(request?.bytesOut).toBeLessThan(40_000_000);
    });
  });

  it.each(["oci", "hub", "html", "empty"] as const)("Q138 in the style %s change nothing about what it means", async (errorStyle) => {
    await withRegistry({ quirks: { errorStyle } }, async (registry) => {
      const { repository } = new Client(registry, { as: "source" });
      expect(await failureOf(repository.resolve("1"))).toMatchObject({ code: "not-found", retry: "never", upstream: { status: 404 } });
      expect(await failureOf(repository.openBlob(BLOB, 0))).toMatchObject({ code: "not-found", retry: "never" });
      const target = new Client(registry);
      expect(await target.repository.headManifest("1")).toBeUndefined();
      expect(await target.place(layer(71))).toBe("copied");
    });
  });

  it.each<[string, FaultAction, object]>([
    ["Q138 Docker Hub's", { status: 400, body: { details: "invalid repository name" } }, { code: "unsupported" }],
    ["Q138 a page without an end", { status: 502, body: `<html>${"a".repeat(300_000)}` }, { code: "registry-unavailable", retry: "later" }],
    ["Q138 broken JSON", { status: 404, body: '{"errors":[{"code":' }, { code: "not-found" }],
    ["Q139 UNKNOWN and `Not Found`", { status: 400, body: oci("UNKNOWN", "Not Found") }, { code: "not-found" }],
    ["Q139 UNKNOWN with a 500", { status: 500, body: oci("UNKNOWN", "internal error") }, { code: "registry-unavailable", retry: "later" }],
    ["Q139 a registry's own code", { status: 416, body: oci("RANGE_ERROR") }, { code: "unsupported" }],
    ["Q140 NAME_UNKNOWN", { status: 404, body: oci("NAME_UNKNOWN", "repository name not known") }, { code: "not-found", retry: "never" }],
    ["Q140 403 of a repository that may not exist", { status: 403, body: oci("DENIED") }, { code: "access-denied", retry: "never" }],
  ])("%s", async (_, action, expected) => {
    const failure = await resolving(action);
    expect(failure).toMatchObject({ ...expected, side: "source", upstream: { status: action.status } });
    expect(failure.message.length).toBeLessThan(600);
  });

  it("Q140 of a repository that is missing at the destination say what can be done", async () => {
    await withRegistry({ quirks: { repositories: "must-exist-404" } }, async (registry) => {
      const failure = await failureOf(new Client(registry).place(layer(72)));
      expect(failure).toMatchObject({ code: "not-found", side: "destination", upstream: { code: "NAME_UNKNOWN" } });
      expect(failure.message).toContain("created");
    });
  });
});

describe("a warning", () => {
  it("Q141 is passed on, and fails nothing", async () => {
    await withRegistry({}, async (registry) => {
      await seed(registry);
      const warning = '299 - "acme/app will move to registry.example", 110 cache "Response is stale"';
      await registry.fail({ times: "always", action: { headers: { warning } } });
      const client = new Client(registry, { as: "source" });
      expect((await client.repository.fetchManifest("1")).descriptor.digest).toBe(digest);
      expect(client.warnings).toEqual(["acme/app will move to registry.example"]);
    });
  });
});

describe("an address", () => {
  it("Q146 may have any port", async () => {
    await withRegistry({}, async (registry) => {
      await seed(registry);
      expect(registry.host).toMatch(/:\d{4,5}$/);
      expect((await new Client(registry, { as: "source" }).repository.resolve("1")).digest).toBe(digest);
    });
  });
});
