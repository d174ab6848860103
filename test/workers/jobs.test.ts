/** A job as the API shows it: taken, found again, listed, and the same for the same key. */
import { describe, expect, it, test } from "vitest";
import type { JobDocument, JobSummary, Problem } from "../../src/jobs/document.ts";
import { api, apiJson, copy, freshName, jobEnd, readJob, registry, requestKinds, twoRegistries } from "../support/copy-service.ts";
import type { ImageOptions } from "../support/images/image.ts";

const SINGLE: ImageOptions = { seed: "jobs", platforms: ["linux/amd64"], index: "none", layers: [100] };
const UNKNOWN = "01890000-0000-7000-8000-000000000000";

/** A request for a copy of a small image. */
async function smallCopy() {
  const [from, to] = await twoRegistries();
  const name = freshName();
  const { digest } = await from.putImage(name, "1.0", SINGLE);
  return { from, to, name, digest, request: { source: `${from.host}/${name}:1.0`, destination: `${to.host}/${name}:1.0` } };
}

describe("POST /copy", () => {
  test("answers at once with the stored job and where it is", async () => {
    const { from, name, request } = await smallCopy();
    await from.fail({ path: "/manifests/", action: { hold: name } });

    const answer = await api("POST", "/copy", { ...request, labels: { why: "test" } });

    expect(answer.status).toBe(202);
    const job = (await answer.json()) as JobDocument;
    expect(Object.fromEntries(["location", "retry-after"].map((header) => [header, answer.headers.get(header)]))).toEqual({
      location: `/jobs/${job.id}`,
      "retry-after": "1",
    });
    expect(job).toMatchObject({
      status: "queued",
      source: request.source,
      digest: null,
      images: [
        { source: request.source, digest: null, destinations: [{ reference: request.destination, digest: null, status: "pending" }] },
      ],
      request: { source: request.source, destination: request.destination },
      labels: { why: "test" },
      trigger: { kind: "api", name: "anonymous", actor: null },
      startedAt: null,
      finishedAt: null,
      links: {
        self: `/jobs/${job.id}`,
        events: `/jobs/${job.id}/events`,
        cancel: `/jobs/${job.id}/cancel`,
        retry: `/jobs/${job.id}/retry`,
      },
    });

    await from.waitForRequests({ path: "/manifests/" });
    expect(await readJob(job.id)).toMatchObject({ id: job.id, status: "running", finishedAt: null });
    await from.release(name);
    const end = await jobEnd(job.id);
    expect(end).toMatchObject({ id: job.id, status: "succeeded", labels: { why: "test" }, createdAt: job.createdAt });
    expect(await readJob(job.id)).toEqual(end);
    const [created, started, finished] = [end.createdAt, end.startedAt, end.finishedAt].map((time) => Date.parse(time ?? ""));
    expect([created, started, finished]).toEqual([created, started, finished].toSorted());
  });

  test("waits for the end where that is preferred: 200 with the finished job", async () => {
    const { request, digest } = await smallCopy();
    const answer = await api("POST", "/copy", request, { prefer: "wait=15" });
    expect([answer.status, answer.headers.get("location"), answer.headers.get("preference-applied")]).toEqual([200, null, "wait=15"]);
    expect(await answer.json()).toMatchObject({ status: "succeeded", digest });
  });

  test("waits no longer than that: 202 with the job as it stands", async () => {
    const { from, name, request } = await smallCopy();
    await from.fail({ path: "/manifests/", action: { hold: name } });
    const answer = await api("POST", "/copy", request, { prefer: "wait=1" });
    const job = (await answer.json()) as JobDocument;
    expect([answer.status, job.status, answer.headers.get("location")]).toEqual([202, "running", `/jobs/${job.id}`]);
    await from.release(name);
    expect(await jobEnd(job.id)).toMatchObject({ status: "succeeded" });
  });

  test("stores nothing of a request that is refused", async () => {
    const to = await registry();
    const answer = await api("POST", "/copy", { source: "UPPER/case", destination: `${to.host}/a:1` });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([422, "application/problem+json"]);
    expect(await to.requests()).toEqual([]);
  });
});

