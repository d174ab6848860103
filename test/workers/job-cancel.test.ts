/** Ending a job before its end: soon, with its uploads given back and no tag written. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, test } from "vitest";
import type { JobDocument } from "../../src/jobs/document.ts";
import { JobStore } from "../../src/jobs/job-store.ts";
import { expectNoUploads } from "../support/copied-image.ts";
import { api, copy, freshName, jobEnd, readJob, registry, requestKinds, submit, twoRegistries } from "../support/copy-service.ts";
import type { FaultRule } from "../support/registry/faults.ts";

/** Longest time that a cancel may take, in milliseconds; the contract of the API is to stop, not to wait for registries. */
const LIMIT_MS = 2_500;

/** How the path of the layer's blob begins: its bytes are the same for the same seed. */
const LAYER = "/blobs/sha256:b8075482";

async function cancel(id: string): Promise<{ status: number; job: JobDocument; ms: number }> {
  const begin = Date.now();
  const answer = await api("POST", `/jobs/${id}/cancel`);
  return { status: answer.status, job: (await answer.json()) as JobDocument, ms: Date.now() - begin };
}

/** A copy of an image with a layer of 3 MB and a config. */
async function threeMegabytes() {
  const [from, to] = await twoRegistries();
  const name = freshName();
  await from.putImage(name, "1.0", { seed: "cancel", platforms: ["linux/amd64"], index: "none", layers: [3_000_000] });
  return { from, to, name, source: `${from.host}/${name}:1.0`, destination: `${to.host}/${name}:1.0` };
}

