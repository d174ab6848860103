/** The byte loop between two ends in memory, in the runtime that it is made for: content, resumption, and what is never committed. */
import { describe, expect, it, test } from "vitest";
import { type CarryOptions, CHUNK_BYTES, carry } from "../../src/copy/carry.ts";
import { DEFAULT_RETRY_POLICY } from "../../src/net/retry-policy.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { CopyError, type Failure } from "../../src/oci/errors.ts";
import { blobOf, MemorySource, seededBytes } from "../support/memory-source.ts";
import { BROKEN, isSame, MemoryUpload } from "../support/memory-upload.ts";
import { quickEffects } from "../support/quick-effects.ts";

const MIB = CHUNK_BYTES;
const REFUSED: Failure = { code: "access-denied", message: "No", retry: "never", side: "source" };

/** A blob of `size` bytes on its way from a source into an upload. */
class Trip {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly source: MemorySource;
  readonly upload = new MemoryUpload();
  blob: Descriptor;
  /** Bytes that the loop said it has sent. */
  sent = 0;
  read = 0;

  constructor(size: number, algorithm?: "sha256" | "sha512") {
    this.content = seededBytes(size, size + 1);
    this.source = new MemorySource(this.content);
    this.blob = blobOf(this.content, algorithm);
  }

  carry(more: Partial<CarryOptions> = {}): Promise<void> {
    return carry(this.blob, this.source, this.upload, {
      effects: quickEffects,
      retry: DEFAULT_RETRY_POLICY,
      signal: new AbortController().signal,
      onSent: (bytes) => {
        this.sent += bytes;
      },
      onRead: (bytes) => {
        this.read += bytes;
      },
      ...more,
    });
  }

  get arrived(): boolean {
    return isSame(this.content, this.upload.committed);
  }
}

describe("a blob of", () => {
  it.each([
    { size: 0, writes: [], last: 0 },
    { size: 1, writes: [], last: 1 },
    { size: MIB - 1, writes: [], last: MIB - 1 },
    { size: MIB, writes: [], last: MIB },
    { size: MIB + 1, writes: [MIB], last: 1 },
    { size: 5 * MIB, writes: [MIB, MIB, MIB, MIB], last: MIB },
  ])("$size bytes arrives whole, the last chunk with the commit", async ({ size, writes, last }) => {
    const trip = new Trip(size);
    await trip.carry();
    expect(trip.arrived).toBe(true);
    expect(trip.upload.writes).toEqual(writes);
    expect(trip.upload.finishes).toEqual([last]);
    expect([trip.sent, trip.read, trip.source.given]).toEqual([size, size, size]);
    expect(trip.source.opened).toEqual([0]);
  });

  test("a digest in sha512 is checked as one", async () => {
    const trip = new Trip(MIB + 5, "sha512");
    await trip.carry();
    expect(trip.arrived).toBe(true);
  });
});

describe("nothing is committed of", () => {
  it.each([
    { what: "one flipped byte in a blob of one chunk", size: 1000, fault: { flips: 999 }, code: "digest-mismatch" },
    { what: "one flipped byte in the first of three chunks", size: 3 * MIB, fault: { flips: 0 }, code: "digest-mismatch" },
    { what: "one flipped byte in the last of three chunks", size: 3 * MIB, fault: { flips: 3 * MIB - 1 }, code: "digest-mismatch" },
    { what: "a byte too many after a short blob", size: 10, fault: { extra: true as const }, code: "size-mismatch" },
    { what: "a byte too many after a whole number of chunks", size: 2 * MIB, fault: { extra: true as const }, code: "size-mismatch" },
    { what: "a byte where there should be none", size: 0, fault: { extra: true as const }, code: "size-mismatch" },
  ])("$what", async ({ size, fault, code }) => {
    const trip = new Trip(size);
    trip.source.faults = [fault];
    await expect(trip.carry()).rejects.toMatchObject({ failure: { code, retry: "never", side: "source" } });
    expect(trip.upload.finishes).toEqual([]);
    expect(trip.source.opened).toEqual([0]);
  });

  test("a blob that always ends too early, after as many tries as the policy has", async () => {
    const trip = new Trip(3 * MIB);
    trip.source.faults = Array.from({ length: 20 }, () => ({ endsAt: 2 * MIB + 7 }));
    await expect(trip.carry()).rejects.toMatchObject({ failure: { code: "size-mismatch", retry: "later", side: "source" } });
    expect(trip.upload.finishes).toEqual([]);
    expect(trip.source.opened).toEqual([0, ...Array(DEFAULT_RETRY_POLICY.maxAttempts - 1).fill(2 * MIB)]);
  });
});

