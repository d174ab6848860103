import { describe, expect, test } from "vitest";
import type { JobHandle } from "../../../src/api/deps.ts";
import type { JobDocument, JobStatus, RetryOutcome } from "../../../src/jobs/document.ts";
import { apiFixture, JOB_ID, jobDocument, problemIn, sha256, TOKEN } from "./api-fixture.ts";

const withJob = (handle: Partial<JobHandle>, job: JobDocument = jobDocument()) =>
  apiFixture({ jobs: { [JOB_ID]: { read: async () => job, ...handle } } });

/** An API whose token may copy from Docker Hub to ghcr.io/acme only, with a job of the given destination. */
function withLimits(destination: string, policy?: { from: string; to: string }[]) {
  const job = jobDocument({ request: { source: "busybox", destination: [destination] } });
  const tokens = [{ name: "ci", sha256: sha256(TOKEN), allow: [{ from: "docker.io/**", to: "ghcr.io/acme/*" }] }];
  const calls: string[] = [];
  const api = apiFixture({
    config: { tokens, policy },
    jobs: {
      [JOB_ID]: {
        read: async () => job,
        cancel: async () => {
          calls.push("cancel");
          return { ...job, status: "cancelled" };
        },
        retry: async () => {
          calls.push("retry");
          return { outcome: "retried", job };
        },
      },
    },
  });
  return { api, calls };
}

describe("ids that name no job", () => {
  const paths = ["", "/cancel", "/retry", "/events"];
  const ids = ["x", JOB_ID, "%00", "%F0%9F", "a".repeat(4000), "..%2f..", "'; DROP TABLE job; --"];
  test.each(ids.flatMap((id) => paths.map((path) => [id, path] as const)))("%.40s%s", async (id, path) => {
    // Of all these, one could be an id: its object says that there is nothing.
    const api = apiFixture({ jobs: { [JOB_ID]: {} } });
    const problem = await problemIn(await api.send(/cancel|retry/.test(path) ? "POST" : "GET", `/jobs/${encodeURI(id)}${path}`));
    expect(problem).toMatchObject({ status: 404, code: "not-found", detail: "There is no job with this id." });
  });
});

describe("GET /jobs/{id}", () => {
  test("gives the job, and 304 while it has not changed", async () => {
    let job = jobDocument();
    const api = apiFixture({ jobs: { [JOB_ID]: { read: async () => job } } });
    const first = await api.send("GET", `/jobs/${JOB_ID}`);
    expect(first.status).toBe(200);
    expect(await first.json()).toEqual(job);
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^W\/"/);

    const again = await api.send("GET", `/jobs/${JOB_ID}`, { headers: { "if-none-match": etag } });
    expect([again.status, again.headers.get("etag"), await again.text()]).toEqual([304, etag, ""]);

    job = jobDocument({ status: "running" });
    const changed = await api.send("GET", `/jobs/${JOB_ID}`, { headers: { "if-none-match": etag } });
    expect(changed.status).toBe(200);
    expect(changed.headers.get("etag")).not.toBe(etag);
  });
});

describe("GET /jobs", () => {
  test("gives a page and the way to the next", async () => {
    const api = apiFixture({ page: { jobs: [], cursor: "2026-11-23T00:00:00.000Z_0193585c" } });
    const response = await api.send("GET", "/jobs?status=failed&limit=2");
    expect(response.headers.get("link")).toBe('</jobs?status=failed&limit=2&cursor=2026-11-23T00%3A00%3A00.000Z_0193585c>; rel="next"');
    expect(await response.json()).toEqual({ jobs: [], cursor: "2026-11-23T00:00:00.000Z_0193585c" });

    const next = /<(.*)>/.exec(response.headers.get("link") ?? "")?.[1] ?? "";
    await api.send("GET", next);
    expect(api.queries).toEqual([
      { status: "failed", limit: 2 },
      { status: "failed", limit: 2, cursor: "2026-11-23T00:00:00.000Z_0193585c" },
    ]);
  });

  test("the last page leads nowhere", async () => {
    const response = await apiFixture().send("GET", "/jobs");
    expect(response.headers.get("link")).toBeNull();
    expect(await response.json()).toEqual({ jobs: [], cursor: null });
  });

  test.each<[string, object]>([
    ["", { limit: 50 }],
    ["?status=&limit=&cursor=", { limit: 50 }],
    ["?limit=100", { limit: 100 }],
    ["?limit=5000", { limit: 100 }],
    ["?limit=99999999999", { limit: 100 }],
    ["?limit=007", { limit: 7 }],
    ["?status=cancelled", { limit: 50, status: "cancelled" }],
  ])("%s asks for %j", async (query, expected) => {
    const api = apiFixture();
    expect((await api.send("GET", `/jobs${query}`)).status).toBe(200);
    expect(api.queries).toEqual([expected]);
  });

  test.each<[string, string[]]>([
    ["?status=done", ["#/status"]],
    ["?status=toString", ["#/status"]],
    ["?limit=0", ["#/limit"]],
    ["?limit=-1", ["#/limit"]],
    ["?limit=ten", ["#/limit"]],
    ["?limit=1e3", ["#/limit"]],
    ["?cursor=%20", ["#/cursor"]],
    [`?cursor=${"c".repeat(257)}`, ["#/cursor"]],
    ["?status=failed&status=running", ["#/status"]],
    ["?page=2&limit=x", ["#/page", "#/limit"]],
  ])("%s is refused", async (query, pointers) => {
    const api = apiFixture();
    const problem = await problemIn(await api.send("GET", `/jobs${query}`));
    expect(problem).toMatchObject({ status: 422, code: "invalid-request" });
    expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(pointers);
    expect(api.queries).toEqual([]);
  });
});

