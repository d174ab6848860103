import { expect, test } from "vitest";
import { averageRate, fractionDone, rateOf, type Sample, secondsLeft, withSample } from "../../../src/dashboard/pace.ts";
import type { Progress } from "../../../src/jobs/document.ts";

function progress(done: number, total: number, copied = done): Progress {
  return {
    manifests: { total: 2, done: 1 },
    blobs: { total: 2, done: 0, copied: 0, mounted: 0, existing: 0, staged: 0 },
    bytes: { total, done, copied },
  };
}

/** A job that sends so many bytes in each second, seen four times a second. */
function samplesOf(bytesBySecond: readonly number[]): readonly Sample[] {
  let [samples, bytes, nowMs]: [readonly Sample[], number, number] = [[], 0, 0];
  for (const each of bytesBySecond) {
    for (let quarter = 0; quarter < 4; quarter++) {
      bytes += each / 4;
      nowMs += 250;
      samples = withSample(samples, { name: "progress", data: JSON.stringify({ progress: progress(bytes, 1e9) }) }, nowMs);
    }
  }
  return samples;
}

test("the rate is that of the last seconds", () => {
  const slowAtFirst = samplesOf([...Array(20).fill(100), ...Array(10).fill(5000)]);
  expect(rateOf(slowAtFirst, 30_000)).toBeCloseTo(5000, -3);
  expect(slowAtFirst.length).toBeLessThan(25);
});

test("the rate falls to nothing while nothing comes", () => {
  const samples = samplesOf(Array(5).fill(1000));
  expect(rateOf(samples, 9_000)).toBeLessThan(700);
  expect(rateOf(samples, 60_000)).toBe(0);
});

test("of the first moment nobody knows a rate, nor a time left", () => {
  expect(rateOf([], 1000)).toBeUndefined();
  expect(rateOf([{ atMs: 900, bytes: 10 }], 1000)).toBeUndefined();
  expect(secondsLeft(progress(10, 100), undefined)).toBeUndefined();
  expect(secondsLeft(progress(10, 100), 0)).toBeUndefined();
});

test("the time left is for the bytes that are not there yet", () => {
  expect(secondsLeft(progress(400, 1000, 100), 50)).toBe(12);
});

test.each([
  [progress(250, 1000), 0.25],
  [progress(0, 0), 0.25],
])("how far: %#", (of, fraction) => {
  expect(fractionDone(of)).toBe(fraction);
});

test("an ended job has the rate of its whole time", () => {
  const times = { startedAt: "2026-11-25T02:30:00.000Z", finishedAt: "2026-11-25T02:30:04.000Z" };
  expect(averageRate({ ...times, progress: progress(1000, 1000, 800) })).toBe(200);
  expect(averageRate({ ...times, progress: progress(1000, 1000, 0) })).toBeUndefined();
  expect(averageRate({ ...times, finishedAt: null, progress: progress(1000, 1000) })).toBeUndefined();
});
