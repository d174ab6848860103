/** Which leases a slice gives back, and which it keeps for the next one: of two jobs that want a blob one carries it. */
import { beforeEach, describe, expect, test } from "vitest";
import type { PendingBlob } from "../../../../src/jobs/blobs/blob-rows.ts";
import { bringBlobs } from "../../../../src/jobs/blobs/bring-blobs.ts";
import type { CarryResult, CarryTask } from "../../../../src/jobs/blobs/carry-task.ts";
import { ensureStaged } from "../../../../src/jobs/blobs/ensure-staged.ts";
import { BlobLeases } from "../../../../src/jobs/destinations/blob-leases.ts";
import { Gate } from "../../../../src/jobs/gate.ts";
import type { TargetRow } from "../../../../src/jobs/images/image-rows.ts";
import type { SliceContext } from "../../../../src/jobs/images/slice-context.ts";
import type { Digest } from "../../../../src/oci/digest.ts";
import type { UploadCheckpoint } from "../../../../src/oci/store.ts";
import { stillEffects } from "../../registry/scripted-transport.ts";

const TARGET = { id: 7, registry: "to.example", repository: "app" } as TargetRow;
const SOURCE = { registry: "from.example", repository: "app" };
const BLOB = blobOf("1");
const FAILED: CarryResult = { outcome: "failed", failure: { code: "timeout", message: "Too late", retry: "later" } };

function blobOf(digit: string): PendingBlob {
  return { digest: `sha256:${digit.repeat(64)}` as Digest, mediaType: "x", size: 10, outlived: 0, upload: null, begun: null };
}

let leases: BlobLeases;
beforeEach(() => {
  leases = new BlobLeases();
});

/** One slice of a job that needs these blobs; carriers come to what `ends` says, in which time runs out. */
function sliceOf(holder: string, blobs: readonly PendingBlob[], ends: (task: CarryTask) => CarryResult) {
  const cancelled: string[] = [];
  const done = new Set<Digest>();
  let hasTime = true;
  const link = {
    claim: async (who: string, digests: Digest[]) => leases.claim(who, digests, 0),
    release: async (who: string, digests: Digest[], present: boolean) => leases.release(who, digests, present, 0),
    renew: async () => {},
    waitFor: async () => {
      hasTime = false;
    },
  };
  const slice = {
    holder,
    request: {},
    staging: { option: "auto", available: true, sliceMs: 600_000, registries: 1, ignoresRanges: false, hasDied: false },
    stagings: new Map(),
    bringing: new Map(),
    gate: new Gate(8),
    cancelled: new AbortController().signal,
    effects: stillEffects(),
    hasTime: () => hasTime,
    hasGrace: () => true,
    forward: () => {},
    sending: () => {},
    pausing: () => {},
    destination: () => link,
    openTarget: () => ({
      continueUpload: (_: PendingBlob, { location }: UploadCheckpoint) => ({ cancel: async () => void cancelled.push(location) }),
    }),
    blobs: {
      pending: () => blobs.filter(({ digest }) => !done.has(digest)),
      placesOf: () => [],
      sent: () => {},
      leave: () => {},
      began: () => {},
      staging: () => undefined,
      setStaging: () => {},
      done: (_: number, digest: Digest) => void done.add(digest),
    },
    carry: async (task: CarryTask) => {
      hasTime = false;
      return ends(task);
    },
  } as unknown as SliceContext;
  return { slice, cancelled };
}

const claimOf = (holder: string, blob: PendingBlob) => leases.claim(holder, [blob.digest], 0);

describe("a blob on its way to a target", () => {
  test("that the slice has left in the middle stays with its job", async () => {
    const { slice } = sliceOf("one", [BLOB], () => ({ outcome: "stopped" }));
    expect(await bringBlobs(SOURCE, TARGET, undefined, slice)).toBe("stopped");
    expect(claimOf("other", BLOB)).toMatchObject({ busy: [BLOB.digest] });
    expect(claimOf("one", BLOB)).toMatchObject({ granted: [BLOB.digest] });
  });

  test("that was not begun in time is free for others", async () => {
    const blobs = Array.from("123456789", blobOf);
    const { slice } = sliceOf("one", blobs, () => ({ outcome: "stopped" }));
    await bringBlobs(SOURCE, TARGET, undefined, slice);
    expect(claimOf("other", blobOf("9"))).toMatchObject({ granted: [blobOf("9").digest] });
  });

  test("that failed is free for others", async () => {
    const { slice } = sliceOf("one", [BLOB], () => FAILED);
    await expect(bringBlobs(SOURCE, TARGET, undefined, slice)).rejects.toMatchObject({ failure: { code: "timeout" } });
    expect(claimOf("other", BLOB)).toMatchObject({ granted: [BLOB.digest] });
  });

  test("that another job has brought meanwhile has its uploads given back", async () => {
    const upload = { location: "https://to.example/left", held: 5, pieceSize: 5 };
    const { slice, cancelled } = sliceOf("one", [{ ...BLOB, upload, begun: "https://to.example/begun" }], () => FAILED);
    leases.release("other", [BLOB.digest], true, 0);
    expect(await bringBlobs(SOURCE, TARGET, undefined, slice)).toBe("done");
    expect(cancelled).toEqual(["https://to.example/begun", "https://to.example/left"]);
  });
});

describe("a blob on its way into the stage", () => {
  test.each<[string, CarryResult, "staged" | "stopped" | undefined, "busy" | "granted" | "known"]>([
    ["that the slice has left in the middle stays with its job", { outcome: "stopped" }, "stopped", "busy"],
    ["that failed is free for others", FAILED, undefined, "granted"],
    ["that is there is there for all", { outcome: "staged" }, "staged", "known"],
  ])("%s", async (_, end, outcome, group) => {
    const { slice } = sliceOf("one", [BLOB], () => end);
    expect(await ensureStaged(BLOB, SOURCE, slice).catch(() => undefined)).toBe(outcome);
    expect(claimOf("other", BLOB)[group]).toEqual([BLOB.digest]);
  });
});
