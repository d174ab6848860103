/** Many tags in one job when something is in the way: registries out of order, a cancel, a process that dies, other jobs. */
import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import { attach, digestTag, entryOf, fallbackEntries, putFallbackIndex, topOf } from "../support/attached.ts";
import { api, copy, freshName, jobEnd, readJob, registry, submit, twoRegistries } from "../support/copy-service.ts";
import type { ImageOptions } from "../support/images/image.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";

function image(seed: string): ImageOptions {
  return { seed, platforms: ["linux/amd64"], index: "none", layers: [1_000] };
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `1.${index}`);
}

async function putTags(at: RemoteRegistry, name: string, tags: readonly string[], seed = ""): Promise<void> {
  await Promise.all(tags.map((tag) => at.putImage(name, tag, image(seed + tag))));
}

describe("a tag that a registry can't give", () => {
  test("does not keep the others back, however many there are in a row, and is named in the end", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    await putTags(from, name, numbered(30));
    // More than a carrier takes for single broken tags, and the first of the list.
    await from.fail({ method: "HEAD", path: "/manifests/1\\.[0-9]$", times: "always", action: { status: 500 } });
    await from.fail({ method: "GET", path: "/manifests/1\\.[0-9]$", times: "always", action: { status: 500 } });

    const { id } = await submit(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" });
    const job = await jobEnd(id);

    expect(job).toMatchObject({ status: "failed", error: { code: "registry-unavailable", side: "source" } });
    expect(job.progress.images).toEqual({ total: 30, done: 30, failed: 10 });
    expect(job.error?.detail).toMatch(/^10 of 30 tags failed; the first is /);
    expect(Object.keys(await to.tags(name))).toHaveLength(20);
  });
});

test("a destination that refuses everybody is asked a few times, not for every tag; the other one gets all", async () => {
  const [from, good] = await twoRegistries();
  const bad = await registry();
  const name = freshName();
  await putTags(from, name, numbered(40));
  await bad.fail({ path: "/v2/", times: "always", action: { status: 401, body: { errors: [{ code: "UNAUTHORIZED" }] } } });

  const job = await copy(`${from.host}/${name}`, [`${good.host}/${name}`, `${bad.host}/${name}`], { tags: "all" });

  expect(job).toMatchObject({ status: "failed", error: { code: "access-denied", side: "destination", registry: bad.host } });
  expect(job.progress.images).toEqual({ total: 40, done: 40, failed: 40 });
  expect(await good.tags(name)).toEqual(await from.tags(name));
  expect((await bad.requests({ path: `/v2/${name}` })).length).toBeLessThan(40);
});

test("a destination that asks for a longer pause gets it, while the other gets its tags", async () => {
  const [from, busy] = await twoRegistries();
  const free = await registry();
  const name = freshName();
  await putTags(from, name, numbered(20));
  // Longer than a carrier waits by itself.
  await busy.fail({ path: "/v2/", times: "always", action: { status: 429, retryAfter: 3_600 } });

  const { id } = await submit(`${from.host}/${name}`, [`${busy.host}/${name}`, `${free.host}/${name}`], { tags: "all" });
  await free.waitForRequests({ method: "PUT", path: "/manifests/1" }, 20);
  await vi.waitFor(async () => {
    expect(await readJob(id)).toMatchObject({ status: "running", waiting: { reason: expect.stringContaining(busy.host) } });
  });
  expect((await busy.requests()).length).toBeLessThanOrEqual(6);
  expect(await free.tags(name)).toEqual(await from.tags(name));
  await api("POST", `/jobs/${id}/cancel`);
});

test.each([
  ["the list is read", { path: "tags/list" }, "source"],
  ["tags are looked at", { method: "HEAD", path: "/manifests/1" }, "source"],
  ["images are copied", { method: "PUT", path: "/manifests/1" }, "destination"],
] as const)("a cancel while %s ends the job within two seconds", async (_, rule, side) => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  await putTags(from, name, numbered(20));
  const at = side === "source" ? from : to;
  await at.fail({ ...rule, times: "always", action: { hold: "cancel" } });
  const { id } = await submit(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" });
  await at.waitForRequests(rule);

  const begun = performance.now();
  const answer = await api("POST", `/jobs/${id}/cancel`);
  const took = performance.now() - begun;
  await at.release("cancel");
  await at.clearFaults();
  const job = await jobEnd(id);

  expect([200, 202]).toContain(answer.status);
  expect(took).toBeLessThan(2_500);
  expect(job).toMatchObject({ status: "cancelled", error: { code: "cancelled" } });
  const { total, done } = job.progress.images ?? {};
  expect(done).toBe(total);

  // What was not copied is taken up again, by a job that knows what was.
  await api("POST", `/jobs/${id}/retry`);
  expect(await jobEnd(id)).toMatchObject({ status: "succeeded", progress: { images: { total: 20, done: 20, failed: 0 } } });
  expect(await to.tags(name)).toEqual(await from.tags(name));
});