describe("POST /jobs/{id}/cancel", () => {
  test.each<[JobStatus, number]>([
    ["cancelled", 200],
    ["running", 202],
    ["queued", 202],
    ["succeeded", 409],
    ["failed", 409],
  ])("of a job that is then %s: %d", async (status, expected) => {
    const response = await withJob({ cancel: async () => jobDocument({ status }) }).send("POST", `/jobs/${JOB_ID}/cancel`);
    expect(response.status).toBe(expected);
    if (expected === 409) {
      expect(await problemIn(response)).toMatchObject({ code: "conflict", detail: `The job has already ${status}.` });
    } else {
      expect(await response.json()).toMatchObject({ id: JOB_ID, status });
    }
  });

  test("needs a token that may copy so", async () => {
    const { api, calls } = withLimits("quay.io/acme/x");
    const problem = await problemIn(await api.send("POST", `/jobs/${JOB_ID}/cancel`));
    expect(problem).toMatchObject({ status: 403, code: "forbidden" });
    expect(calls).toEqual([]);
  });

  test("stops a job that POLICY has come to forbid", async () => {
    const { api, calls } = withLimits("ghcr.io/acme/x", []);
    expect((await api.send("POST", `/jobs/${JOB_ID}/cancel`)).status).toBe(200);
    expect(calls).toEqual(["cancel"]);
  });
});

describe("POST /jobs/{id}/retry", () => {
  test("sets an ended job going again", async () => {
    const job = jobDocument({ status: "failed" });
    const retried = await withJob({ retry: async () => ({ outcome: "retried", job: jobDocument() }) }, job).send(
      "POST",
      `/jobs/${JOB_ID}/retry`,
    );
    expect(retried.status).toBe(202);
    expect(retried.headers.get("location")).toBe(`/jobs/${JOB_ID}`);
    expect(await retried.json()).toEqual(jobDocument());
  });

  test.each<[RetryOutcome, number, string]>([
    [{ outcome: "not-retryable", job: jobDocument() }, 409, "conflict"],
    [{ outcome: "unknown" }, 404, "not-found"],
  ])("%j: %d", async (outcome, status, code) => {
    const response = await withJob({ retry: async () => outcome }).send("POST", `/jobs/${JOB_ID}/retry`);
    expect(await problemIn(response)).toMatchObject({ status, code });
  });

  test.each<[string, { from: string; to: string }[] | undefined]>([
    ["quay.io/acme/x", undefined],
    ["ghcr.io/acme/x", []],
  ])("to %s needs the rights that the copy needs", async (destination, policy) => {
    const { api, calls } = withLimits(destination, policy);
    expect((await api.send("POST", `/jobs/${JOB_ID}/retry`)).status).toBe(403);
    expect(calls).toEqual([]);
  });
});

describe("GET /jobs/{id}/events", () => {
  test.each<[Record<string, string>, string, number | null]>([
    [{}, "", null],
    [{ "last-event-id": "7" }, "", 7],
    [{}, "?lastEventId=8", 8],
    [{ "last-event-id": "9" }, "?lastEventId=8", 9],
    [{ "last-event-id": "" }, "?lastEventId=8", null],
    [{ "last-event-id": "x" }, "", null],
    [{ "last-event-id": "-1" }, "", null],
    [{ "last-event-id": "9".repeat(30) }, "", null],
  ])("with %j%s goes on after %s", async (headers, query, expected) => {
    const asked: (number | null)[] = [];
    const api = withJob({
      events: async (last) => {
        asked.push(last);
        return new Response("event: end\n\n", { headers: { "content-type": "text/event-stream" } });
      },
    });
    const response = await api.send("GET", `/jobs/${JOB_ID}/events${query}`, { headers });
    expect(asked).toEqual([expected]);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.text()).toBe("event: end\n\n");
  });

  test("an answer from elsewhere, whose headers can't be changed, comes through", async () => {
    const foreign = Response.redirect("https://transship.example/", 302);
    expect(() => foreign.headers.set("x", "y")).toThrow();
    const response = await withJob({ events: async () => foreign }).send("GET", `/jobs/${JOB_ID}/events`);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("nothing more to come is 204", async () => {
    const response = await withJob({ events: async () => new Response(null, { status: 204 }) }).send("GET", `/jobs/${JOB_ID}/events`);
    expect(response.status).toBe(204);
  });

  test("HEAD leaves no stream open", async () => {
    let cancelled = false;
    const body = new ReadableStream({
      cancel: () => {
        cancelled = true;
      },
    });
    const api = withJob({ events: async () => new Response(body) });
    expect((await api.send("HEAD", `/jobs/${JOB_ID}/events`)).status).toBe(200);
    expect(cancelled).toBe(true);
  });
});
