/** One push, one job. */
import { describe, expect, test } from "vitest";
import type { ApiDeps } from "../../../src/api/deps.ts";
import type { JobDocument } from "../../../src/jobs/document.ts";
import { HOOK_SAMPLES } from "../../support/hook-samples/all.ts";
import { distributionEvent } from "../../support/hook-samples/plain.ts";
import { jobDocument } from "./api-fixture.ts";
import { DIGEST, hookFixture, PUSH, RULE, sampleOf } from "./hook-fixture.ts";

const DISTRIBUTION = sampleOf(HOOK_SAMPLES, "distribution, envelope v2");
const QUAY = sampleOf(HOOK_SAMPLES, "Quay");
const OTHER = `sha256:${"cd".repeat(32)}`;

function edit(jobs: Map<string, JobDocument>, changes: Partial<JobDocument>): void {
  for (const [key, job] of jobs) {
    jobs.set(key, { ...job, ...changes });
  }
}

test.each(
  HOOK_SAMPLES.filter(({ settings }) => !["quay", "artifactory", "generic"].includes(settings.type)).map(
    (sample) => [sample.title, sample] as const,
  ),
)("%s: all deliveries of one push are one job, long after it has ended too", async (_title, sample) => {
  const api = hookFixture(sample.settings);
  for (let delivery = 0; delivery < 20; delivery++) {
    expect((await api.deliver(sample)).jobs).toEqual(["/jobs/job-0"]);
    edit(api.jobs, delivery === 10 ? { status: "succeeded", digest: DIGEST } : {});
  }
  expect(api.jobs.size).toBe(1);
});

test("both of GitHub's events are one job, whatever their deliveries are called", async () => {
  const api = hookFixture({ type: "github" });
  for (const [title, delivery] of [
    ["GitHub, package", "a"],
    ["GitHub, registry_package", "b"],
  ] as const) {
    await api.deliver(sampleOf(HOOK_SAMPLES, title), { headers: { "x-github-delivery": delivery } });
  }
  expect(api.jobs.size).toBe(1);
});

test("a tag that moves away and back is three pushes, and three jobs", async () => {
  const api = hookFixture(DISTRIBUTION.settings);
  const push = (digest: string, timestamp: string) =>
    api.deliver(DISTRIBUTION, { body: { events: [{ ...distributionEvent({ ...PUSH, digest }, "reg.example.com"), timestamp }] } });
  await push(DIGEST, "2026-11-25T10:00:00Z");
  await push(OTHER, "2026-11-25T10:00:01Z");
  await push(DIGEST, "2026-11-25T10:00:02Z");
  expect(api.jobs.size).toBe(3);
});

test("without a time, the event's id tells one push from the next", async () => {
  const api = hookFixture(DISTRIBUTION.settings);
  const push = (id: string) => {
    const { timestamp: _, ...event } = distributionEvent(PUSH, "reg.example.com");
    return api.deliver(DISTRIBUTION, { body: { events: [{ ...event, id }] } });
  };
  await push("a");
  await push("a");
  expect(api.jobs.size).toBe(1);
  await push("b");
  expect(api.jobs.size).toBe(2);
});

test("each rule that matches makes a job of its own; equal ones share it; a rule that changed makes another", async () => {
  const second = { from: "reg.example.com/acme/*", to: ["a.io/x", "b.io/x:{tag}"], stage: "never" };
  const api = hookFixture({ ...DISTRIBUTION.settings, copy: [RULE, second, RULE, { ...RULE, from: "reg.example.com/other/*" }] });
  expect(await api.deliver(DISTRIBUTION)).toMatchObject({ jobs: ["/jobs/job-0", "/jobs/job-1"], ignored: [] });
  expect(api.submitted.map(({ request }) => request)).toMatchObject([
    { destination: ["mirror.example.com/acme/app:1.2.3"] },
    { destination: ["a.io/x", "b.io/x:1.2.3"], stage: "never" },
  ]);
});