describe("a source that", () => {
  it.each([
    { what: "breaks off in mid-chunk", size: 3 * MIB, faults: [{ breaksAt: 1.5 * MIB }], opened: [0, MIB] },
    { what: "breaks off between chunks", size: 3 * MIB, faults: [{ breaksAt: 2 * MIB }], opened: [0, 2 * MIB] },
    { what: "breaks off before its first byte", size: 10, faults: [{ breaksAt: 0 }], opened: [0, 0] },
    { what: "breaks off after its last byte", size: 10 * MIB, faults: [{ breaksAt: 10 * MIB }], opened: [0, 8 * MIB] },
    { what: "ends too early", size: 3 * MIB, faults: [{ endsAt: 1.5 * MIB }], opened: [0, MIB] },
    {
      what: "breaks off again and again, further each time",
      size: 9 * MIB,
      faults: [1, 2, 3, 4, 5, 6, 7, 8].map((mib) => ({ breaksAt: mib * MIB + 1 })),
      opened: [0, 1, 2, 3, 4, 5, 6, 7, 8].map((mib) => mib * MIB),
    },
  ])("$what is gone on with from where it got to, or the snapshot before that", async ({ size, faults, opened }) => {
    const trip = new Trip(size);
    trip.source.faults = faults;
    await trip.carry();
    expect(trip.arrived).toBe(true);
    expect(trip.source.opened).toEqual(opened);
    expect(trip.sent).toBe(size);
    expect(trip.upload.resumed).toEqual([]);
  });

  test("breaks off again and again, before a chunk is full, gets on all the same", async () => {
    const trip = new Trip(3 * MIB);
    const { openBlob } = trip.source;
    trip.source.openBlob = (blob, offset) => {
      trip.source.faults = offset + 400_000 < blob.size ? [{ breaksAt: offset + 400_000 }] : [];
      return openBlob.call(trip.source, blob, offset);
    };
    await trip.carry();
    expect(trip.arrived).toBe(true);
    expect(trip.sent).toBe(3 * MIB);
    // Every second request brings six pieces of 64 KiB.
    expect(trip.source.opened.length).toBeLessThan(20);
  });

  test("ignores the range is read again from the start, and no byte is sent twice", async () => {
    const trip = new Trip(3 * MIB);
    trip.source.faults = [{ breaksAt: 2.5 * MIB }];
    trip.source.ignoresRange = true;
    await trip.carry();
    expect(trip.arrived).toBe(true);
    expect(trip.source.opened).toEqual([0, 2 * MIB]);
    expect([trip.sent, trip.upload.writes.length]).toEqual([3 * MIB, 2]);
    expect(trip.read).toBe(5 * MIB);
  });

  test("refuses to be opened again ends the carry with its refusal", async () => {
    const trip = new Trip(2 * MIB);
    trip.source.faults = [{ breaksAt: MIB }];
    const { openBlob } = trip.source;
    trip.source.openBlob = (blob, offset) =>
      offset > 0 ? Promise.reject(new CopyError(REFUSED)) : openBlob.call(trip.source, blob, offset);
    await expect(trip.carry()).rejects.toMatchObject({ failure: REFUSED });
    expect(trip.upload.finishes).toEqual([]);
  });
});

describe("a destination that", () => {
  it.each([
    { what: "breaks off and holds everything sent", size: 12 * MIB, fault: { at: 10 * MIB }, reopened: 8 * MIB },
    { what: "breaks off and holds a part of a chunk", size: 12 * MIB, fault: { at: 10 * MIB, holds: 9.25 * MIB }, reopened: 8 * MIB },
    { what: "breaks off far behind", size: 20 * MIB, fault: { at: 18 * MIB, holds: 3 * MIB }, reopened: 0 },
    { what: "breaks off and holds nothing", size: 3 * MIB, fault: { at: 2 * MIB, holds: 0 }, reopened: 0 },
    { what: "breaks off in the commit", size: 10 * MIB, fault: { at: 10 * MIB, holds: 9.5 * MIB }, reopened: 8 * MIB },
    { what: "holds everything and never said so", size: 3 * MIB, fault: { at: 3 * MIB }, reopened: 3 * MIB },
  ])("$what gets the rest, read again from the snapshot before it", async ({ size, fault, reopened }) => {
    const trip = new Trip(size);
    trip.upload.faults = [fault];
    await trip.carry();
    expect(trip.arrived).toBe(true);
    expect(trip.upload.resumed).toEqual([fault.holds ?? fault.at]);
    expect(trip.source.opened).toEqual([0, reopened]);
  });

  test("needs a byte again that has changed meanwhile is not given the mixture", async () => {
    const trip = new Trip(12 * MIB);
    trip.upload.faults = [{ at: 10 * MIB, holds: 9 * MIB }];
    trip.source.faults = [{}, { flips: 9.5 * MIB }];
    await expect(trip.carry()).rejects.toMatchObject({ failure: { code: "digest-mismatch", side: "source" } });
    expect(trip.upload.finishes).toEqual([]);
  });

  test("lost bytes that were damaged the first time is given the right ones", async () => {
    const trip = new Trip(12 * MIB);
    trip.upload.faults = [{ at: 11 * MIB, holds: 9 * MIB }];
    trip.source.faults = [{ flips: 9.5 * MIB }];
    await trip.carry();
    expect(trip.arrived).toBe(true);
  });

  test("says that it holds no more each time is given up after as many tries as the policy has", async () => {
    const trip = new Trip(3 * MIB);
    trip.upload.faults = Array.from({ length: 20 }, () => ({ at: 2 * MIB, holds: MIB }));
    await expect(trip.carry()).rejects.toMatchObject({ failure: BROKEN });
    expect(trip.upload.resumed).toHaveLength(DEFAULT_RETRY_POLICY.maxAttempts - 1);
    expect(trip.upload.finishes).toEqual([]);
  });

  test("has lost the upload ends the carry, which is then to begin again", async () => {
    const trip = new Trip(3 * MIB);
    trip.upload.faults = [{ at: 2 * MIB }];
    trip.upload.lost = { code: "registry-unavailable", message: "Unknown upload", retry: "never", side: "destination" };
    await expect(trip.carry()).rejects.toMatchObject({ failure: { message: "Unknown upload" } });
  });

  it.each([
    { what: "refuses for good", failure: { ...BROKEN, code: "destination-refused", retry: "never" } as const },
    { what: "asks for a longer pause than is waited in place", failure: { ...BROKEN, waitMs: 60_000 } },
  ])("$what is not asked again", async ({ failure }) => {
    const trip = new Trip(3 * MIB);
    trip.upload.faults = [{ at: MIB, failure }];
    await expect(trip.carry()).rejects.toMatchObject({ failure });
    expect(trip.upload.resumed).toEqual([]);
  });
});
