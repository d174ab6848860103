import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../src/config/config-error.ts";
import { apiFixture, JOB_ID, jobDocument, problemIn } from "./api-fixture.ts";

const READABLE = { jobs: { [JOB_ID]: { read: async () => jobDocument() } } };

describe("addresses and methods", () => {
  test.each(["/", "/copy/x", "/cop", "/jobs/a/b/c", "/jobs/a/pause", "//copy", "/Copy", "/jobs/%2e%2e"])(
    "GET %s is not found",
    async (path) => {
      const problem = await problemIn(await apiFixture().send("GET", path));
      expect(problem).toMatchObject({ status: 404, code: "not-found" });
    },
  );

  test.each<[string, string, string]>([
    ["GET", "/copy", "POST, OPTIONS"],
    ["PUT", "/copy", "POST, OPTIONS"],
    ["HEAD", "/copy", "POST, OPTIONS"],
    ["POST", "/jobs", "GET, HEAD, OPTIONS"],
    ["DELETE", `/jobs/${JOB_ID}`, "GET, HEAD, OPTIONS"],
    ["GET", `/jobs/${JOB_ID}/cancel`, "POST, OPTIONS"],
    ["PUT", `/jobs/${JOB_ID}/retry`, "POST, OPTIONS"],
    ["POST", `/jobs/${JOB_ID}/events`, "GET, HEAD, OPTIONS"],
    ["POST", "/healthz", "GET, HEAD, OPTIONS"],
  ])("%s %s is not allowed", async (method, path, allow) => {
    const response = await apiFixture().send(method, path);
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe(allow);
    if (method !== "HEAD") {
      expect((await problemIn(response)).code).toBe("invalid-request");
    }
  });

  test.each([
    ["/copy", "POST, OPTIONS"],
    ["/jobs", "GET, HEAD, OPTIONS"],
    ["/healthz", "GET, HEAD, OPTIONS"],
  ])("OPTIONS %s tells the methods to anyone", async (path, allow) => {
    const response = await apiFixture().send("OPTIONS", path, { headers: { authorization: "" } });
    expect([response.status, response.headers.get("allow"), await response.text()]).toEqual([204, allow, ""]);
  });

  test("HEAD is GET without content", async () => {
    const api = apiFixture(READABLE);
    const get = await api.send("GET", `/jobs/${JOB_ID}`);
    const head = await api.send("HEAD", `/jobs/${JOB_ID}`);
    expect(head.status).toBe(200);
    expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(get.headers));
    expect(await head.text()).toBe("");
  });
});

describe("callers without a good token", () => {
  test.each([
    ["POST", "/copy"],
    ["GET", "/jobs"],
    ["GET", `/jobs/${JOB_ID}`],
    ["HEAD", `/jobs/${JOB_ID}`],
    ["POST", `/jobs/${JOB_ID}/cancel`],
    ["POST", `/jobs/${JOB_ID}/retry`],
    ["GET", `/jobs/${JOB_ID}/events`],
  ])("%s %s is refused", async (method, path) => {
    for (const authorization of ["", "Bearer wrong", "Basic eDp3cm9uZw=="]) {
      const response = await apiFixture(READABLE).send(method, path, { headers: { authorization } });
      expect(response.status).toBe(401);
      const challenges = response.headers.get("www-authenticate");
      expect(challenges).toContain('Bearer realm="transship"');
      expect(challenges).toContain('Basic realm="transship", charset="UTF-8"');
      expect(challenges?.includes("invalid_token")).toBe(authorization !== "");
    }
  });

  test("the answer does not repeat what was sent", async () => {
    const response = await apiFixture().send("GET", "/jobs", { headers: { authorization: "Bearer hunter2" } });
    expect(JSON.stringify(await problemIn(response))).not.toContain("hunter2");
  });

  test("with ALLOW_ANONYMOUS none is needed", async () => {
    const response = await apiFixture({ config: { tokens: [], allowAnonymous: true } }).send("GET", "/jobs", {
      headers: { authorization: "" },
    });
    expect(response.status).toBe(200);
  });
});

