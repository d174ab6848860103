/** What is counted of real copies. */
import { expect, test } from "vitest";
import { api, copy, freshName, jobEnd, twoRegistries } from "../support/copy-service.ts";

/** The value of a series now; 0 where it was never counted. */
async function value(series: string): Promise<number> {
  const text = await (await api("GET", "/metrics")).text();
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

test("a copy counts once: its end, its bytes, its requests, its time", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  await from.putImage(name, "1", { seed: "metrics", platforms: ["linux/amd64"], index: "none", layers: [5_000] });
  const ended = 'transship_jobs_ended_total{status="succeeded",trigger="api"}';
  const sent = 'transship_bytes_total{how="sent"}';
  const [endedBefore, sentBefore] = [await value(ended), await value(sent)];

  const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`);

  expect((await value(ended)) - endedBefore).toBe(1);
  expect((await value(sent)) - sentBefore).toBe(job.progress.bytes.copied);
  for (const [registry, requests] of [
    [from, await from.requests()],
    [to, await to.requests()],
  ] as const) {
    const text = await (await api("GET", "/metrics")).text();
    const counted = [...text.matchAll(/^transship_registry_requests_total\{registry="([^"]*)",status="\d+"\} (\d+)$/gm)];
    const total = counted.filter(([, host]) => host === registry.host).reduce((sum, [, , count]) => sum + Number(count), 0);
    expect(total).toBe(requests.length);
  }
  expect(await value('transship_job_duration_seconds_count{trigger="api"}')).toBeGreaterThan(0);
  expect(await value('transship_jobs{status="running"}')).toBe(0);
});

test("a job that is retried counts again only for what it did since", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  await from.putImage(name, "1.0", { seed: "metrics of a retry", platforms: ["linux/amd64"], index: "none", layers: [100_000] });
  const counters = [
    'transship_bytes_total{how="sent"}',
    ...["copied", "mounted", "existing"].map((how) => `transship_blobs_total{how="${how}"}`),
  ];
  const values = () => Promise.all(counters.map(value));
  await to.fail({
    method: "PUT",
    path: "/manifests/1.0",
    times: "always",
    action: { status: 403, body: { errors: [{ code: "DENIED" }] } },
  });
  const before = await values();
  const { id, progress } = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);
  const between = await values();
  expect(between.map((count, index) => count - (before[index] ?? 0))).toEqual([progress.bytes.copied, 2, 0, 0]);

  await to.clearFaults();
  await api("POST", `/jobs/${id}/retry`);

  expect(await jobEnd(id)).toMatchObject({ status: "succeeded" });
  await expect.poll(() => value('transship_jobs{status="running"}')).toBe(0);
  expect(await values()).toEqual(between);
});

test("what is wrong with a job's end counts too", async () => {
  const [from, to] = await twoRegistries();
  const series = 'transship_jobs_ended_total{status="failed",trigger="api"}';
  const before = await value(series);
  await copy(`${from.host}/${freshName()}:none`, `${to.host}/x:1`);
  expect((await value(series)) - before).toBe(1);
});

test("/healthz asks the bindings", async () => {
  const response = await api("GET", "/healthz");
  expect([response.status, await response.json()]).toEqual([
    200,
    { status: "pass", checks: { jobs: { status: "pass" }, stage: { status: "pass" } } },
  ]);
});