test("a failed job is taken up again by another delivery of its push; others are left", async () => {
  let retries = 0;
  const jobs = {
    "job-0": {
      retry: async () => ({
        outcome: "retried" as const,
        job: jobDocument({ id: `job-0`, status: "queued" as const, labels: { tries: String(++retries) } }),
      }),
    },
  };
  const api = hookFixture(DISTRIBUTION.settings, { jobs });
  await api.deliver(DISTRIBUTION);
  for (const [status, expected] of [
    ["running", 0],
    ["succeeded", 0],
    ["cancelled", 0],
    ["failed", 1],
  ] as const) {
    edit(api.jobs, { status });
    expect(await api.deliver(DISTRIBUTION)).toMatchObject({ status: 202, jobs: ["/jobs/job-0"] });
    expect(retries).toBe(expected);
  }
});

describe("a sender that names no moment (Quay)", () => {
  test("joins a job that has not asked the source yet", async () => {
    const api = hookFixture(QUAY.settings);
    for (let delivery = 0; delivery < 20; delivery++) {
      await api.deliver(QUAY);
    }
    expect(api.jobs.size).toBe(1);
  });

  test("makes another job once the tag was resolved: what came since must be seen", async () => {
    const api = hookFixture(QUAY.settings);
    for (let delivery = 0; delivery < 20; delivery++) {
      await api.deliver(QUAY);
      edit(api.jobs, { status: "running", digest: DIGEST });
    }
    expect(api.jobs.size).toBe(20);
    // Looked for among eight at most.
    expect(api.submitted.length).toBeLessThanOrEqual(20 * 9);
  });

  test("makes another job once one is at work: it may have asked for the tag before this push", async () => {
    const api = hookFixture(QUAY.settings);
    await api.deliver(QUAY);
    edit(api.jobs, { status: "running", waiting: { until: "2026-11-25T10:05:00Z", reason: "quay.io is out of order" } });
    await api.deliver(QUAY);
    expect(api.jobs.size).toBe(1);
    edit(api.jobs, { waiting: null });
    await api.deliver(QUAY);
    expect(api.jobs.size).toBe(2);
  });

  test("joins a job over many tags only before it has begun", async () => {
    const api = hookFixture({ type: "generic", copy: [] });
    const sample = sampleOf(HOOK_SAMPLES, "generic, with rules");
    const body = { source: "reg.example.com/acme/app", destination: "a.io/app", tags: "all" };
    await api.deliver(sample, { body });
    await api.deliver(sample, { body });
    expect(api.jobs.size).toBe(1);
    edit(api.jobs, { status: "running", waiting: { until: "2026-11-25T10:05:00Z", reason: "a.io is out of order" } });
    await api.deliver(sample, { body });
    expect(api.jobs.size).toBe(2);
  });

  test("by digest, joins a job that is still going", async () => {
    const sample = sampleOf(HOOK_SAMPLES, "Artifactory, signed");
    const api = hookFixture(sample.settings);
    await api.deliver(sample);
    edit(api.jobs, { status: "running", digest: DIGEST });
    await api.deliver(sample);
    expect(api.jobs.size).toBe(1);
    edit(api.jobs, { status: "succeeded" });
    await api.deliver(sample);
    expect(api.jobs.size).toBe(2);
  });
});

