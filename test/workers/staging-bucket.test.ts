/** The stage in a bucket: what counts as staged, how it is kept and read, and how it is swept. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import { type CarryOptions, carry } from "../../src/copy/carry.ts";
import worker from "../../src/index.ts";
import { DEFAULT_RETRY_POLICY } from "../../src/net/retry-policy.ts";
import { digestOf } from "../../src/oci/digest.ts";
import type { BlobUpload } from "../../src/oci/store.ts";
import { blobKey, markerKey, uploadKey } from "../../src/staging/keys.ts";
import { R2Stage } from "../../src/staging/r2-stage.ts";
import { sweepStage } from "../../src/staging/sweep.ts";
import { faultyBucket, r2Error } from "../support/faulty-bucket.ts";
import { blobOf, seededBytes } from "../support/memory-source.ts";
import { quickEffects } from "../support/quick-effects.ts";

const MIB = 1024 * 1024;
const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

const CONTENT = seededBytes(1_000, 1);
const BLOB = blobOf(CONTENT);

afterEach(() => reset());

/** A stage whose clock is so many milliseconds ahead of R2's. */
function stageAt(ahead = 0, bucket = env.STAGE): R2Stage {
  return new R2Stage({ bucket, now: () => Date.now() + ahead, partSize: () => 5 * MIB });
}

async function store(content = CONTENT, stage = stageAt()): Promise<void> {
  const blob = blobOf(content);
  await stage.confirm(blob, await stage.storeWhole(blob, content));
}

async function keys(): Promise<string[]> {
  return (await env.STAGE.list()).objects.map(({ key }) => key);
}

describe("what counts as staged", () => {
  test("is a blob with its marker, and nothing before", async () => {
    const stage = stageAt();
    expect(await stage.holds(BLOB)).toBe(false);
    const etag = await stage.storeWhole(BLOB, CONTENT);
    expect(await stage.holds(BLOB)).toBe(false);
    await expect(stage.openBlob(BLOB, 0)).rejects.toMatchObject({ failure: { code: "not-found", side: "staging", retry: "later" } });
    await stage.confirm(BLOB, etag);
    expect(await stage.holds(BLOB)).toBe(true);
    expect(await (await env.STAGE.get(markerKey(BLOB.digest)))?.json()).toMatchObject({ etag, size: 1_000 });
  });

  test.each([
    ["an object that was replaced", () => env.STAGE.put(blobKey(BLOB.digest), "other")],
    ["an object that is gone", () => env.STAGE.delete(blobKey(BLOB.digest))],
    ["a marker that is gone", () => env.STAGE.delete(markerKey(BLOB.digest))],
    ["a marker that is no JSON", () => env.STAGE.put(markerKey(BLOB.digest), "{")],
    ["a marker of another object", () => stageAt().confirm(BLOB, "0123456789abcdef0123456789abcdef")],
  ])("is not %s", async (_, change) => {
    await store();
    await change();
    expect(await stageAt().holds(BLOB)).toBe(false);
    await expect(stageAt().openBlob(BLOB, 10)).rejects.toMatchObject({ failure: { code: "not-found", side: "staging" } });
  });

  test("is not a blob of another size under the same digest", async () => {
    await store();
    expect(await stageAt().holds({ ...BLOB, size: 999 })).toBe(false);
  });

  test("never contains other bytes: R2 checks them itself", async () => {
    await expect(stageAt().storeWhole(BLOB, seededBytes(1_000, 2))).rejects.toMatchObject({
      failure: { code: "digest-mismatch", side: "staging", retry: "later" },
    });
    expect(await keys()).toEqual([]);
  });

  test("is gone after a discard, and a second discard does no harm", async () => {
    await store();
    await stageAt().discard(BLOB);
    expect(await keys()).toEqual([]);
    await stageAt().discard(BLOB);
  });
});

