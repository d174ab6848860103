/** Several jobs at once: patience that they share, blobs that cross the wire once, tags that never go back. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { expectArrived, expectNoUploads } from "../support/copied-image.ts";
import { freshName, jobEnd, readJob, registry, requestKinds, submit, twoRegistries } from "../support/copy-service.ts";
import type { ImageOptions } from "../support/images/image.ts";

const SINGLE: ImageOptions = { seed: "contention", platforms: ["linux/amd64"], index: "none" };

describe("a registry that asks for patience", () => {
  // Longer than is waited in place, so that the job has to lie down for it.
  const SECONDS = 3600;

  test.each(["source", "destination"] as const)("as a %s is left alone by every job until then", async (side) => {
    const [from, to] = await twoRegistries();
    const [name, second] = [freshName(), freshName()];
    await from.putImage(name, "1.0", SINGLE);
    await from.putImage(second, "1.0", SINGLE);
    const busy = side === "source" ? from : to;
    await busy.fail({ path: `${name}/manifests/`, action: { status: 429, retryAfter: SECONDS } });

    const before = Date.now();
    const { id } = await submit(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);
    await expect.poll(() => readJob(id)).toMatchObject({ waiting: { reason: expect.any(String) } });
    const after = Date.now();

    const { status, waiting } = await readJob(id);
    expect([status, waiting?.reason]).toEqual(["running", expect.stringContaining(busy.host)]);
    const until = Date.parse(waiting?.until ?? "");
    expect(until).toBeGreaterThanOrEqual(before + SECONDS * 1000);
    expect(until).toBeLessThanOrEqual(after + SECONDS * 1000);

    const other = await submit(`${from.host}/${second}:1.0`, `${to.host}/${second}:1.0`);
    await expect.poll(() => readJob(other.id)).toMatchObject({ waiting: { reason: expect.any(String) } });
    const late = Date.parse((await readJob(other.id)).waiting?.until ?? "");
    expect(Math.abs(late - until)).toBeLessThan(1_000);
    expect(await busy.requests({ path: second })).toEqual([]);
    expect(await requestKinds(busy)).toEqual({ "HEAD tag": 1 });
  });

  test("is not asked by an alarm that comes too early", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    await from.fail({ path: "/manifests/", action: { status: 429, retryAfter: SECONDS } });
    const { id } = await submit(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);
    await expect.poll(() => readJob(id)).toMatchObject({ waiting: { reason: expect.any(String) } });
    const until = Date.parse((await readJob(id)).waiting?.until ?? "");

    expect(await runDurableObjectAlarm(env.COPY_JOBS.getByName(id))).toBe(true);

    const { status, waiting } = await readJob(id);
    expect(status).toBe("running");
    expect(Math.abs(Date.parse(waiting?.until ?? "") - until)).toBeLessThan(1_000);
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1 });
  });

  test("and has nearly used up its quota: no manifest is read until some of it is back, but unchanged images are found so", async () => {
    const [from, to] = await twoRegistries();
    const [name, same] = [freshName(), freshName()];
    await from.putImage(name, "1.0", SINGLE);
    await from.putImage(same, "1.0", SINGLE);
    await to.putImage(same, "1.0", SINGLE);
    // Five of a hundred come back in a twentieth of the window: two seconds.
    const headers = { "ratelimit-limit": "100;w=40", "ratelimit-remaining": "5;w=40" };
    await from.fail({ id: "quota", path: "/manifests/", times: "always", action: { headers } });

    const before = Date.now();
    const { id } = await submit(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);
    await expect.poll(() => readJob(id)).toMatchObject({ waiting: { reason: expect.stringContaining("5 of 100 manifest reads") } });
    expect(Date.parse((await readJob(id)).waiting?.until ?? "")).toBeGreaterThan(before + 1_500);
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1 });

    const unchanged = await submit(`${from.host}/${same}:1.0`, `${to.host}/${same}:1.0`);
    expect(await jobEnd(unchanged.id)).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "unchanged" }] }] });
    expect(Date.now() - before).toBeLessThan(2_000);

    await from.clearFaults();
    expect(await jobEnd(id)).toMatchObject({ status: "succeeded" });
    const reads = await from.requests({ method: "GET", path: `${name}/manifests/` });
    expect(reads).toHaveLength(1);
    expect(Date.now()).toBeGreaterThan(before + 2_000);
  });

  test("for a moment is given it too: the job says that it waits, and others keep away", async () => {
    const [from, to] = await twoRegistries();
    const [name, second] = [freshName(), freshName()];
    await from.putImage(name, "1.0", SINGLE);
    await from.putImage(second, "1.0", SINGLE);
    const retryAfter = 2;
    await from.fail({ method: "HEAD", path: "/manifests/", action: { status: 429, retryAfter } });

    const { id } = await submit(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);
    await expect.poll(() => readJob(id), { interval: 20 }).toMatchObject({ waiting: { reason: expect.stringContaining(from.host) } });
    const other = await submit(`${from.host}/${second}:1.0`, `${to.host}/${second}:1.0`);

    expect(await jobEnd(id)).toMatchObject({ status: "succeeded", waiting: null });
    expect(await jobEnd(other.id)).toMatchObject({ status: "succeeded", waiting: null });
    const [first, ...later] = (await from.requests({ method: "HEAD" })).map(({ at }) => at);
    expect(later).toHaveLength(2);
    for (const at of later) {
      expect(at - (first ?? 0)).toBeGreaterThanOrEqual(retryAfter * 1000);
    }
  });
});

describe("jobs for the same content", () => {
  test("twenty at once upload every blob once", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, "1.0", { seed: "twenty", layers: [1_200_000, 3_000] });

    const tags = Array.from({ length: 20 }, (_, index) => `copy-${index}`);
    const jobs = await Promise.all(tags.map((tag) => submit(`${from.host}/${name}:1.0`, `${to.host}/${name}:${tag}`)));
    const ends = await Promise.all(jobs.map(({ id }) => jobEnd(id)));

    expect(new Set(ends.map(({ status }) => status))).toEqual(new Set(["succeeded"]));
    expect(await to.tags(name)).toEqual(Object.fromEntries(tags.map((tag) => [tag, image.digest])));
    const copied = ends.reduce((sum, { progress }) => sum + progress.blobs.copied, 0);
    expect(copied).toBe(image.blobs.length);
    expect((await requestKinds(from))["GET blob"]).toBe(image.blobs.length);
    expect(await requestKinds(to)).toMatchObject({ "POST upload": image.blobs.length, "PUT upload": image.blobs.length, "PUT tag": 20 });
    await expectArrived(image, { at: from, name }, { at: to, name });
    await expectNoUploads(to);
  });

  test("a blob that one job fails to bring is brought by the next", async () => {
    const [from, to] = await twoRegistries();
    const elsewhere = await registry();
    const name = freshName();
    const image = await from.putImage(name, "1.0", SINGLE);
    await elsewhere.putImage(name, "1.0", SINGLE);
    // The first job's source denies its blobs, after the second job has begun to wait for them.
    await from.fail({ method: "GET", path: "/blobs/", times: "always", action: { hold: name, status: 403 } });
    const first = await submit(`${from.host}/${name}:1.0`, `${to.host}/${name}:one`);
    await from.waitForRequests({ method: "GET", path: "/blobs/" }, 3);
    const second = await submit(`${elsewhere.host}/${name}:1.0`, `${to.host}/${name}:two`);
    await elsewhere.waitForRequests({ method: "GET", path: "/manifests/" });
    await from.release(name);

    expect(await jobEnd(first.id)).toMatchObject({ status: "failed", error: { code: "access-denied" } });
    expect(await jobEnd(second.id)).toMatchObject({ status: "succeeded", progress: { blobs: { copied: 3 } } });
    expect(await to.tags(name)).toEqual({ two: image.digest });
    await expectNoUploads(to);
  });
});

describe("jobs for the same tag", () => {
  /** Two images that were one tag's, and a job for each: the first is held up at `hold` while the second comes to its end. */
  async function overtake(hold: { method: string; path: string }) {
    const [from, to] = await twoRegistries();
    const name = freshName();
    await from.putImage(name, "latest", { ...SINGLE, seed: "older" });
    const fault = await to.fail({ ...hold, times: "always", action: { hold: name } });
    const older = await submit(`${from.host}/${name}`, `${to.host}/${name}`);
    await to.waitForRequests(hold);
    const newest = await from.putImage(name, "latest", { ...SINGLE, seed: "newer" });
    await to.clearFaults(fault);
    const newer = await submit(`${from.host}/${name}`, `${to.host}/${name}`);
    return { to, name, newest, older, newer, release: () => to.release(name) };
  }

  test("an image that was resolved earlier never follows a later one", async () => {
    const { to, name, newest, older, newer, release } = await overtake({ method: "PUT", path: "/blobs/uploads/" });
    expect(await jobEnd(newer.id)).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "copied" }] }] });
    await release();

    const end = await jobEnd(older.id);

    expect(end).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "superseded", digest: null, error: null }] }] });
    expect(await to.tags(name)).toEqual({ latest: newest.digest });
    const written = (await to.writes()).filter(({ kind }) => kind === "tag").map(({ digest }) => digest);
    expect(written).toEqual([newest.digest]);
  });

  test("a write that is under way ends before the next begins", async () => {
    const { to, name, newest, older, newer, release } = await overtake({ method: "PUT", path: "/manifests/latest" });
    await to.waitForRequests({ method: "PUT", path: "/blobs/uploads/" }, 6);
    expect(await readJob(newer.id)).toMatchObject({ status: "running" });
    await release();

    expect((await Promise.all([jobEnd(older.id), jobEnd(newer.id)])).map(({ status }) => status)).toEqual(["succeeded", "succeeded"]);
    expect(await to.tags(name)).toEqual({ latest: newest.digest });
    expect((await to.writes()).filter(({ kind }) => kind === "tag")).toHaveLength(2);
  });

  test("an older write over what a later job finds there already is followed by the later one's", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    await from.putImage(name, "latest", { ...SINGLE, seed: "older" });
    const newest = await to.putImage(name, "latest", { ...SINGLE, seed: "newer" });
    const fault = await to.fail({ method: "PUT", path: "/manifests/latest", times: "always", action: { hold: name } });
    const older = await submit(`${from.host}/${name}`, `${to.host}/${name}`);
    await to.waitForRequests({ method: "PUT", path: "/manifests/latest" });
    await from.putImage(name, "latest", { ...SINGLE, seed: "newer" });
    await to.clearFaults(fault);
    const newer = await submit(`${from.host}/${name}`, `${to.host}/${name}`);
    await to.waitForRequests({ method: "HEAD", path: "/manifests/latest" }, 2);
    await to.release(name);

    expect(await jobEnd(older.id)).toMatchObject({ status: "succeeded" });
    expect(await jobEnd(newer.id)).toMatchObject({ status: "succeeded", error: null });
    expect(await to.tags(name)).toEqual({ latest: newest.digest });
  });
});
