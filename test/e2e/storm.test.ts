/** Many requests at once: what is wanted twenty times is moved once. `STORM_JOBS` and `STORM_IMAGES` make the larger storm larger still. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JobDocument } from "../../src/jobs/document.ts";
import { storeImage } from "../support/images/deliver.ts";
import { generateImage, type Image } from "../support/images/image.ts";
import { memoryFolder, type TemporaryFolder } from "../support/memory-folder.ts";
import type { FakeRegistry } from "../support/registry/fake-registry.ts";
import { startRegistry } from "../support/registry/server.ts";
import { ServiceClient } from "../support/service-client.ts";
import { type RunningWorker, startWorker } from "../support/workerd.ts";

const JOBS = Number(process.env.STORM_JOBS ?? 200);
const IMAGES = Number(process.env.STORM_IMAGES ?? 10);
const REPOSITORIES = 5;

/** Longest time in which all jobs must have been accepted. */
const ACCEPTED_MS = 10_000;

/** What the runtime keeps on disk of each job, at most. */
const STATE_BYTES = JOBS * 400_000;

let source: FakeRegistry;
let destination: FakeRegistry;
let state: TemporaryFolder;
let worker: RunningWorker;
let service: ServiceClient;

beforeAll(async () => {
  source = await startRegistry();
  destination = await startRegistry();
  const permit = { http: true, private: true };
  state = await memoryFolder(STATE_BYTES);
  worker = await startWorker({
    vars: { ALLOW_ANONYMOUS: "true", REGISTRIES: { [source.host]: permit, [destination.host]: permit } },
    persistTo: state.path,
  });
  service = new ServiceClient(worker.url);
});

afterAll(async () => {
  await worker?.stop();
  await state?.remove();
  await Promise.all([source?.close(), destination?.close()]);
});

/** What became visible at the destination more than once, as `kind repository digest tag`. */
function writtenTwice(kinds: readonly string[]): string[] {
  const writes = destination.store.writes.filter(({ kind }) => kinds.includes(kind));
  const names = writes.map(({ kind, repository, digest, tag }) => [kind, repository, digest, tag].join(" "));
  return names.filter((name, index) => names.indexOf(name) !== index);
}

async function allEnded(jobs: readonly JobDocument[], seconds: number): Promise<JobDocument[]> {
  const deadline = Date.now() + seconds * 1000;
  const ends: JobDocument[] = [];
  for (const { id } of jobs) {
    ends.push(await service.jobEnd(id, (deadline - Date.now()) / 1000));
  }
  return ends;
}

test("twenty identical requests at once cost one transfer", async () => {
  const image = await generateImage({ seed: "twenty", layers: [20_000_000, 1_000_000] });
  storeImage(source, "library/twenty", "1", image);
  // Slow enough for all twenty to be at work before the first has ended.
  source.fail({ method: "GET", path: "/blobs/", times: "always", action: { rate: 20_000_000 } });
  const request = [`${source.host}/library/twenty:1`, `${destination.host}/mirror/twenty:1`] as const;
  const jobs = await Promise.all(Array.from({ length: 20 }, () => service.submit(...request)));
  const ends = await allEnded(jobs, 60);
  source.faults.clear();
  expect(new Set(ends.map(({ id }) => id)).size).toBe(20);
  for (const end of ends) {
    expect(end).toMatchObject({ status: "succeeded", digest: image.root.digest });
    expect(end.images[0]?.destinations[0]?.status).toMatch(/^(copied|unchanged)$/);
  }
  const reads = source.requests.select({ method: "GET", path: "^/v2/library/twenty/blobs/" }).map(({ path }) => path);
  expect(reads.sort()).toEqual(image.blobs.map(({ digest }) => `/v2/library/twenty/blobs/${digest}`).sort());
  expect(writtenTwice(["blob", "mount", "tag"])).toEqual([]);
  expect(destination.tags("mirror/twenty")).toEqual({ 1: image.root.digest });
  expect(ends.reduce((sum, { progress }) => sum + progress.bytes.copied, 0)).toBe(
    image.blobs.reduce((sum, { content }) => sum + content.size, 0),
  );
});

test(
  `${JOBS} jobs at once: all are taken and succeed, no blob goes twice to one repository`,
  async () => {
    const images: Image[] = [];
    for (let number = 0; number < IMAGES; number++) {
      // The first layer is the same in all of them, as a base image's.
      const image = await generateImage({ seed: "storm", index: "none", platforms: [`linux/v${number}`], layers: [60_000, 8_000] });
      storeImage(source, `library/storm${number}`, "1", image);
      images.push(image);
    }
    const begun = Date.now();
    const jobs = await Promise.all(
      Array.from({ length: JOBS }, (_, number) => {
        const which = number % IMAGES;
        const repository = `storm/r${Math.floor(number / IMAGES) % REPOSITORIES}`;
        return service.submit(`${source.host}/library/storm${which}:1`, `${destination.host}/${repository}:i${which}`);
      }),
    );
    const accepted = Date.now() - begun;
    const ends = await allEnded(jobs, 20 + JOBS / 5);
    process.stderr.write(`${JOBS} jobs: accepted after ${accepted} ms, ended after ${Date.now() - begun} ms\n`);
    expect(ends.filter(({ status }) => status !== "succeeded")).toEqual([]);
    expect(accepted).toBeLessThan(ACCEPTED_MS);
    expect(writtenTwice(["blob", "mount"])).toEqual([]);
    for (let repository = 0; repository < Math.min(REPOSITORIES, Math.ceil(JOBS / IMAGES)); repository++) {
      const tags = Object.fromEntries(images.map(({ root }, number) => [`i${number}`, root.digest]));
      expect(destination.tags(`storm/r${repository}`)).toEqual(tags);
    }
  },
  60_000 + JOBS * 300,
);