describe("discarding an upload", () => {
  test("leaves alone what is staged already", async () => {
    await store();
    const progress = await stageAt().begin(BLOB);
    await stageAt().discard(BLOB, progress);
    expect(await keys()).toEqual([blobKey(BLOB.digest), markerKey(BLOB.digest)]);
    await expect(stageAt().storePart(BLOB, progress, 1, CONTENT)).rejects.toMatchObject({ failure: { code: "not-found", retry: "now" } });
  });

  test("removes the object that came of it, if that was not confirmed", async () => {
    const stage = stageAt();
    const progress = await stage.begin(BLOB);
    progress.parts.push(await stage.storePart(BLOB, progress, 1, CONTENT));
    const { etag, certain } = await stage.complete(BLOB, progress);
    expect(certain).toBe(true);
    expect(await stage.complete(BLOB, progress)).toEqual({ etag, certain: false });
    await stage.discard(BLOB, { ...progress, etag });
    expect(await keys()).toEqual([]);
  });
});

describe("sending from the stage", () => {
  test("resumes on both sides, by range, and hashes nothing again", async () => {
    const content = seededBytes(4 * MIB + 5, 3);
    const blob = blobOf(content);
    await store(content);
    const taken: number[] = [];
    let held = 0;
    let attempts = 0;
    const received = new Uint8Array(content.byteLength);
    const take = async (bytes: Uint8Array<ArrayBuffer>) => {
      if (attempts++ === 2) {
        held -= 100;
        throw new Error("The destination broke off");
      }
      received.set(bytes, held);
      held += bytes.byteLength;
    };
    const upload: BlobUpload = { write: take, finish: take, resume: async () => held, cancel: async () => {} };
    const options: CarryOptions = {
      effects: quickEffects,
      retry: DEFAULT_RETRY_POLICY,
      signal: new AbortController().signal,
      verified: true,
      from: "staging",
      onSent: (bytes) => taken.push(bytes),
    };
    const r2 = faultyBucket(env.STAGE);
    let refusals = 1;
    r2.onCall = (operation, about) => {
      if (operation === "get" && String(about).startsWith("blobs/") && r2.count("get", "blobs/") === 2 && refusals-- > 0) {
        throw r2Error("get", 10001);
      }
    };
    await carry(blob, stageAt(0, r2.bucket), upload, options);
    expect(digestOf(received)).toBe(blob.digest);
    expect(r2.count("get", "blobs/")).toBe(3);
    expect(taken.reduce((sum, bytes) => sum + bytes, 0)).toBe(blob.size + 100);
  });
});

describe("keeping", () => {
  test("writes the marker again once it is an hour old, not sooner, and never one that is gone", async () => {
    await store();
    const first = await env.STAGE.head(markerKey(BLOB.digest));
    await stageAt(HOUR - 10_000).keep(BLOB);
    expect((await env.STAGE.head(markerKey(BLOB.digest)))?.version).toBe(first?.version);
    await stageAt(HOUR + 10_000).keep(BLOB);
    const second = await env.STAGE.head(markerKey(BLOB.digest));
    expect(second?.version).not.toBe(first?.version);
    expect(second?.etag).toBe(first?.etag);
    await env.STAGE.delete(markerKey(BLOB.digest));
    await stageAt(HOUR + 10_000).keep(BLOB);
    expect(await keys()).toEqual([blobKey(BLOB.digest)]);
  });

  test("does the same for the record of an upload", async () => {
    const progress = await stageAt().begin(BLOB);
    const key = uploadKey(BLOB.digest, progress.uploadId);
    const first = await env.STAGE.head(key);
    await stageAt(HOUR - 10_000).keep(BLOB, progress);
    expect((await env.STAGE.head(key))?.version).toBe(first?.version);
    await stageAt(HOUR + 10_000).keep(BLOB, progress);
    expect((await env.STAGE.head(key))?.version).not.toBe(first?.version);
  });
});

