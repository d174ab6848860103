import { describe, expect, test } from "vitest";
import type { JobDocument } from "../../../src/jobs/document.ts";
import { apiFixture, JOB_ID, jobDocument, problemIn, sha256, TOKEN } from "./api-fixture.ts";

const COPY = { source: "busybox:1.36", destination: "ghcr.io/acme/busybox" };
const REQUEST = { source: "busybox:1.36", destination: ["ghcr.io/acme/busybox"] };
const ENDED = jobDocument({ status: "succeeded", finishedAt: "2026-11-23T00:00:01.000Z" });

describe("a good request", () => {
  test("is stored and answered with 202 and where to look", async () => {
    const api = apiFixture();
    const response = await api.send("POST", "/copy", { body: { ...COPY, labels: { team: "a" } } });
    expect(response.status).toBe(202);
    expect(response.headers.get("location")).toBe(`/jobs/${JOB_ID}`);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual(jobDocument());
    expect(api.submitted).toEqual([
      { request: { ...REQUEST, labels: { team: "a" } }, trigger: { kind: "api", name: "ci", actor: null }, idempotency: undefined },
    ]);
  });

  test("may come as a form", async () => {
    const api = apiFixture();
    const body = new URLSearchParams([
      ["source", "busybox"],
      ["destination", "a.io/x:1"],
      ["destination", "a.io/x:2"],
      ["labels.team", "a"],
    ]);
    expect((await api.send("POST", "/copy", { body })).status).toBe(202);
    expect(api.submitted[0]?.request).toEqual({ source: "busybox", destination: ["a.io/x:1", "a.io/x:2"], labels: { team: "a" } });
  });

  test("may come as a query with Basic, beside a body that is someone else's", async () => {
    const api = apiFixture();
    const response = await api.send("POST", "/copy?source=busybox&destination=a.io/x&destination=b.io/x&labels.by=hook", {
      headers: { authorization: `Basic ${btoa(`x:${TOKEN}`)}`, "content-type": "application/vnd.docker.distribution.events.v2+json" },
      body: '{"events": [',
    });
    expect(response.status).toBe(202);
    expect(api.submitted[0]?.request).toEqual({ source: "busybox", destination: ["a.io/x", "b.io/x"], labels: { by: "hook" } });
  });

  test("may come from anyone where that is allowed", async () => {
    const api = apiFixture({ config: { tokens: [], allowAnonymous: true } });
    await api.send("POST", "/copy", { body: COPY, headers: { authorization: "", "idempotency-key": "k" } });
    expect(api.submitted[0]).toMatchObject({
      trigger: { kind: "api", name: "anonymous", actor: null },
      idempotency: { principal: "api:anonymous" },
    });
  });
});

describe("Prefer: wait", () => {
  const waiting = (answer: (ms: number) => Promise<JobDocument | null>) => apiFixture({ jobs: { [JOB_ID]: { waitForEnd: answer } } });
  const send = (api: ReturnType<typeof apiFixture>, prefer: string) => api.send("POST", "/copy", { body: COPY, headers: { prefer } });

  test("gives the finished job", async () => {
    const waits: number[] = [];
    const api = waiting(async (ms) => {
      waits.push(ms);
      return ENDED;
    });
    const response = await send(api, "respond-async, wait=600");
    expect(response.status).toBe(200);
    expect(response.headers.get("preference-applied")).toBe("wait=60");
    expect(response.headers.get("location")).toBeNull();
    expect(await response.json()).toEqual(ENDED);
    expect(waits).toEqual([60_000]);
  });

  test("gives the job as it is after the wait", async () => {
    const running = jobDocument({ status: "running" });
    const response = await send(
      waiting(async () => running),
      "wait=1",
    );
    expect(response.status).toBe(202);
    expect(response.headers.get("location")).toBe(`/jobs/${JOB_ID}`);
    expect(await response.json()).toEqual(running);
  });

  test.each([
    ["is lost", async () => null],
    ["fails", () => Promise.reject(new Error("The Durable Object was reset"))],
  ])("tells of the stored job where the wait %s", async (_name, answer) => {
    const response = await send(waiting(answer), "wait=5");
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual(jobDocument());
  });

  test.each(["wait=soon", "wait=0", "respond-async"])("%s does not wait", async (prefer) => {
    const api = waiting(() => Promise.reject(new Error("waited")));
    expect((await send(api, prefer)).status).toBe(202);
    expect(api.unexpected).toEqual([]);
  });
});

