/** Bringing blobs into the stage while the source or R2 fails, or the bytes are wrong. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import { afterBySleep } from "../support/after-by-sleep.ts";
import { r2Error } from "../support/faulty-bucket.ts";
import { blobOf, seededBytes } from "../support/memory-source.ts";
import { quickEffects, realSleep } from "../support/quick-effects.ts";
import { BLOB, MIB, PART, SCHEMA, StagingWay } from "../support/staging-way.ts";

afterEach(() => reset());

describe("a source that fails", () => {
  test("in mid-part is asked for the rest, and the part goes on", async () => {
    const way = new StagingWay();
    way.source.faults = [{ breaksAt: PART + 3 * MIB + 5 }, { breaksAt: 2 * PART + 9 }];
    expect(await way.slice()).toBe("staged");
    expect(way.source.opened).toEqual([0, PART + 3 * MIB, 2 * PART]);
    expect(way.r2.count("uploadPart")).toBe(3);
    expect(way.r2.count("get", "blobs/")).toBe(0);
    expect(await way.staged()).toBe(BLOB.digest);
  });

  test.each([
    ["ends too soon every time", { endsAt: 2 * PART - 5 }, "later", 1],
    ["sends a byte too many", { extra: true }, "never", 0],
  ] as const)("and %s fails with size-mismatch", async (_, fault, retry, parts) => {
    const way = new StagingWay();
    way.source.faults = Array.from({ length: 9 }, () => fault);
    await expect(way.slice()).rejects.toMatchObject({ failure: { code: "size-mismatch", side: "source", retry } });
    expect(await way.stage.holds(BLOB)).toBe(false);
    expect((await way.keys()).length).toBe(parts);
  });

  test("and ends a small blob too soon leaves nothing", async () => {
    const content = seededBytes(2 * MIB, 5);
    const way = new StagingWay(content, blobOf(content));
    way.source.faults = Array.from({ length: 9 }, () => ({ endsAt: MIB + 1 }));
    await expect(way.slice()).rejects.toMatchObject({ failure: { code: "size-mismatch" } });
    expect(await way.keys()).toEqual([]);
  });
});

describe("bytes that are wrong", () => {
  test.each([
    ["in a small blob", 2 * MIB],
    ["in one of several parts", 2 * PART + 5],
  ])("once, %s: the source is read a second time", async (_, size) => {
    const content = seededBytes(size, 6);
    const way = new StagingWay(content, blobOf(content));
    way.source.faults = [{ flips: size - 9 }];
    expect(await way.slice()).toBe("staged");
    expect(way.source.given).toBe(2 * size);
    expect(await way.staged()).toBe(way.blob.digest);
  });

  test.each([
    ["in a small blob", 2 * MIB],
    ["in one of several parts", 2 * PART + 5],
  ])("every time, %s: digest-mismatch, and nothing is left", async (_, size) => {
    const content = seededBytes(size, 7);
    const way = new StagingWay(content, blobOf(content));
    way.source.faults = [{ flips: 9 }, { flips: 9 }, { flips: 9 }];
    await expect(way.slice()).rejects.toMatchObject({ failure: { code: "digest-mismatch", side: "source", retry: "never" } });
    expect(way.source.given).toBe(2 * size);
    expect(await way.stage.holds(way.blob)).toBe(false);
    expect(await way.keys()).toEqual([]);
  });

  test("found only by reading back, over slices and processes: one fresh try, then digest-mismatch", async () => {
    const way = new StagingWay();
    way.source.faults = [{ flips: 9 }, {}, {}, { flips: 9 }];
    const outcomes: string[] = [];
    for (let slice = 0; slice < 6 && outcomes.at(-1) !== "digest-mismatch"; slice++) {
      outcomes.push(await way.slice(1).catch((error) => error.failure.code));
      way.crash();
    }
    // The third slice reads back, finds the damage and begins again.
    expect(outcomes).toEqual(["stopped", "stopped", "stopped", "stopped", "digest-mismatch"]);
    expect(await way.keys()).toEqual([]);
  });
});

describe("R2 that fails", () => {
  test("for a while is asked again, operation by operation", async () => {
    const way = new StagingWay();
    const failed = new Set<string>();
    way.r2.onCall = (operation, about) => {
      const what = `${operation} ${String(about).split("/")[0]}`;
      if (!failed.has(what)) {
        failed.add(what);
        throw r2Error(operation, 10001);
      }
    };
    expect(await way.slice()).toBe("staged");
    expect(await env.STAGE.head(SCHEMA[0] as string)).toMatchObject({ size: BLOB.size });
    expect(way.source.given).toBeLessThanOrEqual(BLOB.size + 3 * (PART + 2 * MIB));
    way.r2.onCall = () => {};
    expect(await way.staged()).toBe(BLOB.digest);
    expect(await way.stage.holds(BLOB)).toBe(true);
  });

  test("by refusing a part gets that part once more, from its first byte, and the digest goes back with it", async () => {
    const way = new StagingWay();
    let refusals = 1;
    way.r2.onCall = (operation, about) => {
      if (operation === "uploadPart" && about === 2 && refusals-- > 0) {
        throw r2Error("uploadPart", 10001);
      }
    };
    expect(await way.slice()).toBe("staged");
    expect(way.source.opened).toEqual([0, PART]);
    expect(way.r2.count("uploadPart")).toBe(4);
    expect(way.r2.count("get", "blobs/")).toBe(0);
    expect(await way.staged()).toBe(BLOB.digest);
  });

  test("for good ends with a failure of side staging that may be tried again later, and keeps what is stored", async () => {
    const way = new StagingWay();
    way.r2.onCall = (operation, about) => {
      if (operation === "uploadPart" && about === 2) {
        throw r2Error("uploadPart", 10001);
      }
    };
    await expect(way.slice()).rejects.toMatchObject({ failure: { side: "staging", retry: "later" } });
    expect(way.progress?.parts).toHaveLength(1);
    way.r2.onCall = () => {};
    expect(await way.slice()).toBe("staged");
    expect(await way.staged()).toBe(BLOB.digest);
  });

  test("by not answering is noticed, and the part stored again", async () => {
    const way = new StagingWay();
    let hanging = true;
    way.r2.onCall = (operation, about) => {
      if (operation === "uploadPart" && about === 2 && hanging) {
        hanging = false;
        return new Promise(() => {});
      }
    };
    expect(
      await way.slice(Number.POSITIVE_INFINITY, {
        effects: { ...quickEffects, sleep: realSleep, after: afterBySleep(realSleep) },
        stallMs: 2_000,
      }),
    ).toBe("staged");
    expect(way.r2.count("uploadPart")).toBe(4);
    expect(await way.staged()).toBe(BLOB.digest);
  });

  test("by losing the upload makes the blob begin again", async () => {
    const way = new StagingWay();
    await way.slice(1);
    await env.STAGE.resumeMultipartUpload(SCHEMA[0] as string, way.progress?.uploadId ?? "").abort();
    expect(await way.slice()).toBe("staged");
    expect(way.uploads()).toBe(2);
    expect(way.source.opened).toEqual([0, PART, 0]);
    expect(await way.staged()).toBe(BLOB.digest);
    expect(await way.keys()).toEqual(SCHEMA);
  });

  test.each([
    ["losing", () => env.STAGE.delete(SCHEMA[0] as string)],
    ["getting another object in the place of", () => env.STAGE.put(SCHEMA[0] as string, "other")],
  ])("by %s the joined parts before they were checked makes the blob begin again", async (_, lose) => {
    const way = new StagingWay();
    const dying = way.slice(1, {
      hasTime: () => true,
      onCheckpoint: (progress) => {
        way.progress = progress;
        if (progress.etag !== undefined) {
          throw new Error("killed");
        }
      },
    });
    await expect(dying).rejects.toThrow("killed");
    way.crash();
    await lose();
    expect(await way.slice()).toBe("staged");
    expect(way.source.given).toBe(2 * BLOB.size);
    expect(await way.staged()).toBe(BLOB.digest);
    expect(await way.keys()).toEqual(SCHEMA);
  });

  test("by putting other bytes of that size in the place of the joined parts is found out, and the blob begun again", async () => {
    const way = new StagingWay();
    let losses = 1;
    way.r2.onCall = async (operation) => {
      if (operation === "complete" && losses-- > 0) {
        await env.STAGE.resumeMultipartUpload(SCHEMA[0] as string, way.progress?.uploadId ?? "").abort();
        await env.STAGE.put(SCHEMA[0] as string, seededBytes(BLOB.size, 2));
      }
    };
    expect(await way.slice()).toBe("staged");
    expect(way.source.given).toBe(2 * BLOB.size);
    expect(await way.staged()).toBe(BLOB.digest);
    expect(await way.keys()).toEqual(SCHEMA);
  });

  test("by losing every upload is given up after some", async () => {
    const way = new StagingWay();
    way.r2.onCall = (operation) => {
      if (operation === "uploadPart") {
        throw r2Error("uploadPart", 10024);
      }
    };
    await expect(way.slice()).rejects.toMatchObject({ failure: { code: "not-found", side: "staging" } });
    expect(way.uploads()).toBe(3);
    expect((await way.keys()).length).toBe(0);
  });
});
