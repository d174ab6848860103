/** How long a job goes on, and what a retry begins with. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { api, copy, freshName, jobEnd, readJob, submit, twoRegistries } from "../support/copy-service.ts";
import type { FaultAction } from "../support/registry/faults.ts";

const SINGLE = { platforms: ["linux/amd64"], index: "none" as const };

/** A small copy, of which the source answers the first questions as told. */
async function copyAfter(answers: readonly { times: number | "always"; action: FaultAction }[]) {
  const [from, to] = await twoRegistries();
  const name = freshName();
  await from.putImage(name, "1.0", { seed: "patience", ...SINGLE });
  for (const answer of answers) {
    await from.fail({ method: "HEAD", path: "/manifests/", ...answer });
  }
  return { from, to, source: `${from.host}/${name}:1.0`, destination: `${to.host}/${name}:1.0` };
}

test("a pause that was asked for, longer than the patience, leaves all of it for what comes after", async () => {
  const { source, destination } = await copyAfter([
    { times: 1, action: { status: 429, retryAfter: 3 } },
    { times: 5, action: { status: 503 } },
  ]);
  expect(await copy(source, destination)).toMatchObject({ status: "succeeded", error: null });
});

test.each([
  { asks: "a layer", method: "GET", path: "/blobs/sha256:", side: "from" },
  { asks: "an upload", method: "POST", path: "/uploads/", side: "to" },
] as const)(
  "a pause that is asked for where $asks begins is told, however short, and kept by every job",
  async ({ side, method, path }) => {
    const { source, destination, ...registries } = await copyAfter([]);
    const registry = registries[side];
    await registry.fail({ method, path, action: { status: 429, retryAfter: 3 } });

    const { id } = await submit(source, destination);

    const reason = expect.stringContaining("429");
    await expect.poll(() => readJob(id), { timeout: 10_000 }).toMatchObject({ waiting: { until: expect.any(String), reason } });
    const { waiting } = await readJob(id);
    expect(await env.REGISTRY_HOSTS.getByName(registry.host).paused()).toMatchObject({ all: { until: Date.parse(waiting?.until ?? "") } });
    expect(await jobEnd(id)).toMatchObject({ status: "succeeded", waiting: null });
    const requests = await registry.requests({ method, path });
    expect(requests.filter(({ status }) => status === 429)).toHaveLength(1);
  },
);

test("a pause that is asked for in the middle of a layer is told too, and what was sent does not move again", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  const layers = [3_500_000];
  await from.putImage(name, "1.0", { seed: "midway", ...SINGLE, layers });
  const layer = { method: "GET", path: "/blobs/sha256:" };
  await from.fail({ ...layer, action: { resetAfter: 2_500_000 } });
  await from.fail({ ...layer, action: { status: 429, retryAfter: 3 } });

  const { id } = await submit(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);

  const reason = expect.stringContaining(from.host);
  await expect
    .poll(() => readJob(id), { timeout: 10_000 })
    .toMatchObject({ status: "running", waiting: { until: expect.any(String), reason } });
  expect(await env.REGISTRY_HOSTS.getByName(from.host).paused()).toMatchObject({ all: { until: expect.any(Number) } });
  expect(await jobEnd(id)).toMatchObject({ status: "succeeded", waiting: null });
  const read = (await from.requests(layer)).reduce((sum, { bytesOut }) => sum + bytesOut, 0);
  expect(read).toBeLessThan(5_000_000);
});

test("what a registry did not ask for keeps no other job away from it", async () => {
  const { from, source, destination } = await copyAfter([{ times: "always", action: { status: 503, retryAfter: 0 } }]);
  const { id } = await submit(source, destination);
  // One more than a slice asks: the job has waited once.
  await from.waitForRequests({}, 6);
  expect(await env.REGISTRY_HOSTS.getByName(from.host).paused()).toEqual({ all: null, quota: null });
  await from.clearFaults();
  expect(await jobEnd(id)).toMatchObject({ status: "succeeded" });
});

test("a job whose process died too often fails with all its destinations, and can be retried", async () => {
  const { from, source, destination } = await copyAfter([{ times: 1, action: { hold: "deaths" } }]);
  const { id } = await submit(source, destination);
  await from.waitForRequests({ method: "HEAD" });
  await runInDurableObject(env.COPY_JOBS.getByName(id), async (_, state) => {
    state.storage.sql.exec("UPDATE job SET wakes = 25, deaths = 25");
    await state.storage.sync();
    state.abort("crash");
  }).catch(() => {});
  await from.release("deaths");

  const failed = await jobEnd(id);
  const error = { detail: "The job's process died 25 times without a step forward" };
  expect(failed).toMatchObject({ status: "failed", error, images: [{ destinations: [{ status: "failed", error }] }] });

  expect((await api("POST", `/jobs/${id}/retry`)).status).toBe(202);
  expect(await jobEnd(id)).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "copied" }] }] });
});