describe("Idempotency-Key", () => {
  const send = (api: ReturnType<typeof apiFixture>, key: string) =>
    api.send("POST", "/copy", { body: COPY, headers: { "idempotency-key": key } });

  test("goes along with the caller's name", async () => {
    const api = apiFixture();
    await send(api, '"abc"');
    await send(api, "abc");
    expect(api.submitted.map(({ idempotency }) => idempotency)).toEqual([
      { principal: "api:ci", key: "abc" },
      { principal: "api:ci", key: "abc" },
    ]);
  });

  test.each([jobDocument({ status: "running" }), ENDED, jobDocument({ status: "failed" })])(
    "the same request again finds its job, and 200 is for who waits: %#",
    async (job) => {
      const api = apiFixture({ submit: async () => ({ outcome: "known", job }), jobs: { [JOB_ID]: { waitForEnd: async () => job } } });
      const response = await send(api, "abc");
      expect([response.status, response.headers.get("location")]).toEqual([202, `/jobs/${JOB_ID}`]);
      expect(await response.json()).toEqual(job);
      const waited = await api.send("POST", "/copy", { body: COPY, headers: { "idempotency-key": "abc", prefer: "wait=5" } });
      expect(waited.status).toBe(job.status === "running" ? 202 : 200);
    },
  );

  test("another request under the same key is refused", async () => {
    const problem = await problemIn(await send(apiFixture({ submit: async () => ({ outcome: "mismatch" }) }), "abc"));
    expect(problem).toMatchObject({ status: 422, code: "idempotency-mismatch" });
  });

  test("a key that is none is refused before anything happens", async () => {
    const api = apiFixture();
    expect(await problemIn(await send(api, '""'))).toMatchObject({ status: 400, code: "invalid-request" });
    expect(api.submitted).toEqual([]);
  });
});

describe("a bad request", () => {
  test.each<[string, string, { body?: BodyInit | object; headers?: Record<string, string> }, number, string, string[] | undefined]>([
    ["broken JSON", "", { body: "{", headers: { "content-type": "application/json" } }, 400, "invalid-request", undefined],
    ["no body", "", {}, 400, "invalid-request", undefined],
    ["another type", "", { body: "x", headers: { "content-type": "text/plain" } }, 415, "invalid-request", undefined],
    ["a large body", "", { body: { source: "x".repeat(300_000) } }, 413, "too-large", undefined],
    ["an array", "", { body: "[]", headers: { "content-type": "application/json" } }, 422, "invalid-request", ["#"]],
    ["unknown fields", "", { body: { ...COPY, src: "x", dst: "y" } }, 422, "invalid-request", ["#/src", "#/dst"]],
    ["wrong types", "", { body: { source: 1, destination: [true] } }, 422, "invalid-request", ["#/source", "#/destination/0"]],
    ["a field twice in the query", "?source=a&source=b&destination=c.io/x", {}, 422, "invalid-request", ["#/source"]],
    ["an unknown parameter", "?source=a&destination=c.io/x&wait=5", {}, 422, "invalid-request", ["#/wait"]],
    ["a parameter beside a body", "?wait=5", { body: COPY }, 422, "invalid-request", ["#/wait", "#/source", "#/destination"]],
    ["an option that says nothing without another", "", { body: { ...COPY, index: "single" } }, 422, "invalid-request", ["#/index"]],
  ])("%s", async (_name, query, init, status, code, pointers) => {
    const api = apiFixture();
    const problem = await problemIn(await api.send("POST", `/copy${query}`, init));
    expect(problem).toMatchObject({
      status,
      code,
      detail: expect.stringMatching(/^.+\.$/),
      title: expect.any(String),
      type: expect.any(String),
    });
    expect(problem.errors?.map(({ pointer }) => pointer).sort()).toEqual(pointers?.sort());
    expect(api.submitted).toEqual([]);
  });

  test("says the first fault in its detail", async () => {
    const { detail } = await problemIn(
      await apiFixture().send("POST", "/copy", { body: { source: "Busybox", destination: "a.io/x", x: 1 } }),
    );
    expect(detail).toMatch(/^x is not a known field, and 1 more fault\.$/);
  });

  test("is not even looked at without a token", async () => {
    const api = apiFixture();
    const response = await api.send("POST", "/copy", { body: "{", headers: { authorization: "", "content-type": "application/json" } });
    expect(response.status).toBe(401);
  });
});

