/**
 * What a copy outlives: a registry that is down for half a minute, connections refused in the middle of a copy and then taken again, both sides at once, to
 * wait once; and the runtime killed with SIGKILL, as by a power cut, at moments that a seed chooses, and started again on what it had stored. `npm run
 * kill-test` is the long form of that. Side by side, since all of it is mostly waiting.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JobDocument } from "../../src/jobs/document.ts";
import { storeImage } from "../support/images/deliver.ts";
import { generateImage, type Image } from "../support/images/image.ts";
import { chooseSeed } from "../support/images/seed.ts";
import { copyUnderKills, faultsOf, type KillOptions } from "../support/kill-harness.ts";
import { MANY_LAYERS, ONE_LARGE_LAYER } from "../support/kill-scenarios.ts";
import type { FakeRegistry } from "../support/registry/fake-registry.ts";
import { startRegistry } from "../support/registry/server.ts";
import { ServiceClient } from "../support/service-client.ts";
import { type RunningWorker, startWorker } from "../support/workerd.ts";

const OUTAGE_MS = 30_000;

/** Longest time from the outage's end to the job's, in seconds: the longest pause between two tries, and the copy itself. */
const SOON_S = 25;

const NAME = "outage/image";
const LAYER = 6_000_000;

let registries: FakeRegistry[];
let image: Image;
let worker: RunningWorker;
let service: ServiceClient;

beforeAll(async () => {
  registries = await Promise.all(Array.from({ length: 4 }, () => startRegistry()));
  image = await generateImage({ seed: "outage", index: "none", platforms: ["linux/amd64"], layers: [LAYER] });
  const permit = { http: true, private: true };
  worker = await startWorker({
    vars: { ALLOW_ANONYMOUS: "true", REGISTRIES: Object.fromEntries(registries.map(({ host }) => [host, permit])) },
  });
  service = new ServiceClient(worker.url);
});

afterAll(async () => {
  await worker?.stop();
  await Promise.all(registries?.map((registry) => registry.close()) ?? []);
});

/** Copies between two registries of which one goes down once a part of the layer has passed it; gives the job at the end and how it was shown meanwhile. */
async function copyThrough(down: "source" | "destination", source: FakeRegistry, destination: FakeRegistry) {
  storeImage(source, NAME, "1", image);
  source.fail({ method: "GET", path: "/blobs/", times: "always", action: { rate: 3_000_000 } });
  const { id } = await service.submit(`${source.host}/${NAME}:1`, `${destination.host}/${NAME}:1`);
  const moved = () =>
    down === "source"
      ? source.requests.select({ method: "GET", path: "/blobs/" }).some(({ bytesOut }) => bytesOut > LAYER / 4)
      : destination.requests.select({ path: "/blobs/uploads/" }).some(({ bytesIn }) => bytesIn > LAYER / 4);
  await expect.poll(moved, { timeout: 20_000, interval: 5 }).toBe(true);
  const begun = Date.now();
  void (down === "source" ? source : destination).outage(OUTAGE_MS);
  let waiting: JobDocument["waiting"] = null;
  await expect
    .poll(
      async () => {
        const job = await service.job(id);
        waiting = job.waiting;
        return waiting;
      },
      { timeout: OUTAGE_MS },
    )
    .not.toBeNull();
  const job = await service.jobEnd(id, OUTAGE_MS / 1000 + SOON_S);
  return { job, waiting: waiting as JobDocument["waiting"], tookMs: Date.now() - begun };
}

test.concurrent("a source and a destination that refuse connections for 30 s: the jobs wait, say so, and succeed", async () => {
  const [source, destination, third, fourth] = registries as [FakeRegistry, FakeRegistry, FakeRegistry, FakeRegistry];
  const pairs = [
    { down: "source", source, destination },
    { down: "destination", source: third, destination: fourth },
  ] as const;
  const ends = await Promise.all(pairs.map(({ down, source, destination }) => copyThrough(down, source, destination)));
  for (const [index, { job, waiting, tookMs }] of ends.entries()) {
    const { down, source, destination } = pairs[index] as (typeof pairs)[number];
    expect(job).toMatchObject({ status: "succeeded", digest: image.root.digest, error: null, waiting: null });
    expect(destination.tags(NAME)).toEqual({ 1: image.root.digest });
    expect(waiting?.reason).toContain((down === "source" ? source : destination).host);
    expect(tookMs).toBeGreaterThanOrEqual(OUTAGE_MS);
    const stored = destination.store.writes.filter(({ kind }) => kind === "blob").map(({ digest }) => digest);
    expect(stored.toSorted()).toEqual(image.blobs.map(({ digest }) => digest).toSorted());
    const read = source.requests.select({ method: "GET", path: "/blobs/" }).reduce((sum, { bytesOut }) => sum + bytesOut, 0);
    // What was under way when the registry went down is read once more, and no more often than that.
    expect(read).toBeLessThan(2.1 * LAYER);
    // One that was open when its registry went away could not be given back: registries clear such away by themselves.
    expect(destination.openUploads).toBeLessThanOrEqual(down === "destination" ? 1 : 0);
  }
});

async function expectToSurvive(options: Omit<KillOptions, "seed" | "say">): Promise<void> {
  const lines: string[] = [];
  const report = await copyUnderKills({ ...options, seed: chooseSeed(), say: (line) => lines.push(line) });
  const ratio = (report.bytesRead / report.imageBytes).toFixed(3);
  lines.push(`${ratio} times the image read, ${report.tagWrites} write of the tag, ${report.seconds.toFixed(0)} s`);
  process.stderr.write(`${lines.join("\n")}\n`);
  expect(faultsOf(report)).toEqual([]);
}

test.concurrent("a copy of many layers survives five kills, and wakes by itself", async () => {
  await expectToSurvive({ ...MANY_LAYERS, kills: 5, unattended: true });
});

test.concurrent("a copy of one large layer survives four kills by what is staged of it", async () => {
  await expectToSurvive({ ...ONE_LARGE_LAYER, kills: 4 });
});
