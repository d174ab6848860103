/** Bringing blobs into the stage, in real R2 as the local runtime has it, in slices and over crashes. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { blobOf, seededBytes } from "../support/memory-source.ts";
import { BLOB, CONTENT, MIB, PART, SCHEMA, StagingWay } from "../support/staging-way.ts";

afterEach(() => reset());

describe("a blob that nothing happens to", () => {
  test.each([
    ["of no bytes", 0],
    ["of one byte", 1],
    ["of one read", MIB],
    ["of more than one read", MIB + 1],
    ["of exactly one part", PART],
  ])("%s is stored whole", async (_, size) => {
    const content = seededBytes(size, 2);
    const way = new StagingWay(content, blobOf(content));
    expect(await way.slice()).toBe("staged");
    expect(await way.stage.holds(way.blob)).toBe(true);
    expect(await way.staged()).toBe(way.blob.digest);
    expect(way.uploads()).toBe(0);
    expect(way.source.given).toBe(size);
    expect((await env.STAGE.head(`blobs/sha256/${way.blob.digest.slice(7)}`))?.checksums.toJSON().sha256).toBe(way.blob.digest.slice(7));
  });

  test("whose digest is a SHA-512 is checked by R2 too", async () => {
    const content = seededBytes(1_000, 3);
    const way = new StagingWay(content, blobOf(content, "sha512"));
    expect(await way.slice()).toBe("staged");
    expect((await env.STAGE.head(`blobs/sha512/${way.blob.digest.slice(7)}`))?.checksums.toJSON().sha512).toBe(way.blob.digest.slice(7));
  });

  test.each([
    ["one byte more than a part", PART + 1, 2],
    ["two parts", 2 * PART, 2],
    ["two parts and a bit", 2 * PART + 77, 3],
  ])("of %s is stored in equal parts", async (_, size, parts) => {
    const content = seededBytes(size, 4);
    const way = new StagingWay(content, blobOf(content));
    expect(await way.slice()).toBe("staged");
    expect(way.r2.count("uploadPart")).toBe(parts);
    expect(way.checkpoints.map((progress) => progress.parts.map(({ number }) => number).join())).toEqual(
      parts === 2 ? ["", "1", "1,2", "1,2"] : ["", "1", "1,2", "1,2,3", "1,2,3"],
    );
    expect(way.source.given).toBe(size);
    expect(way.source.opened).toEqual([0]);
    expect(await way.staged()).toBe(way.blob.digest);
    expect((await way.keys()).filter((key) => key.startsWith("uploads/"))).toEqual([]);
  });

  test("can be read from any byte on", async () => {
    const way = new StagingWay();
    await way.slice();
    for (const offset of [1, PART - 1, PART, BLOB.size - 1, BLOB.size]) {
      expect(await way.staged(offset)).toBe(digestOf(CONTENT.subarray(offset)));
    }
  });
});

describe("slices", () => {
  test("three of them read the source exactly once and need no second look", async () => {
    const way = new StagingWay();
    expect([await way.slice(1), await way.slice(1), await way.slice(1)]).toEqual(["stopped", "stopped", "staged"]);
    expect(way.source.opened).toEqual([0, PART, 2 * PART]);
    expect(way.source.given).toBe(BLOB.size);
    expect(way.read).toBe(BLOB.size);
    expect(way.uploads()).toBe(1);
    expect(way.r2.count("get", "blobs/")).toBe(0);
    expect(await way.staged()).toBe(BLOB.digest);
  });

  test("each of them in another process: the whole is read back once", async () => {
    const way = new StagingWay();
    expect(await way.slice(1)).toBe("stopped");
    way.crash();
    expect(await way.stage.holds(BLOB)).toBe(false);
    expect(await way.slice(1)).toBe("stopped");
    way.crash();
    expect(await way.slice(1)).toBe("staged");
    expect(way.source.given).toBe(BLOB.size);
    expect(way.r2.count("get", "blobs/")).toBe(1);
    expect(await way.staged()).toBe(BLOB.digest);
  });

  test("a process that comes back after another went on does not trust its old digest", async () => {
    const way = new StagingWay();
    const first = way.memory;
    await way.slice(1);
    way.crash();
    await way.slice(1);
    way.memory = first;
    expect(await way.slice()).toBe("staged");
    expect(way.r2.count("get", "blobs/")).toBe(1);
    expect(await way.staged()).toBe(BLOB.digest);
  });

  test("a source without ranges is read twice at most, and time does not end the second read", async () => {
    const way = new StagingWay();
    way.source.ignoresRange = true;
    expect(await way.slice(1)).toBe("stopped");
    expect(await way.slice(1)).toBe("staged");
    expect(way.source.given).toBe(PART + BLOB.size);
    expect(await way.staged()).toBe(BLOB.digest);
  });

  test("a kill in mid-part costs that part", async () => {
    const way = new StagingWay();
    const kill = new AbortController();
    const dying = way.slice(Number.POSITIVE_INFINITY, {
      signal: kill.signal,
      onRead: (count) => {
        way.read += count;
        if (way.read > PART + 2 * MIB) {
          kill.abort(new Error("killed"));
        }
      },
    });
    await expect(dying).rejects.toThrow("killed");
    way.crash();
    expect(way.progress?.parts.length).toBeLessThanOrEqual(1);
    expect(await way.slice()).toBe("staged");
    expect(way.source.given).toBeLessThanOrEqual(BLOB.size + PART + 4 * MIB);
    expect(await way.staged()).toBe(BLOB.digest);
  });

  test.each(["before the parts are joined", "between joining and its checkpoint", "between joining and the check"])(
    "a kill %s costs no byte of the source",
    async (moment) => {
      const way = new StagingWay();
      way.r2.onCall = (operation, about) => {
        const now = { complete: "before the parts are joined", get: "between joining and the check" }[operation as string];
        if (now === moment || (operation === "put" && String(about).startsWith("checked/") && moment === "between joining and the check")) {
          throw new Error("killed");
        }
      };
      const dying = way.slice(Number.POSITIVE_INFINITY, {
        onCheckpoint: (progress) => {
          if (progress.etag !== undefined && moment === "between joining and its checkpoint") {
            throw new Error("killed");
          }
          way.progress = progress;
        },
      });
      await expect(dying).rejects.toThrow("killed");
      way.crash();
      way.r2.onCall = () => {};
      expect(await way.stage.holds(BLOB)).toBe(false);
      expect(await way.slice()).toBe("staged");
      expect(way.source.given).toBe(BLOB.size);
      expect(way.r2.count("get", "blobs/")).toBeGreaterThanOrEqual(1);
      expect(await way.keys()).toEqual(SCHEMA);
    },
  );
});
