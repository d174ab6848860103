/**
 * A blob that takes longer than a slice: it goes by way of the stage, over several slices, and is read once, also where two jobs want it. `BIG_BLOB_MIB` and `BIG_SLICE_SECONDS`
 * make it larger (5120 and 5 for the full form).
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { storeImage } from "../support/images/deliver.ts";
import { generateImage } from "../support/images/image.ts";
import type { FakeRegistry } from "../support/registry/fake-registry.ts";
import { startRegistry } from "../support/registry/server.ts";
import { ServiceClient } from "../support/service-client.ts";
import { type RunningWorker, startWorker } from "../support/workerd.ts";

const MIB = 1024 * 1024;
const BLOB_BYTES = Number(process.env.BIG_BLOB_MIB ?? 300) * MIB;
const SLICE_SECONDS = Number(process.env.BIG_SLICE_SECONDS ?? 1);

/** Longest time for each 100 MiB, in milliseconds; a stage on disk is written and read twice. */
const MS_PER_100_MIB = 20_000;
const LIMIT_MS = 30_000 + (BLOB_BYTES / (100 * MIB)) * MS_PER_100_MIB;

let source: FakeRegistry;
let destination: FakeRegistry;
let worker: RunningWorker;

beforeAll(async () => {
  source = await startRegistry();
  // Checks what it gets and keeps nothing of it.
  destination = await startRegistry({ blobStore: "discard" });
  const permit = { http: true, private: true };
  worker = await startWorker({
    vars: { ALLOW_ANONYMOUS: "true", SLICE_SECONDS, REGISTRIES: { [source.host]: permit, [destination.host]: permit } },
  });
});

afterAll(async () => {
  await worker?.stop();
  await Promise.all([source?.close(), destination?.close()]);
});

test(
  `${BLOB_BYTES / MIB} MiB in slices of ${SLICE_SECONDS} s, for two jobs: read once, committed once`,
  async () => {
    const image = await generateImage({ seed: "big", index: "none", platforms: ["linux/amd64"], layers: [BLOB_BYTES] });
    const blob = image.blobs.find(({ content }) => content.size === BLOB_BYTES);
    storeImage(source, "library/big", "1", image);
    const service = new ServiceClient(worker.url);
    const begun = Date.now();
    const submit = (tag: string) => service.submit(`${source.host}/library/big:1`, `${destination.host}/mirror/big:${tag}`);
    const submitted = await Promise.all(["1", "2"].map(submit));
    const ends = await Promise.all(submitted.map(({ id }) => service.jobEnd(id, LIMIT_MS / 1000)));
    expect(ends.map(({ status, digest }) => [status, digest])).toEqual(Array(2).fill(["succeeded", image.root.digest]));
    expect(ends.reduce((sum, { progress }) => sum + progress.blobs.staged, 0)).toBe(1);

    const of = { path: `/blobs/${blob?.digest}` };
    const read = source.requests.select({ method: "GET", ...of }).reduce((sum, { bytesOut }) => sum + bytesOut, 0);
    const sent = destination.requests.select({ path: "/blobs/uploads/." }).reduce((sum, { bytesIn }) => sum + bytesIn, 0);
    const seconds = (Date.now() - begun) / 1000;
    const ratio = (bytes: number): string => (bytes / BLOB_BYTES).toFixed(4);
    process.stderr.write(`${BLOB_BYTES / MIB} MiB: ${seconds.toFixed(1)} s, read ${ratio(read)} times, sent ${ratio(sent)} times\n`);
    // Longer than a slice, or nothing was shown.
    expect(seconds).toBeGreaterThan(SLICE_SECONDS * 2);
    expect(read).toBe(BLOB_BYTES);
    expect(destination.store.writes.filter(({ kind, digest }) => kind === "blob" && digest === blob?.digest)).toHaveLength(1);
    expect(destination.store.writes.filter(({ kind }) => kind === "tag")).toHaveLength(2);
    expect(destination.openUploads).toBe(0);
  },
  LIMIT_MS + 30_000,
);
