/** How a blob is sent from the stage that does not get to its destination within a slice. */
import { describe, expect, test } from "vitest";
import type { PendingBlob } from "../../../../src/jobs/blobs/blob-rows.ts";
import { bringOneBlob } from "../../../../src/jobs/blobs/bring-one-blob.ts";
import type { CarryNews, CarryOrder, CarryResult, CarryTask } from "../../../../src/jobs/blobs/carry-task.ts";
import type { TargetRow } from "../../../../src/jobs/images/image-rows.ts";
import type { SliceContext } from "../../../../src/jobs/images/slice-context.ts";
import type { Digest } from "../../../../src/oci/digest.ts";
import type { UploadCheckpoint } from "../../../../src/oci/store.ts";

const SLICE_MS = 600_000;
const DIGEST = `sha256:${"1".repeat(64)}` as Digest;
const TARGET = { id: 7, registry: "to.example", repository: "app" } as TargetRow;
const SOURCE = { registry: "from.example", repository: "app" };
const TOO_LATE: CarryResult = { outcome: "failed", failure: { code: "timeout", message: "Too late", retry: "later" } };

const heldUpTo = (held: number): UploadCheckpoint => ({ location: "https://to.example/upload", held, pieceSize: 5 });

/** One slice with one blob whose bytes move all the time, at a time of the slice that is given with each answer of the carrier. */
class Slice {
  readonly blob: PendingBlob;
  readonly noted: unknown[] = [];
  readonly orders: CarryOrder[] = [];
  /** What looking for the blob at its target comes to. */
  found: CarryResult = { outcome: "missing" };
  sendTask: CarryTask | undefined;

  constructor(blob: Partial<PendingBlob> = {}) {
    this.blob = { digest: DIGEST, mediaType: "x", size: 20_000_000, outlived: 0, upload: null, begun: null, ...blob };
  }

  /** Brings the blob; the carrier reports at these times and comes back with the result. */
  async bring(times: readonly number[], result: CarryResult): Promise<"done" | "stopped"> {
    let now = 0;
    const slice = {
      request: {},
      staging: { option: "always", available: true, sliceMs: SLICE_MS, registries: 1, ignoresRanges: false, hasDied: false },
      stagings: new Map([[DIGEST, Promise.resolve("staged")]]),
      cancelled: new AbortController().signal,
      hasTime: () => now < SLICE_MS,
      hasGrace: () => now < SLICE_MS + 120_000,
      forward: () => this.noted.push("forward"),
      sending: () => {},
      noteIgnoredRanges: () => {},
      blobs: {
        placesOf: () => [],
        sent: () => {},
        outlived: () => this.noted.push("outlived"),
        leave: (_target: number, _digest: Digest, upload: UploadCheckpoint | null) => this.noted.push(["leave", upload?.held ?? null]),
        done: () => this.noted.push("done"),
        began: (_target: number, _digest: Digest, location: string | null) => this.noted.push(["began", location]),
      },
      openTarget: () => ({
        continueUpload: (_: PendingBlob, { location }: UploadCheckpoint) => ({ cancel: async () => this.noted.push(["cancel", location]) }),
      }),
      carry: async (task: CarryTask, report: (news: CarryNews) => Promise<CarryOrder>) => {
        if (task.errand === "look") {
          return this.found;
        }
        this.sendTask = task;
        for (now of times) {
          this.orders.push(await report({ sent: 1, ...(this.blob.begun === null ? {} : { upload: "https://to.example/new" }) }));
        }
        return result;
      },
    };
    return await bringOneBlob(this.blob, SOURCE, TARGET, slice as unknown as SliceContext);
  }
}

test("one that is done in time goes in one request", async () => {
  const slice = new Slice();
  expect(await slice.bring([1_000], { outcome: "placed", placement: "copied", staged: true })).toBe("done");
  expect(slice.sendTask).toMatchObject({ errand: "send", inPieces: false });
  expect([slice.orders, slice.noted]).toEqual([["go-on"], ["done", "forward"]]);
});