describe("what may be copied", () => {
  const policy = [{ from: "docker.io/**", to: "ghcr.io/acme/**" }];
  const allow = [{ from: "**", to: "{ghcr.io/acme,quay.io/acme}/*" }];
  const limitedApi = () => apiFixture({ config: { policy, tokens: [{ name: "ci", sha256: sha256(TOKEN), allow }] } });
  const send = (api: ReturnType<typeof apiFixture>, destination: string | string[], source = "busybox") =>
    api.send("POST", "/copy", { body: { source, destination } });

  test("POLICY and the token's rules have to agree", async () => {
    const api = limitedApi();
    expect((await send(api, ["ghcr.io/acme/a", "ghcr.io/acme/b"])).status).toBe(202);
    const problem = await problemIn(await send(api, ["ghcr.io/acme/a", "quay.io/acme/b", "ghcr.io/acme/c/d", "evil.io/x"]));
    expect(problem).toMatchObject({ status: 403, code: "forbidden" });
    const busybox = "docker.io/library/busybox";
    expect(problem.errors).toEqual([
      {
        pointer: "#/destination/1",
        detail: `is not allowed by POLICY, from ${busybox} to quay.io/acme/b: no rule for the source ${busybox} covers the destination quay.io/acme/b`,
      },
      {
        pointer: "#/destination/2",
        detail: expect.stringContaining('is not allowed for the token "ci", from docker.io/library/busybox to ghcr.io/acme/c/d'),
      },
      { pointer: "#/destination/3", detail: expect.stringContaining("POLICY") },
      { pointer: "#/destination/3", detail: expect.stringContaining('the token "ci"') },
    ]);
    expect(api.submitted).toHaveLength(1);
  });

  test("rules see names in their full form, whatever way they are written", async () => {
    const api = limitedApi();
    expect((await send(api, "GHCR.io/acme/a", "index.docker.io/busybox")).status).toBe(202);
    expect((await send(api, "ghcr.io/acme/a", "quay.io/docker.io/x")).status).toBe(403);
  });

  test("a token without rules may do what POLICY allows, one with none at all nothing", async () => {
    expect((await send(apiFixture({ config: { policy } }), "ghcr.io/acme/a")).status).toBe(202);
    expect((await send(apiFixture({ config: { policy } }), "quay.io/acme/a")).status).toBe(403);
    expect((await send(apiFixture({ config: { policy: [] } }), "ghcr.io/acme/a")).status).toBe(403);
  });

  test("a token with an empty list of rules may do nothing", async () => {
    const tokens = [{ name: "ci", sha256: sha256(TOKEN), allow: [] }];
    expect((await send(apiFixture({ config: { policy, tokens } }), "ghcr.io/acme/a")).status).toBe(403);
    expect((await send(apiFixture({ config: { tokens } }), "ghcr.io/acme/a")).status).toBe(403);
  });

  test("callers without a token are under POLICY too", async () => {
    const api = apiFixture({ config: { policy, allowAnonymous: true } });
    const response = await api.send("POST", "/copy", {
      body: { source: "busybox", destination: "quay.io/x/y" },
      headers: { authorization: "" },
    });
    expect(response.status).toBe(403);
  });
});
