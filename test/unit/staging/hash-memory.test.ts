import { describe, expect, test } from "vitest";
import { HashMemory } from "../../../src/copy/hash-memory.ts";
import { VerifiedHash } from "../../../src/copy/verified-hash.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import type { StageProgress } from "../../../src/oci/stage.ts";
import { blobOf, seededBytes } from "../../support/memory-source.ts";

const PART = 100;
const CONTENT = seededBytes(350, 1);
const BLOB = blobOf(CONTENT);

function progressOf(etags: string, uploadId = "u"): StageProgress {
  return { uploadId, partSize: PART, parts: [...etags].map((etag, index) => ({ number: index + 1, etag })) };
}

/** A hash over the first `bytes`, which come 50 at a time. */
function hashUpTo(bytes: number): VerifiedHash {
  const hash = new VerifiedHash(BLOB, PART);
  for (let start = 0; start < bytes; start += 50) {
    hash.update(CONTENT.subarray(start, Math.min(start + 50, bytes)));
  }
  return hash;
}

describe("the memory of digests", () => {
  test.each([
    ["exactly the parts", "ab", 200],
    ["the parts and some bytes more", "ab", 250],
    ["the parts and a whole part more", "abc", 300],
    ["every byte", "abcd", 350],
  ])("that went over %s goes on from their end", (_, parts, bytes) => {
    const memory = new HashMemory();
    memory.put(BLOB, progressOf(parts), hashUpTo(bytes));
    const hash = memory.take(BLOB, progressOf(parts));
    hash?.update(CONTENT.subarray(hash.offset));
    expect(hash?.digest()).toBe(BLOB.digest);
  });

  test.each([
    ["another etag of one part", "aX"],
    ["parts that it has not seen", "abc"],
    ["fewer parts than it can go back to", "a"],
    ["no part at all", ""],
  ])("gives none for %s", (_, parts) => {
    const memory = new HashMemory();
    memory.put(BLOB, progressOf("ab"), hashUpTo(250));
    expect(memory.take(BLOB, progressOf(parts))).toBeUndefined();
  });

  test("gives one away only once, and none after a drop", () => {
    const memory = new HashMemory();
    memory.put(BLOB, progressOf("a"), hashUpTo(100));
    expect(memory.take(BLOB, progressOf("a"))).toBeDefined();
    expect(memory.take(BLOB, progressOf("a"))).toBeUndefined();
    memory.put(BLOB, progressOf("a"), hashUpTo(100));
    memory.drop("u");
    expect(memory.take(BLOB, progressOf("a"))).toBeUndefined();
  });

  test("is bounded, and forgets the oldest", () => {
    const memory = new HashMemory();
    for (let index = 0; index < 65; index++) {
      memory.put(BLOB, progressOf("a", `u${index}`), hashUpTo(100));
    }
    expect(memory.take(BLOB, progressOf("a", "u0"))).toBeUndefined();
    expect(memory.take(BLOB, progressOf("a", "u1"))).toBeDefined();
    expect(memory.take(BLOB, progressOf("a", "u64"))).toBeDefined();
  });
});

describe("a digest with a snapshot at every part", () => {
  test("goes back exactly to the end of each", () => {
    for (const end of [0, 100, 200, 300]) {
      const hash = hashUpTo(350);
      expect(hash.rewind(end)).toBe(end);
      expect(hash.digest()).toBe(digestOf(CONTENT.subarray(0, end)));
    }
  });

  test("says so where it can't go back that far any more", () => {
    const hash = hashUpTo(350);
    hash.forgetBefore(250);
    expect(hash.rewind(300)).toBe(300);
    expect(hash.rewind(200)).toBe(200);
    expect(hash.rewind(100)).toBe(200);
  });
});
