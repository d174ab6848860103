import { expect, test } from "vitest";
import { adviceFor } from "../../../src/dashboard/advice.ts";
import { planInWords } from "../../../src/dashboard/transfer-words.ts";
import { bytesInWords, bytesOfBytes, counted, durationInWords, relativeTime } from "../../../src/dashboard/words.ts";
import { COPY_ERROR_CODES } from "../../../src/oci/errors.ts";

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [7_340_032, "7.0 MiB"],
  [150 * 1024 ** 2, "150 MiB"],
  [5 * 1024 ** 4, "5.0 TiB"],
])("%i bytes", (bytes, words) => {
  expect(bytesInWords(bytes)).toBe(words);
});

test("both of two sizes have the second's unit", () => {
  expect(bytesOfBytes(512 * 1024, 7_340_032)).toBe("0.5 of 7.0 MiB");
  expect(bytesOfBytes(0, 0)).toBe("0 of 0 B");
});

test.each([
  [-1, "0.0 s"],
  [0.42, "0.4 s"],
  [9.96, "10 s"],
  [59.7, "1 min"],
  [200, "3 min 20 s"],
  [7500, "2 h 5 min"],
  [86_400, "1 d"],
  [273_600, "3 d 4 h"],
])("%d seconds", (seconds, words) => {
  expect(durationInWords(seconds)).toBe(words);
});

test.each([
  [-2_000, "just now"],
  [-59_000, "59 s ago"],
  [-90_000, "1 min ago"],
  [3 * 3_600_000, "in 3 h"],
  [-50 * 3_600_000, "2 d ago"],
])("%i ms from now", (ms, words) => {
  expect(relativeTime(1e12 + ms, 1e12)).toBe(words);
});

test("a number and its noun", () => {
  expect([counted(1, "blob"), counted(2000, "blob")]).toEqual(["1 blob", "2,000 blobs"]);
});

test("a plan as a sentence", () => {
  const none = { copy: 0, mount: 0, existing: 0 };
  const plan = { manifests: { put: 3, existing: 0 }, tags: 1, blobs: { copy: 4, mount: 1, existing: 2 }, bytes: { copy: 7_340_032 } };
  expect(planInWords(plan)).toBe("would send 7.0 MiB in 4 blobs, mount 1 blob, put 3 manifests and write 1 tag; there already: 2 blobs");
  expect(planInWords({ manifests: { put: 0, existing: 1 }, tags: 0, blobs: none, bytes: { copy: 0 } })).toBe(
    "would write nothing; there already: 1 manifest",
  );
});

test.each(COPY_ERROR_CODES)("there is advice for %s", (code) => {
  expect(adviceFor(code)?.remedy).toMatch(/\.$/);
});

test("there is none for a code that nobody knows", () => {
  expect([adviceFor("constructor"), adviceFor("new")]).toEqual([undefined, undefined]);
});