test("a callback's address is shown nowhere with its query, where its secret is", async () => {
  const { to, request } = await smallCopy();
  await to.fail({ path: "/told", action: { status: 204 } });
  const callback = { url: `http://${to.host}/told?token=hush` };
  const answer = await api("POST", "/copy", { ...request, callback }, { prefer: "wait=15" });
  const job = (await answer.json()) as JobDocument;
  await to.waitForRequests({ path: "/told" });

  expect(job).toMatchObject({ status: "succeeded", request: { callback: { url: `http://${to.host}/told` } } });
  const paths = [`/jobs/${job.id}`, `/jobs/${job.id}/events`, `/jobs/${job.id}/images`, "/jobs"];
  const shown = [JSON.stringify(job), ...(await Promise.all(paths.map(async (path) => (await api("GET", path)).text())))];
  expect(shown.filter((text) => text.includes("hush"))).toEqual([]);
  expect((await to.requests({ path: "/told" })).map(({ query }) => query)).toEqual(["?token=hush"]);
});

describe("an idempotency key", () => {
  test("finds the same job for the same request, also after its end, and works once", async () => {
    const { to, name, request } = await smallCopy();
    const headers = { "idempotency-key": `key of ${name}` };
    const answers = await Promise.all([1, 2, 3].map(() => apiJson<JobDocument>("POST", "/copy", request, headers)));
    const [id] = answers.map((job) => job.id);
    expect(answers.map((job) => job.id)).toEqual([id, id, id]);
    await jobEnd(id as string);
    const late = await api("POST", "/copy", request, headers);
    expect([late.status, ((await late.json()) as JobDocument).id]).toEqual([202, id]);
    expect(await requestKinds(to)).toMatchObject({ "PUT upload": 2, "PUT tag": 1 });
  });

  test("is refused for another request", async () => {
    const { name, request } = await smallCopy();
    const headers = { "idempotency-key": `"other key of ${name}"` };
    const job = await apiJson<JobDocument>("POST", "/copy", request, headers);
    const answer = await api("POST", "/copy", { ...request, labels: { other: "request" } }, headers);
    expect([answer.status, await answer.json()]).toEqual([422, expect.objectContaining({ code: "idempotency-mismatch" })]);
    expect(await jobEnd(job.id)).toMatchObject({ status: "succeeded", labels: {} });
  });
});

describe("GET /jobs", () => {
  interface Page {
    jobs: JobSummary[];
    cursor: string | null;
  }

  test("lists jobs newest first, page by page, without gap or repetition", async () => {
    const { request } = await smallCopy();
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) {
      const job = await apiJson<JobDocument>("POST", "/copy", { ...request, labels: { number: String(count) } }, { prefer: "wait=15" });
      ids.unshift(job.id);
    }
    const seen: string[] = [];
    let path: string | undefined = "/jobs?limit=2";
    for (let page = 0; page < 3 && path !== undefined; page++) {
      const answer: Response = await api("GET", path);
      const { jobs, cursor } = (await answer.json()) as Page;
      seen.push(...jobs.map(({ id }) => id));
      path = /^<(.+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1];
      expect(path === undefined).toBe(cursor === null);
    }
    expect(seen.slice(0, 5)).toEqual(ids);
    const [summary] = (await apiJson<Page>("GET", "/jobs?limit=1")).jobs;
    expect(summary).toMatchObject({ id: ids[0], status: "succeeded", labels: { number: "4" }, destinations: [request.destination] });
    expect(summary).not.toHaveProperty("images");
  });

  test("lists those of one status only", async () => {
    const { from, name, request, to } = await smallCopy();
    const good = await copy(request.source, request.destination);
    const bad = await copy(`${from.host}/${name}:2.0`, request.destination);
    const ids = async (status: string) => (await apiJson<Page>("GET", `/jobs?status=${status}&limit=100`)).jobs.map(({ id }) => id);
    expect(await ids("succeeded")).toContain(good.id);
    expect(await ids("succeeded")).not.toContain(bad.id);
    expect((await ids("failed"))[0]).toBe(bad.id);
    expect(await ids("cancelled")).not.toContain(bad.id);
    expect(await to.tags(name)).toHaveProperty("1.0");
  });
});

describe("a job that does not exist", () => {
  it.each([
    ["GET", ""],
    ["GET", "/events"],
    ["POST", "/cancel"],
    ["POST", "/retry"],
  ])("is not found by %s /jobs/{id}%s", async (method, path) => {
    for (const id of [UNKNOWN, "no-id-at-all"]) {
      const answer = await api(method, `/jobs/${id}${path}`);
      expect([answer.status, ((await answer.json()) as Problem).code]).toEqual([404, "not-found"]);
    }
  });
});
