/** Jobs that are interrupted, by registries and by the loss of their own process, and go on from what is there. */
import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, test } from "vitest";
import { expectArrived, expectNoUploads } from "../support/copied-image.ts";
import {
  api,
  apiJson,
  copy,
  freshName,
  jobEnd,
  kindsOf,
  readJob,
  registry,
  requestKinds,
  submit,
  twoRegistries,
} from "../support/copy-service.ts";
import type { FaultAction } from "../support/registry/faults.ts";

const LAYERS = [3_000_000, 2_000];

/** A copy of an index over two platforms, with layers of several reads and of less than one. */
async function twoPlatforms() {
  const [from, to] = await twoRegistries();
  const name = freshName();
  const image = await from.putImage(name, "1.0", { seed: "recovery", layers: LAYERS });
  const arrived = () => expectArrived(image, { at: from, name }, { at: to, name });
  return { from, to, name, image, arrived, source: `${from.host}/${name}:1.0`, destination: `${to.host}/${name}:1.0` };
}

describe("a copy gets over", () => {
  it.each<{ what: string; side: "from" | "to"; method: string; path: string; action: FaultAction; times?: number }>([
    {
      what: "a source that is out of order for a moment",
      side: "from",
      method: "HEAD",
      path: "/manifests/",
      action: { status: 503 },
      times: 2,
    },
    {
      what: "a source that resets in mid-layer",
      side: "from",
      method: "GET",
      path: "/blobs/",
      action: { resetAfter: 1_700_000 },
      times: 3,
    },
    {
      what: "a source whose connection ends in mid-layer",
      side: "from",
      method: "GET",
      path: "/blobs/",
      action: { truncateAfter: 1_200_000 },
    },
    { what: "a source that answers no HEAD", side: "from", method: "HEAD", path: "/manifests/", action: { status: 405 } },
    { what: "one damaged read", side: "from", method: "GET", path: "/blobs/", action: { flipBitAt: 1_000 } },
    {
      what: "a destination that drops the start of an upload",
      side: "to",
      method: "POST",
      path: "/uploads/",
      action: { dropConnection: "at-once" },
    },
    {
      what: "a destination that resets in mid-layer",
      side: "to",
      method: "PUT",
      path: "/uploads/",
      action: { resetRequestAfter: 1_700_000 },
    },
    {
      what: "a commit whose answer is lost",
      side: "to",
      method: "PUT",
      path: "/uploads/",
      action: { dropConnection: "after-handling" },
      times: 5,
    },
    { what: "a commit that is answered with 500", side: "to", method: "PUT", path: "/uploads/", action: { status: 500 } },
    {
      what: "an upload that is forgotten",
      side: "to",
      method: "PUT",
      path: "/uploads/",
      action: { status: 404, body: { errors: [{ code: "BLOB_UPLOAD_UNKNOWN" }] } },
    },
    {
      what: "a manifest whose answer is lost",
      side: "to",
      method: "PUT",
      path: "/manifests/",
      action: { dropConnection: "after-handling" },
      times: 3,
    },
  ])("$what", async ({ side, method, path, action, times = 1 }) => {
    const { from, to, name, image, source, destination, arrived } = await twoPlatforms();
    const fault = await { from, to }[side].fail({ method, path, times, action });

    const job = await copy(source, destination);

    expect(job).toMatchObject({ status: "succeeded", digest: image.digest, error: null });
    expect(await { from, to }[side].fault(fault)).toMatchObject({ applied: times });
    expect(await to.tags(name)).toEqual({ "1.0": image.digest });
    await arrived();
    await expectNoUploads(to);
  });

  test("a destination that is out of order for longer than a request is repeated, and the other need not wait for it", async () => {
    const { from, to, name, image, source, destination, arrived } = await twoPlatforms();
    const late = await registry();
    await late.fail({ method: "HEAD", path: "/manifests/", times: 5, action: { status: 503 } });

    const job = await copy(source, [destination, `${late.host}/${name}:1.0`]);

    expect(job).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "copied" }, { status: "copied" }] }] });
    await arrived();
    await expectArrived(image, { at: from, name }, { at: late, name });
    expect(await late.tags(name)).toEqual({ "1.0": image.digest });
    expect(await requestKinds(from)).toMatchObject({ "HEAD tag": 1, "GET manifest": 3 });
    expect(await requestKinds(to)).toMatchObject({ "HEAD tag": 1, "PUT tag": 1 });
  });
});

describe("what a destination had is brought again where it is gone", () => {
  test("after another job has brought it, and the repository was emptied", async () => {
    const { from, to, name, image, source, destination } = await twoPlatforms();
    await copy(source, destination);
    await to.reset();

    const job = await copy(source, destination);

    expect(job).toMatchObject({ status: "succeeded", error: null });
    expect(await to.tags(name)).toEqual({ "1.0": image.digest });
    await expectArrived(image, { at: from, name }, { at: to, name });
  });

  test("for the job that was retried", async () => {
    const { from, to, name, image, source, destination } = await twoPlatforms();
    const fault = { method: "PUT", path: "/manifests/1.0", times: "always" as const };
    await to.fail({ ...fault, action: { status: 403, body: { errors: [{ code: "DENIED" }] } } });
    const { id } = await copy(source, destination);
    await to.reset();

    await api("POST", `/jobs/${id}/retry`);

    expect(await jobEnd(id)).toMatchObject({ status: "succeeded", error: null });
    expect(await to.tags(name)).toEqual({ "1.0": image.digest });
    await expectArrived(image, { at: from, name }, { at: to, name });
  });
});