describe("a job is cancelled", () => {
  it.each<{ what: string; side: "from" | "to"; fault: FaultRule; seen: { method: string; path: string } }>([
    {
      what: "while the source does not answer",
      side: "from",
      fault: { path: "/manifests/", action: { hold: "cancel" } },
      seen: { method: "HEAD", path: "/manifests/" },
    },
    {
      what: "while the source says nothing in mid-layer",
      side: "from",
      fault: { method: "GET", path: LAYER, times: "always", action: { stallAfter: 100_000 } },
      seen: { method: "GET", path: LAYER },
    },
    {
      what: "while the destination does not begin an upload",
      side: "to",
      fault: { method: "POST", path: "/uploads/", times: "always", action: { hold: "cancel" } },
      seen: { method: "POST", path: "/uploads/" },
    },
    {
      what: "while the destination takes the layer slowly",
      side: "to",
      fault: { method: "PUT", path: "/uploads/", times: "always", action: { requestRate: 100_000 } },
      seen: { method: "PUT", path: "/uploads/" },
    },
    {
      what: "while the destination takes no more of the layer",
      side: "to",
      fault: { method: "PUT", path: "/uploads/", times: "always", action: { stallRequestAfter: 1_500_000 } },
      seen: { method: "PUT", path: "/uploads/" },
    },
    {
      what: "while the destination does not take the tag",
      side: "to",
      fault: { method: "PUT", path: "/manifests/", times: "always", action: { delayMs: 4_000, status: 500 } },
      seen: { method: "PUT", path: "/manifests/" },
    },
  ])("$what", async ({ side, fault, seen }) => {
    const { from, to, name, source, destination } = await threeMegabytes();
    const at = side === "from" ? from : to;
    await at.fail(fault);
    const { id } = await submit(source, destination);
    await at.waitForRequests(seen);

    const { status, job, ms } = await cancel(id);

    expect([status, job.status]).toEqual([200, "cancelled"]);
    expect(ms).toBeLessThan(LIMIT_MS);
    const error = { code: "cancelled" };
    expect(job).toMatchObject({ error, waiting: null, images: [{ destinations: [{ status: "failed", digest: null, error }] }] });
    await at.release("cancel");
    await expectNoUploads(to);
    expect(await to.tags(name)).toEqual({});
    expect(await readJob(id)).toEqual(job);
  });

  test.each(["never", "always"])(
    "while the destination answers neither the layer nor that its upload is given back (stage: %s)",
    async (stage) => {
      const { to, source, destination } = await threeMegabytes();
      await to.fail({ method: "PUT", path: "/uploads/", times: "always", action: { stallRequestAfter: 1_500_000 } });
      await to.fail({ method: "DELETE", path: "/uploads/", times: "always", action: { hold: "cancel" } });
      const { id } = await submit(source, destination, { stage });
      await to.waitForRequests({ method: "PUT", path: "/uploads/" });

      const { job } = await cancel(id);

      expect(job.status).toBe("cancelled");
      await to.waitForRequests({ method: "DELETE", path: "/uploads/" });
      await to.release("cancel");
      await expectNoUploads(to);
    },
  );

  test("while one of two destinations does not begin an upload of what was staged", async () => {
    const { to, source, destination } = await threeMegabytes();
    const other = await registry();
    await to.fail({ method: "POST", path: "/uploads/", times: "always", action: { hold: "cancel" } });
    const { id } = await submit(source, [destination, `${other.host}/test/staged:1.0`]);
    await to.waitForRequests({ method: "POST", path: "/uploads/" }, 2);

    const { job, ms } = await cancel(id);

    expect(job.status).toBe("cancelled");
    expect(ms).toBeLessThan(LIMIT_MS);
    await to.release("cancel");
    await expectNoUploads(to);
    await expectNoUploads(other);
  });

  test("before its first slice: no registry is asked anything", async () => {
    const { from, to, source, destination } = await threeMegabytes();
    const id = "01890000-0000-7000-8000-00000000cafe";
    const trigger = { kind: "api" as const, name: "test", actor: null };
    const request = { source, destination: [destination] };
    await runInDurableObject(env.COPY_JOBS.getByName(id), (_, { storage }) => {
      new JobStore(storage.sql).insert({ id, request, fingerprint: "x", trigger }, Date.now());
    });
    expect(await readJob(id)).toMatchObject({ status: "queued" });

    const { status, job } = await cancel(id);

    expect([status, job.status, job.startedAt]).toEqual([200, "cancelled", null]);
    expect([await from.requests(), await to.requests()]).toEqual([[], []]);
  });

  test("while it waits for a registry that asked for patience", async () => {
    const { from, to, source, destination } = await threeMegabytes();
    await from.fail({ path: "/manifests/", times: "always", action: { status: 429, retryAfter: 3600 } });
    const { id } = await submit(source, destination);
    await expect.poll(() => readJob(id)).toMatchObject({ waiting: { reason: expect.any(String) } });

    const { status, job, ms } = await cancel(id);

    expect([status, job.status, job.waiting]).toEqual([200, "cancelled", null]);
    expect(ms).toBeLessThan(LIMIT_MS);
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1 });
    expect(await to.tags("any")).toEqual({});
  });

  test("twice: the second time changes nothing", async () => {
    const { from, name, source, destination } = await threeMegabytes();
    await from.fail({ path: "/manifests/", times: "always", action: { hold: name } });
    const { id } = await submit(source, destination);
    const [first, second] = await Promise.all([cancel(id), cancel(id)]);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.job).toEqual(first.job);
    expect((await cancel(id)).job).toEqual(first.job);
  });
});

test("a job that has ended can't be cancelled", async () => {
  const { source, destination } = await threeMegabytes();
  const { id, status } = await copy(source, destination);
  const answer = await api("POST", `/jobs/${id}/cancel`);
  expect([status, answer.status, await answer.json()]).toEqual(["succeeded", 409, expect.objectContaining({ code: "conflict" })]);
  expect(await readJob(id)).toMatchObject({ status: "succeeded" });
});

test("a job that was cancelled can be taken up again, from what is there", async () => {
  const { to, name, source, destination } = await threeMegabytes();
  await to.fail({ method: "PUT", path: "/manifests/", action: { hold: name } });
  const { id } = await submit(source, destination);
  await to.waitForRequests({ method: "PUT", path: "/manifests/" });
  await cancel(id);
  await to.clearFaults();
  await to.clearRequests();

  const answer = await api("POST", `/jobs/${id}/retry`);

  expect([answer.status, ((await answer.json()) as JobDocument).status]).toEqual([202, "queued"]);
  expect(await jobEnd(id)).toMatchObject({ status: "succeeded", error: null });
  // Looked at as by any new job, and once more: how the write ended that the cancel cut off, nobody has heard.
  expect(await requestKinds(to)).toEqual({ "HEAD tag": 2, "PUT tag": 1 });
});