describe("what makes no job", () => {
  test("a repository that no rule is for", async () => {
    const api = hookFixture({ ...DISTRIBUTION.settings, copy: [{ ...RULE, from: "reg.example.com/other/*" }] });
    expect(await api.deliver(DISTRIBUTION)).toEqual({
      status: 200,
      jobs: [],
      ignored: [{ reason: "no rule is for this repository", reference: `reg.example.com/acme/app:1.2.3@${DIGEST}` }],
    });
  });

  test("a tag that the rule's filter leaves out", async () => {
    const copy = [
      { ...RULE, tags: { include: ["1.*"], exclude: ["*-rc*"] } },
      { ...RULE, to: "semver.example.com/{name}", tags: { semver: ">=2 <3" } },
      { ...RULE, to: "all.example.com/{name}", from: "reg.example.com/acme/other", tags: "all" },
    ];
    const api = hookFixture({ ...DISTRIBUTION.settings, copy });
    for (const [tag, destination] of [
      ["1.5", "mirror.example.com/acme/app:1.5"],
      ["2.1.0", "semver.example.com/app"],
    ]) {
      expect(await api.deliver(DISTRIBUTION, { push: { tag: tag as string } })).toMatchObject({ status: 202, ignored: [] });
      expect(api.submitted.at(-1)?.request).toEqual({ source: `reg.example.com/acme/app:${tag}@${DIGEST}`, destination: [destination] });
    }
    for (const tag of ["1.5-rc1", "3.0.0", "latest"]) {
      const reference = `reg.example.com/acme/app:${tag}@${DIGEST}`;
      expect(await api.deliver(DISTRIBUTION, { push: { tag } })).toMatchObject({
        status: 200,
        ignored: [{ reason: "no rule is for this tag", reference }],
      });
    }
  });

  test("what POLICY does not allow", async () => {
    const api = hookFixture(DISTRIBUTION.settings, { config: { policy: [{ from: "ghcr.io/**", to: "**" }] } });
    const { status, ignored } = await api.deliver(DISTRIBUTION);
    expect(status).toBe(200);
    expect(ignored[0]?.reason).toContain(
      "destination is not allowed by POLICY, from reg.example.com/acme/app to mirror.example.com/acme/app",
    );
  });

  test.each([
    ["{registry}/{namespace}/app:{tag}", "destination is the source itself"],
    ["a.io/{registry}/{name}", "destination is not an image reference (Invalid repository"],
    [`a.io/x:{tag}-${"x".repeat(123)}`, "destination is not an image reference (Invalid tag"],
  ])("a template that gives no destination for it: %s", async (to, reason) => {
    const api = hookFixture({ ...DISTRIBUTION.settings, copy: [{ from: "**", to }] });
    const { target, ...event } = distributionEvent(PUSH, "reg.example.com:5000");
    const body = { events: [{ ...event, target: { ...(target as object), digest: undefined } }] };
    const { status, jobs, ignored } = await api.deliver(DISTRIBUTION, { body });
    expect([status, jobs]).toEqual([200, []]);
    expect(ignored[0]?.reason).toContain(reason);
  });

  test("a template that wants the digest where the event has none", async () => {
    const api = hookFixture({ ...DISTRIBUTION.settings, copy: [{ from: "**", to: "a.io/x@{digest}" }] });
    const { target, ...event } = distributionEvent(PUSH, "reg.example.com");
    const { ignored } = await api.deliver(DISTRIBUTION, {
      body: { events: [{ ...event, target: { ...(target as object), digest: "" } }] },
    });
    expect(ignored[0]?.reason).toBe("its copy can't be made: destination wants {digest}, which the event does not have");
  });
});

describe("in time", () => {
  const soon: ApiDeps["sleep"] = () => Promise.resolve();

  test("the answer does not wait for a job that is slow to be stored", async () => {
    const api = hookFixture(DISTRIBUTION.settings, { sleep: soon, submit: () => new Promise(() => {}) });
    expect(await api.deliver(DISTRIBUTION)).toEqual({ status: 202, jobs: [], pending: 1, ignored: [] });
  });

  test("several jobs are stored side by side", async () => {
    let open = 0;
    let most = 0;
    const submit: ApiDeps["submit"] = async (request) => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve));
      open--;
      return { outcome: "created", job: jobDocument({ id: request.source }) };
    };
    const api = hookFixture(DISTRIBUTION.settings, { submit });
    const events = Array.from({ length: 50 }, (_, index) => distributionEvent({ ...PUSH, tag: `t${index}` }, "reg.example.com"));
    expect((await api.deliver(DISTRIBUTION, { body: { events } })).jobs).toHaveLength(50);
    expect(most).toBe(50);
  });

  test("a job that can't be stored is tried again, and then the sender is asked to", async () => {
    let tries = 0;
    const submit: ApiDeps["submit"] = async (request) => {
      if (++tries < 3) {
        throw new Error("reset");
      }
      return { outcome: "created", job: jobDocument({ id: "late", request }) };
    };
    expect((await hookFixture(DISTRIBUTION.settings, { submit }).deliver(DISTRIBUTION)).jobs).toEqual(["/jobs/late"]);
    const broken = hookFixture(DISTRIBUTION.settings, { submit: () => Promise.reject(new Error("reset")) });
    expect(await broken.deliver(DISTRIBUTION)).toMatchObject({ status: 503, code: "internal" });
    expect(broken.unexpected).toHaveLength(1);
  });
});
