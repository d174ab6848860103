import { describe, expect, test } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import {
  blobKey,
  expired,
  KEEP_EVERY_MS,
  markerKey,
  needsTouch,
  parseKey,
  parseMarker,
  uploadKey,
  vouchesFor,
} from "../../../src/staging/keys.ts";

const HOUR = 60 * 60 * 1000;
const SHORT = digestOf(new Uint8Array(1));
const LONG = digestOf(new Uint8Array(1), "sha512");

describe("keys", () => {
  test.each([SHORT, LONG])("of %s can be read back", (digest) => {
    expect(parseKey(blobKey(digest))).toEqual({ digest });
    expect(parseKey(markerKey(digest))).toEqual({ digest });
    expect(parseKey(uploadKey(digest, "a/b=c"))).toEqual({ digest, uploadId: "a/b=c" });
    expect(new TextEncoder().encode(uploadKey(digest, "x".repeat(512))).byteLength).toBeLessThan(1024);
  });

  test.each([
    "blobs/sha256/abc",
    `blobs/md5/${SHORT.slice(7)}`,
    `blobs/sha256/${SHORT.slice(7).toUpperCase()}`,
    `blobs/sha256/${SHORT.slice(7)}/x`,
    `uploads/sha256/${SHORT.slice(7)}`,
    `uploads/sha256/${SHORT.slice(7)}/`,
    `x/blobs/sha256/${SHORT.slice(7)}`,
    "",
  ])("that are none of ours are left alone: %s", (key) => {
    expect(parseKey(key)).toBeUndefined();
  });
});

describe("ages", () => {
  test.each([
    [0, HOUR, false],
    [HOUR + KEEP_EVERY_MS, HOUR, false],
    [HOUR + KEEP_EVERY_MS + 1, HOUR, true],
    [24 * HOUR, 24 * HOUR, false],
    [25 * HOUR + 1, 24 * HOUR, true],
  ])("%d ms after the last note, with a life of %d: expired %s", (age, ttl, outcome) => {
    expect(expired(1_000, 1_000 + age, ttl)).toBe(outcome);
  });

  test("what is noted whenever it needs to be is never expired at a use", () => {
    const ttl = HOUR;
    let touched = 0;
    for (let now = 0; now < 50 * HOUR; now += 7 * 60 * 1000) {
      expect(expired(touched, now, ttl)).toBe(false);
      touched = needsTouch(touched, now) ? now : touched;
    }
  });
});

describe("markers", () => {
  const marker = { etag: "e", size: 3, checkedAt: "2026-01-01T00:00:00.000Z" };

  test("are read from their JSON, and from nothing else", () => {
    expect(parseMarker(JSON.stringify(marker))).toEqual(marker);
    for (const text of ["", "null", "[]", "3", '{"etag":"e"}', '{"etag":1,"size":3,"checkedAt":""}', "{"]) {
      expect(parseMarker(text)).toBeUndefined();
    }
  });

  test("vouch for the object of their etag and size only", () => {
    expect(vouchesFor(marker, { etag: "e", size: 3 })).toBe(true);
    expect(vouchesFor(marker, { etag: "f", size: 3 })).toBe(false);
    expect(vouchesFor(marker, { etag: "e", size: 4 })).toBe(false);
    expect(vouchesFor(marker, null)).toBe(false);
    expect(vouchesFor(undefined, { etag: "e", size: 3 })).toBe(false);
    const blob = { mediaType: "x", digest: SHORT, size: 4 };
    expect(vouchesFor(marker, { etag: "e", size: 3 }, blob)).toBe(false);
  });
});