describe("sweeping", () => {
  const sweepAt = (ahead: number) => sweepAll(Date.now() + ahead, DAY);

  async function sweepAll(now: number, ttl: number, objects = 1_000): Promise<{ deleted: number; aborted: number; calls: number }> {
    const sum = { deleted: 0, aborted: 0, calls: 0 };
    let cursor: string | undefined;
    do {
      const step = await sweepStage(env.STAGE, now, ttl, { objects, ...(cursor === undefined ? {} : { cursor }) });
      sum.deleted += step.deleted;
      sum.aborted += step.aborted;
      sum.calls++;
      cursor = step.cursor;
    } while (cursor !== undefined);
    return sum;
  }

  test("removes a blob and its marker a day (and an hour) after the last use", async () => {
    await store();
    expect(await sweepAt(DAY + HOUR - 60_000)).toMatchObject({ deleted: 0 });
    expect(await stageAt().holds(BLOB)).toBe(true);
    expect(await sweepAt(DAY + HOUR + 60_000)).toMatchObject({ deleted: 1, aborted: 0 });
    expect(await keys()).toEqual([]);
  });

  test("takes the marker first, so that no blob counts as staged that is not there", async () => {
    await store();
    const r2 = faultyBucket(env.STAGE);
    r2.onCall = (operation, about) => {
      if (operation === "delete" && String(about).startsWith("blobs/")) {
        throw new Error("killed");
      }
    };
    expect(await sweepStage(r2.bucket, Date.now() + 2 * DAY, DAY)).toMatchObject({ deleted: 0, failed: 1, failure: { side: "staging" } });
    expect(await keys()).toEqual([blobKey(BLOB.digest)]);
    expect(await sweepAt(2 * DAY)).toMatchObject({ deleted: 1 });
  });

  test("removes objects that were never checked, and markers without an object", async () => {
    await stageAt().storeWhole(BLOB, CONTENT);
    const other = blobOf(seededBytes(5, 4));
    await stageAt().confirm(other, "x");
    expect(await sweepAt(DAY)).toMatchObject({ deleted: 0 });
    expect(await keys()).toHaveLength(2);
    expect(await sweepAt(2 * DAY)).toMatchObject({ deleted: 1 });
    expect(await keys()).toEqual([]);
  });

  test("aborts unfinished uploads, also those that R2 has forgotten", async () => {
    const progress = await stageAt().begin(BLOB);
    const gone = await stageAt().begin(BLOB);
    await env.STAGE.resumeMultipartUpload(blobKey(BLOB.digest), gone.uploadId).abort();
    expect(await sweepAt(DAY)).toMatchObject({ aborted: 0 });
    expect(await sweepAt(2 * DAY)).toMatchObject({ aborted: 2 });
    expect(await keys()).toEqual([]);
    await expect(stageAt().storePart(BLOB, progress, 1, CONTENT)).rejects.toMatchObject({ failure: { code: "not-found", retry: "now" } });
  });

  test("keeps the record of an upload that R2 could not abort, until R2 itself has", async () => {
    await env.STAGE.put(uploadKey(BLOB.digest, "unknown"), "");
    expect(await sweepAt(2 * DAY)).toMatchObject({ aborted: 0 });
    expect(await keys()).toHaveLength(1);
    await sweepAt(9 * DAY);
    expect(await keys()).toEqual([]);
  });

  test("leaves other people's objects alone", async () => {
    const foreign = ["blobs/readme", "checked/sha256/abc", `uploads/sha256/${"0".repeat(64)}`, "backup/x"];
    for (const key of foreign) {
      await env.STAGE.put(key, "x");
    }
    expect(await sweepAt(30 * DAY)).toMatchObject({ deleted: 0, aborted: 0 });
    expect(await keys()).toEqual([...foreign].sort());
  });

  test("goes through everything in small steps", async () => {
    for (let seed = 1; seed <= 7; seed++) {
      await store(seededBytes(10, seed));
    }
    await stageAt().begin(BLOB);
    expect(await sweepAll(Date.now() + 2 * DAY, DAY, 2)).toMatchObject({ deleted: 7, aborted: 1 });
    expect(await keys()).toEqual([]);
  });

  test("goes on each hour where it ended the hour before, and begins anew after the end", async () => {
    const [first, second] = [seededBytes(10, 1), seededBytes(10, 2)].sort((one, other) => (digestOf(one) < digestOf(other) ? -1 : 1));
    for (const content of [first, second]) {
      await store(content);
    }
    const ledger = env.JOB_LEDGER.getByName("ledger");
    await ledger.swept({ deleted: 0, aborted: 0 }, markerKey(digestOf(first as Uint8Array)));
    const sweep = async () => {
      const twoDaysOn = new Date(Date.now() + 2 * DAY).setUTCMinutes(23);
      await worker.scheduled({ scheduledTime: twoDaysOn, cron: "* * * * *", noRetry: () => {} }, env);
      return (await keys()).filter((key) => key.startsWith("blobs/"));
    };
    expect(await sweep()).toEqual([blobKey(digestOf(first as Uint8Array))]);
    expect(await ledger.sweepCursor()).toBeNull();
    expect(await sweep()).toEqual([]);
  });
});