test.each([
  ["while the list is read", { path: "last=" }, "source"],
  ["while tags are looked at", { method: "HEAD", path: "/manifests/1.1" }, "destination"],
  ["while images are copied", { method: "PUT", path: "/manifests/1.1" }, "destination"],
] as const)("a process that dies %s leaves a job that goes on", async (_, rule, side) => {
  const [from, to] = await twoRegistries({ quirks: { tagPage: 10 } });
  const name = freshName();
  await putTags(from, name, numbered(25));
  const at = side === "source" ? from : to;
  const gate = await at.fail({ ...rule, times: "always", action: { hold: "death" } });
  const { id } = await submit(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" });
  await at.waitForRequests(rule);

  await abortAllDurableObjects();
  await at.clearFaults(gate);
  await at.release("death");
  await runDurableObjectAlarm(env.COPY_JOBS.getByName(id));

  expect(await jobEnd(id)).toMatchObject({ status: "succeeded", progress: { images: { total: 25, done: 25, failed: 0 } } });
  expect(await to.tags(name)).toEqual(await from.tags(name));
  const written = (await to.writes()).filter(({ kind }) => kind === "blob").map(({ digest }) => digest);
  expect(written.length - new Set(written).size).toBeLessThanOrEqual(8);
});

test("an older job over many tags does not undo a newer one", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  const tags = numbered(6);
  await putTags(from, name, tags);
  await to.fail({ method: "PUT", path: "/blobs/uploads/", times: 1, action: { hold: "older" } });
  const older = await submit(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" });
  await to.waitForRequests({ method: "PUT", path: "/blobs/uploads/" });
  await putTags(from, name, tags, "newer");

  const newer = await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" });
  expect(newer).toMatchObject({ status: "succeeded" });
  await to.release("older");

  expect(await jobEnd(older.id)).toMatchObject({ status: "succeeded" });
  expect(await to.tags(name)).toEqual(await from.tags(name));
});

test("a list of referrers that differs at the destination is added to: what others have attached there stays listed", async () => {
  const [from, to] = await twoRegistries({ quirks: { referrers: 404 } }, { quirks: { referrers: 404 } });
  const name = freshName();
  const options: ImageOptions = { seed: "listed", platforms: ["linux/amd64"], index: "none" };
  const image = await from.putImage(name, "1.0", options);
  await to.putImage(name, "1.0", options);
  const [ours, theirs] = [await attach(from, name, topOf(image), "ours"), await attach(to, name, topOf(image), "theirs")];
  await putFallbackIndex(from, name, image.digest, [entryOf(ours)]);
  await putFallbackIndex(to, name, image.digest, [entryOf(theirs)]);

  expect(await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" })).toMatchObject({ status: "succeeded" });
  expect(await fallbackEntries(to, name, image.digest)).toEqual([entryOf(theirs), entryOf(ours)]);
  await to.clearRequests();
  expect(await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" })).toMatchObject({ status: "succeeded" });
  expect(await to.requests({ method: "PUT" })).toEqual([]);

  // Where there is none it arrives as it is.
  const empty = freshName();
  await copy(`${from.host}/${name}`, `${to.host}/${empty}`, { tags: "all" });
  expect(await to.tags(empty)).toEqual(await from.tags(name));
});

test("with platforms, what is for none goes as it is", async () => {
  const [from, to] = await twoRegistries({}, { quirks: { sparseIndexes: true } });
  const name = freshName();
  const image = await from.putImage(name, "1.0", { seed: "one of two" });
  const chart = await from.putArtifact(name, "chart", { seed: "chart", artifactType: "application/vnd.cncf.helm.config.v1+json" });
  const signature = await from.putArtifact(name, digestTag(image.digest, ".sig"), { seed: "signature" });
  await putFallbackIndex(from, name, image.digest, [entryOf(chart)]);

  const job = await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all", platforms: ["linux/arm64"] });

  expect(job).toMatchObject({ status: "succeeded", progress: { images: { total: 4, done: 4, failed: 0 } } });
  expect(await to.tags(name)).toEqual(await from.tags(name));
  expect(await to.tags(name)).toMatchObject({ chart: chart.digest, [digestTag(image.digest, ".sig")]: signature.digest });
});