describe("pages of other sites", () => {
  test.each(["cross-site", "same-site"])("can't have a browser start, cancel or retry anything (%s)", async (site) => {
    const api = apiFixture();
    for (const path of ["/copy?source=busybox&destination=b.io/x", `/jobs/${JOB_ID}/cancel`, `/jobs/${JOB_ID}/retry`]) {
      const response = await api.send("POST", path, { headers: { "sec-fetch-site": site } });
      expect(await problemIn(response)).toMatchObject({ status: 403, code: "forbidden" });
    }
    expect(api.submitted).toEqual([]);
    expect((await api.send("GET", "/jobs", { headers: { "sec-fetch-site": site } })).status).toBe(200);
  });

  test.each(["same-origin", "none"])("the dashboard and a bookmark can (%s)", async (site) => {
    const headers = { "sec-fetch-site": site };
    expect((await apiFixture().send("POST", "/copy?source=busybox&destination=b.io/x", { headers })).status).toBe(202);
  });
});

describe("broken configuration", () => {
  const broken = {
    config: () => {
      throw new ConfigError("API_TOKENS", "#/0/sha256", "must be the token's SHA-256 as 64 hex digits");
    },
  };

  test.each([
    ["GET", "/jobs"],
    ["POST", "/copy"],
    ["GET", "/nothing"],
    ["PUT", "/copy"],
  ])("%s %s says what is wrong with it", async (method, path) => {
    const api = apiFixture(broken);
    const problem = await problemIn(await api.send(method, path));
    expect(problem).toMatchObject({ status: 500, code: "internal" });
    expect(problem.detail).toContain("API_TOKENS at #/0/sha256 must be the token's SHA-256");
    expect(api.submitted).toEqual([]);
    expect(api.unexpected).toEqual([]);
  });

  test("/healthz fails", async () => {
    const response = await apiFixture(broken).send("GET", "/healthz", { headers: { authorization: "" } });
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ status: "fail", output: expect.stringContaining("API_TOKENS at #/0/sha256") });
  });
});

test("/healthz passes for anyone", async () => {
  const response = await apiFixture().send("GET", "/healthz", { headers: { authorization: "" } });
  expect([response.status, await response.json()]).toEqual([
    200,
    { status: "pass", checks: { jobs: { status: "pass" }, stage: { status: "pass" } } },
  ]);
});

test("/healthz fails where a binding does not answer, and says which but not why", async () => {
  const bindings = { jobs: async () => {}, stage: () => Promise.reject(new Error("hunter2")) };
  const response = await apiFixture({ bindings }).send("GET", "/healthz", { headers: { authorization: "" } });
  expect([response.status, await response.json()]).toEqual([
    503,
    { status: "fail", checks: { jobs: { status: "pass" }, stage: { status: "fail", output: "does not answer" } } },
  ]);
});

test("/healthz does not wait for a binding for ever", async () => {
  const bindings = { stage: () => new Promise(() => {}) };
  const response = await apiFixture({ bindings, sleep: async () => {} }).send("GET", "/healthz");
  expect(response.status).toBe(503);
});

test("an error inside is told to the operator and not to the caller", async () => {
  const error = new Error("SQLITE_ERROR: hunter2");
  const api = apiFixture({ jobs: { [JOB_ID]: { read: () => Promise.reject(error) } } });
  const problem = await problemIn(await api.send("GET", `/jobs/${JOB_ID}`));
  expect(problem).toMatchObject({ status: 500, code: "internal" });
  expect(JSON.stringify(problem)).not.toMatch(/SQLITE|hunter2/);
  expect(api.unexpected).toEqual([error]);
});

test.each([
  ["GET", "/jobs", 200],
  ["GET", "/nothing", 404],
  ["GET", "/copy", 405],
  ["OPTIONS", "/copy", 204],
  ["GET", "/healthz", 200],
  ["HEAD", "/jobs", 200],
  ["POST", "/copy?source=a", 422],
])("%s %s is kept by no cache", async (method, path, status) => {
  const response = await apiFixture().send(method, path);
  expect(response.status).toBe(status);
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
});
