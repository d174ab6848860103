import { describe, expect, test } from "vitest";
import { MOST_CALLS, sweepWholeStage } from "../../../../src/jobs/blobs/sweep-stage.ts";

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 10, 25);

const pathOf = (number: number) => `sha256/${number.toString(16).padStart(64, "0")}`;

/** A bucket in memory that counts its calls. `refuses` says which keys can't be removed. */
function memoryBucket(refuses: (key: string) => boolean = () => false) {
  const objects = new Map<string, { uploaded: Date; text: string }>();
  const state = { calls: 0 };
  const shown = (key: string) => ({ key, etag: "e", size: 1, ...objects.get(key) });
  const bucket = {
    list: async ({ prefix, limit, startAfter = "" }: { prefix: string; limit: number; startAfter?: string }) => {
      state.calls++;
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > startAfter).sort();
      return { objects: keys.slice(0, limit).map(shown), truncated: keys.length > limit };
    },
    head: async (key: string) => {
      state.calls++;
      return objects.has(key) ? shown(key) : null;
    },
    get: async (key: string) => {
      state.calls++;
      return objects.has(key) ? { ...shown(key), text: async () => objects.get(key)?.text } : null;
    },
    delete: async (key: string) => {
      state.calls++;
      if (refuses(key)) {
        throw new Error("delete: The object is locked");
      }
      objects.delete(key);
    },
    resumeMultipartUpload: () => ({ abort: async () => {} }),
  };
  return {
    bucket: bucket as unknown as R2Bucket,
    state,
    /** A blob that was staged two days ago and last used so many hours ago; they stand in the order of their numbers. */
    put: (number: number, usedHoursAgo: number) => {
      const path = pathOf(number);
      const text = JSON.stringify({ etag: "e", size: 1, checkedAt: "2026-11-23" });
      objects.set(`blobs/${path}`, { uploaded: new Date(NOW - 2 * DAY), text: "" });
      objects.set(`checked/${path}`, { uploaded: new Date(NOW - usedHoursAgo * HOUR), text });
    },
    /** An object of some multipart upload, which nobody has checked yet; it is two days old, and its upload was last used so many hours ago. */
    join: (number: number, usedHoursAgo: number) => {
      const path = pathOf(number);
      objects.set(`blobs/${path}`, { uploaded: new Date(NOW - 2 * DAY), text: "" });
      objects.set(`uploads/${path}/u`, { uploaded: new Date(NOW - usedHoursAgo * HOUR), text: "" });
    },
    keys: () => [...objects.keys()],
    blobs: () => [...objects.keys()].filter((key) => key.startsWith("blobs/")).length,
  };
}

describe("a stage with more in use than one sweep can look at", () => {
  test("is gone through in several, each within its budget", async () => {
    const { bucket, state, put, blobs } = memoryBucket();
    for (let number = 0; number < 7_000; number++) {
      put(number, number < 6_000 ? 0.5 : 48);
    }
    let cursor: string | undefined;
    let sweeps = 0;
    do {
      state.calls = 0;
      const swept = await sweepWholeStage(bucket, NOW, DAY, cursor);
      expect(state.calls).toBeLessThanOrEqual(MOST_CALLS);
      expect(swept.calls).toBe(state.calls);
      cursor = swept.cursor;
      sweeps++;
    } while (cursor !== undefined && sweeps < 10);
    expect([blobs(), cursor]).toEqual([6_000, undefined]);
    expect(sweeps).toBe(3);
  });
});

test("a blob that can't be removed keeps the sweep from no other", async () => {
  const { bucket, put, blobs } = memoryBucket((key) => /^blobs\/.*0a$/.test(key));
  for (let number = 0; number < 20; number++) {
    put(number, 48);
  }
  const swept = await sweepWholeStage(bucket, NOW, DAY);
  expect(swept).toMatchObject({ deleted: 19, failed: 1, failure: { message: expect.stringContaining("locked"), side: "staging" } });
  expect([blobs(), swept.cursor]).toEqual([1, undefined]);
});

test("a blob that was used within its time stays, however old it is", async () => {
  const { bucket, put, keys } = memoryBucket();
  put(1, 23);
  put(2, 26);
  expect(await sweepWholeStage(bucket, NOW, DAY)).toMatchObject({ deleted: 1, failed: 0 });
  expect(keys()).toEqual([`blobs/${pathOf(1)}`, `checked/${pathOf(1)}`]);
});

test("an object that is under check stays as long as its upload is in use", async () => {
  const { bucket, join, keys } = memoryBucket();
  join(1, 23);
  join(2, 26);
  expect(await sweepWholeStage(bucket, NOW, DAY)).toMatchObject({ deleted: 1, aborted: 1, failed: 0 });
  expect(keys()).toEqual([`blobs/${pathOf(1)}`, `uploads/${pathOf(1)}/u`]);
});