describe("a retry", () => {
  const refused = { status: 403, body: { errors: [{ code: "DENIED", message: "no" }] } };

  test("goes on from what is there: nothing is resolved, read or sent twice", async () => {
    const { from, to, source, destination, image, arrived } = await twoPlatforms();
    await to.fail({ method: "PUT", path: "/manifests/1.0", times: "always", action: refused });
    const failed = await copy(source, destination);
    expect(failed).toMatchObject({ status: "failed", error: { code: "access-denied" } });
    await Promise.all([to.clearFaults(), to.clearRequests(), from.clearRequests()]);

    const answer = await api("POST", `/jobs/${failed.id}/retry`);

    expect([answer.status, answer.headers.get("location")]).toEqual([202, `/jobs/${failed.id}`]);
    expect(await jobEnd(failed.id)).toMatchObject({ id: failed.id, status: "succeeded", error: null, digest: image.digest });
    await arrived();
    expect(await requestKinds(from)).toEqual({});
    expect(await requestKinds(to)).toEqual({ "HEAD tag": 1, "PUT manifest": 2, "PUT tag": 1 });
  });

  test("brings the whole image where the first try did not get as far as looking", async () => {
    const { from, to, name, image, source, destination } = await twoPlatforms();
    const other = await registry();
    await other.fail({ method: "HEAD", path: "/manifests/", times: "always", action: { status: 400 } });
    const failed = await copy(source, [destination, `${other.host}/${name}:1.0`]);
    expect(failed.images[0]?.destinations.map(({ status }) => status)).toEqual(["copied", "failed"]);
    await Promise.all([other.clearFaults(), to.clearRequests()]);

    await api("POST", `/jobs/${failed.id}/retry`);

    expect(await jobEnd(failed.id)).toMatchObject({
      status: "succeeded",
      images: [{ destinations: [{ status: "copied" }, { status: "copied" }] }],
    });
    await expectArrived(image, { at: from, name }, { at: other, name });
    expect(await other.tags(name)).toEqual({ "1.0": image.digest });
    expect(await to.requests()).toEqual([]);
  });

  test("is refused while the job goes on, and after it succeeded", async () => {
    const { from, source, destination } = await twoPlatforms();
    await from.fail({ method: "HEAD", path: "/manifests/", action: { hold: "retry" } });
    const { id } = await submit(source, destination);
    expect((await api("POST", `/jobs/${id}/retry`)).status).toBe(409);
    await from.release("retry");
    expect(await jobEnd(id)).toMatchObject({ status: "succeeded" });
    expect(await apiJson("POST", `/jobs/${id}/retry`)).toMatchObject({ status: 409, code: "conflict" });
    expect(await readJob(id)).toMatchObject({ status: "succeeded" });
  });
});

describe("the loss of the job's process", () => {
  it.each<{ what: string; lose: (id: string) => Promise<unknown>; isCrash: boolean }>([
    { what: "an eviction", lose: (id) => evictDurableObject(env.COPY_JOBS.getByName(id)), isCrash: false },
    {
      what: "a crash",
      lose: (id) => runInDurableObject(env.COPY_JOBS.getByName(id), (_, state) => state.abort("crash")).catch(() => {}),
      isCrash: true,
    },
    { what: "a crash of every object", lose: () => abortAllDurableObjects(), isCrash: true },
  ])("by $what changes nothing about what arrives", async ({ lose, isCrash }) => {
    const { from, to, name, image, source, destination, arrived } = await twoPlatforms();
    await to.fail({ method: "PUT", path: "/uploads/", skip: 2, times: "always", action: { hold: name } });
    const { id } = await submit(source, destination);
    await to.waitForRequests({ method: "PUT", path: "/uploads/" }, 4);
    await from.putImage(name, "1.0", { seed: "moved meanwhile" });

    // An eviction waits for what is under way, a crash does not.
    const losing = lose(id);
    await (isCrash ? losing : undefined);
    await to.release(name);
    await losing;

    // Whoever asks for a job that lost its process wakes it.
    expect(await readJob(id)).toMatchObject({ id, digest: image.digest });
    expect(await jobEnd(id)).toMatchObject({ status: "succeeded", digest: image.digest, error: null });
    expect(await to.tags(name)).toEqual({ "1.0": image.digest });
    await arrived();
    expect(kindsOf(await from.requests({ method: "HEAD" }))).toEqual({ "HEAD tag": 1 });
    // What was under way when the process was lost is looked for again, and what had arrived is not sent again.
    const asked = (await requestKinds(to))["HEAD blob"] ?? 0;
    expect(isCrash ? asked > image.blobs.length : asked === image.blobs.length).toBe(true);
  });
});
