/** How much is open at once: what production limits per invocation and the local runtime does not count. */
import { abortAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { configOf } from "../../src/config/config.ts";
import { HashMemory } from "../../src/copy/hash-memory.ts";
import { MAX_CARRIERS } from "../../src/jobs/blobs/carriers.ts";
import type { CarryTask } from "../../src/jobs/blobs/carry-task.ts";
import { runErrand } from "../../src/jobs/blobs/errands.ts";
import { TELLS_PAUSES } from "../../src/jobs/hosts/connections.ts";
import { workerEffects } from "../../src/jobs/worker-effects.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { expectArrived } from "../support/copied-image.ts";
import { copy, freshName, jobEnd, readJob, registry, submit, twoRegistries } from "../support/copy-service.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";

/** Connections of one invocation that may wait for headers (Workers, "Simultaneous open connections"). */
const CONNECTIONS = 6;

/** Requests that one carrier has open at once: one at each end. */
const OF_A_CARRIER = 2;

/** Time in which whatever is going to be asked has been asked. Nothing can be waited for that must not come. */
const QUIET_MS = 500;

const LAYERS = Array.from({ length: 200 }, (_, index) => 1_000 + index);

test("an image of 200 layers: every blob is sent once, by no more carriers at once than there are", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  const image = await from.putImage(name, "1.0", { seed: "budget", platforms: ["linux/amd64"], index: "none", layers: LAYERS });

  const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);

  expect(job).toMatchObject({ status: "succeeded", progress: { blobs: { total: 201, done: 201, copied: 201 } } });
  await expectArrived(image, { at: from, name }, { at: to, name });
  const stored = (await to.writes()).filter(({ kind }) => kind === "blob").map(({ digest }) => digest);
  expect(stored.sort()).toEqual(image.blobs.map(({ digest }) => digest).sort());
  expect(await to.requests({ method: "POST" })).toHaveLength(201);
  expect(await from.requests({ method: "GET", path: "/blobs/" })).toHaveLength(201);
  for (const at of [from, to]) {
    expect(Math.max(...(await at.requests()).map(({ concurrent }) => concurrent))).toBeLessThanOrEqual(MAX_CARRIERS);
  }
});

test("carriers that all wait: as many requests are open as there are carriers", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  await from.putImage(name, "1.0", { seed: "waiting", platforms: ["linux/amd64"], index: "none", layers: LAYERS });
  await to.fail({ method: "PUT", path: "/uploads/", times: "always", action: { hold: "budget" } });

  const { id } = await submit(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);
  await to.waitForRequests({ method: "PUT" }, MAX_CARRIERS);
  await quiet();

  expect((await to.requests()).filter(({ ended }) => !ended)).toHaveLength(MAX_CARRIERS);
  await to.release("budget");
  expect(await jobEnd(id)).toMatchObject({ status: "succeeded" });
});

test("after each death of its process a job has fewer carriers at work, and in the end sends every blob", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  const layers = Array.from({ length: 12 }, (_, index) => 1_000 + index);
  await from.putImage(name, "1.0", { seed: "deaths", platforms: ["linux/amd64"], index: "none", layers });
  await from.fail({ id: "deaths", method: "GET", path: "/blobs/", times: "always", action: { hold: "deaths" } });
  const atWork: number[] = [];
  const { id } = await submit(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);
  for (let deaths = 0; deaths < 3; deaths++) {
    await from.waitForRequests({ method: "GET", path: "/blobs/" });
    await quiet();
    atWork.push((await from.requests({ method: "GET", path: "/blobs/" })).length);
    await abortAllDurableObjects();
    await from.clearRequests();
    // Whoever asks for a job that lost its process wakes it.
    await readJob(id);
  }
  await from.clearFaults("deaths");
  await from.release("deaths");
  expect(await jobEnd(id)).toMatchObject({ status: "succeeded", progress: { blobs: { total: 13, done: 13 } } });
  expect(atWork).toEqual([8, 2, 1]);
});

test("one carrier has at most one request open at each end, whatever its errand meets", async () => {
  const [from, to] = await twoRegistries({}, { quirks: { chunkMaxLength: 1024 * 1024 } });
  const name = freshName();
  const { blobs } = await from.putImage(name, "1.0", { seed: "one", platforms: ["linux/amd64"], index: "none", layers: [5_000_000] });
  const [blob] = blobs.filter(({ size }) => size === 5_000_000);
  await to.fail({ method: "PATCH", skip: 1, action: { resetRequestAfter: 100_000 } });
  let open = 0;
  let most = 0;
  const effects: typeof workerEffects = {
    ...workerEffects,
    fetch: async (url, init) => {
      most = Math.max(most, ++open);
      return await fetch(url, init).finally(() => open--);
    },
  };
  const task: CarryTask = {
    errand: "place",
    blob: { mediaType: "", size: 5_000_000, digest: blob?.digest as Digest },
    source: { registry: from.host, repository: name },
    target: { registry: to.host, repository: name },
    mountFrom: [],
    lookFirst: false,
    mayUseStage: true,
  };

  const result = await runErrand(task, {
    config: configOf(env),
    effects,
    retry: TELLS_PAUSES,
    hostOf: (registry) => env.REGISTRY_HOSTS.getByName(registry),
    stage: undefined,
    memory: new HashMemory(),
    signal: new AbortController().signal,
    leave: () => {},
    hasTime: () => true,
    isLeft: () => false,
    onSent: () => {},
    onProgress: async () => {},
  });

  expect(result).toMatchObject({ outcome: "placed", placement: "copied" });
  expect(most).toBeLessThanOrEqual(OF_A_CARRIER);
});

test("manifests of 20 platforms for three registries: the job itself has no more requests open than it may", async () => {
  const [from, first] = await twoRegistries();
  const destinations = [first, await registry(), await registry()];
  const name = freshName();
  const platforms = Array.from({ length: 20 }, (_, index) => `linux/arch${index}`);
  await from.putImage(name, "1.0", { seed: "manifests", platforms, layers: [100] });
  for (const to of destinations) {
    await to.fail({ method: "PUT", path: "/manifests/", times: "always", action: { hold: "budget" } });
  }

  const { id } = await submit(
    `${from.host}/${name}:1.0`,
    destinations.map(({ host }) => `${host}/${name}:1.0`),
  );
  await Promise.all(destinations.map((to) => to.waitForRequests({ method: "PUT", path: "/manifests/" })));
  await quiet();

  expect(await openAt(destinations)).toBeLessThanOrEqual(CONNECTIONS);
  await Promise.all(destinations.map((to) => to.release("budget")));
  expect(await jobEnd(id)).toMatchObject({ status: "succeeded" });
});

async function openAt(registries: readonly RemoteRegistry[]): Promise<number> {
  const requests = await Promise.all(registries.map((at) => at.requests()));
  return requests.flat().filter(({ ended }) => !ended).length;
}

function quiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, QUIET_MS));
}
