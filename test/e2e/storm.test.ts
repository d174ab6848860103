/** Many requests at once: what is wanted twenty times is moved once. `npm run storm` is the long form. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { storeImage } from "../support/images/deliver.ts";
import { generateImage } from "../support/images/image.ts";
import { memoryFolder, type TemporaryFolder } from "../support/memory-folder.ts";
import { Storm } from "../support/storm.ts";

const JOBS = 200;

/** Longest time in which all jobs must have been accepted, in milliseconds. */
const ACCEPTED_MS = 10_000;

/** What the runtime keeps on disk of each job, at most. */
const STATE_BYTES = JOBS * 400_000;

/** Memory that the runtime may take for all jobs together; the objects of all of them are there until ten seconds after their ends. */
const MEMORY_BYTES = JOBS * 2_500_000;

let state: TemporaryFolder;
let storm: Storm;

beforeAll(async () => {
  state = await memoryFolder(STATE_BYTES);
  storm = await Storm.begin({ jobs: JOBS, images: 10, repositories: 5, statePath: state.path });
});

afterAll(async () => {
  await storm?.close();
  await state?.remove();
});

test("twenty identical requests at once cost one transfer", async () => {
  const { source, destination, service } = storm;
  const image = await generateImage({ seed: "twenty", layers: [20_000_000, 1_000_000] });
  storeImage(source, "library/twenty", "1", image);
  // Slow enough for all twenty to be at work before the first has ended.
  source.fail({ method: "GET", path: "/blobs/", times: "always", action: { rate: 20_000_000 } });
  const request = [`${source.host}/library/twenty:1`, `${destination.host}/mirror/twenty:1`] as const;
  const jobs = await Promise.all(Array.from({ length: 20 }, () => service.submit(...request)));
  const ends = await Promise.all(jobs.map(({ id }) => service.jobEnd(id, 60)));
  source.faults.clear();
  expect(new Set(ends.map(({ id }) => id)).size).toBe(20);
  for (const end of ends) {
    expect(end).toMatchObject({ status: "succeeded", digest: image.root.digest });
    expect(end.images[0]?.destinations[0]?.status).toMatch(/^(copied|unchanged)$/);
  }
  const reads = source.requests.select({ method: "GET", path: "^/v2/library/twenty/blobs/" }).map(({ path }) => path);
  expect(reads.sort()).toEqual(image.blobs.map(({ digest }) => `/v2/library/twenty/blobs/${digest}`).sort());
  expect(storm.writtenTwice(["blob", "mount", "tag"])).toEqual([]);
  expect(destination.tags("mirror/twenty")).toEqual({ 1: image.root.digest });
  expect(ends.reduce((sum, { progress }) => sum + progress.bytes.copied, 0)).toBe(
    image.blobs.reduce((sum, { content }) => sum + content.size, 0),
  );
});

test("a job stands in the list once it is accepted, also when many come at once", async () => {
  const { source, destination, service } = storm;
  const image = await generateImage({ seed: "listed", index: "none", platforms: ["linux/amd64"], layers: [1_000] });
  storeImage(source, "library/listed", "1", image);
  const listed = await Promise.all(
    Array.from({ length: 60 }, async () => {
      const { id } = await service.submit(`${source.host}/library/listed:1`, `${destination.host}/mirror/listed:1`);
      const answer = await service.request("GET", "/jobs?limit=100");
      return (JSON.parse(answer.body.toString()) as { jobs: { id: string }[] }).jobs.some((job) => job.id === id);
    }),
  );
  expect(listed).toEqual(listed.map(() => true));
});

test(`${JOBS} jobs at once: all are taken and succeed, no blob goes twice to one repository`, async () => {
  const before = storm.memory();
  const report = await storm.burst();
  process.stderr.write(`${JOBS} jobs: accepted after ${report.acceptedMs} ms, ended after ${report.endedMs} ms\n`);
  expect(storm.faults(report)).toEqual([]);
  expect(report.acceptedMs).toBeLessThan(ACCEPTED_MS);
  expect(storm.memory() - before).toBeLessThan(MEMORY_BYTES);
});