describe("one that outlives its slice", () => {
  test("in one request is broken off, and goes in pieces in the next", async () => {
    const slice = new Slice();
    expect(await slice.bring([1_000, SLICE_MS, SLICE_MS + 120_000], TOO_LATE)).toBe("stopped");
    expect([slice.orders, slice.noted]).toEqual([
      ["go-on", "wind-up", "leave"],
      ["outlived", ["leave", null]],
    ]);
    const next = new Slice({ outlived: 1 });
    await next.bring([1_000], { outcome: "placed", placement: "copied", staged: true });
    expect(next.sendTask).toMatchObject({ errand: "send", inPieces: true });
  });

  test("in pieces, and got on, is gone on with", async () => {
    const slice = new Slice({ outlived: 1, upload: heldUpTo(5) });
    expect(await slice.bring([SLICE_MS + 120_000], { outcome: "stopped", checkpoint: heldUpTo(6) })).toBe("stopped");
    expect(slice.noted).toEqual([["leave", 6], "forward"]);
  });

  test("in pieces, and did not get on, is counted and keeps its place", async () => {
    const slice = new Slice({ outlived: 1, upload: heldUpTo(5) });
    expect(await slice.bring([SLICE_MS + 120_000], { outcome: "stopped", checkpoint: heldUpTo(5) })).toBe("stopped");
    expect(slice.noted).toEqual(["outlived", ["leave", 5]]);
  });

  test("again and again is a timeout that no retry mends", async () => {
    const slice = new Slice({ outlived: 3 });
    await expect(slice.bring([], TOO_LATE)).rejects.toMatchObject({
      failure: { code: "timeout", retry: "never", side: "destination", registry: "to.example", message: expect.stringContaining("600 s") },
    });
    expect(slice.sendTask).toBeUndefined();
  });
});

test("one that a process died over has its upload given back, and the new one is known until the carrier is back", async () => {
  const slice = new Slice({ begun: "https://to.example/old" });
  await slice.bring([1_000], { outcome: "placed", placement: "copied", staged: true });
  expect(slice.noted).toEqual([
    ["began", null],
    ["cancel", "https://to.example/old"],
    ["began", "https://to.example/new"],
    ["began", null],
    "done",
    "forward",
  ]);
});

describe("one with an upload that an earlier slice has left", () => {
  test("has it given back where the target has the blob by other means", async () => {
    const slice = new Slice({ upload: heldUpTo(5) });
    slice.found = { outcome: "placed", placement: "existing", staged: false };
    expect(await slice.bring([], TOO_LATE)).toBe("done");
    expect(slice.noted).toEqual([["leave", null], ["cancel", "https://to.example/upload"], "done", "forward"]);
  });

  const failure = { code: "rate-limited", message: "Later", retry: "later", waitMs: 30_000 } as const;

  test("keeps its place at a failure that passes", async () => {
    const slice = new Slice({ upload: heldUpTo(5) });
    await expect(slice.bring([1_000], { outcome: "failed", failure, checkpoint: heldUpTo(5) })).rejects.toMatchObject({ failure });
    expect(slice.noted).toEqual([["leave", 5]]);
  });

  test("keeps a new one where it has got on, and that is a step forward", async () => {
    const slice = new Slice({ upload: heldUpTo(5) });
    await expect(slice.bring([1_000], { outcome: "failed", failure, checkpoint: heldUpTo(6) })).rejects.toMatchObject({ failure });
    expect(slice.noted).toEqual([["leave", 6], "forward"]);
  });

  test("is begun anew at any other", async () => {
    const slice = new Slice({ upload: heldUpTo(5) });
    await expect(slice.bring([1_000], TOO_LATE)).rejects.toMatchObject({ failure: { code: "timeout" } });
    expect(slice.noted).toEqual([["leave", null]]);
  });
});

test("one that never got its turn keeps the place that an earlier slice left it at", async () => {
  const slice = new Slice({ upload: heldUpTo(5) });
  expect(await slice.bring([], { outcome: "stopped" })).toBe("stopped");
  expect(slice.noted).toEqual([]);
});
