/** Sending a staged blob in pieces: where it is left when the slice is over, and what is given back when nobody wants it. */
import { expect, test } from "vitest";
import { sendStaged } from "../../src/copy/send-staged.ts";
import { DEFAULT_RETRY_POLICY } from "../../src/net/retry-policy.ts";
import { CopyError } from "../../src/oci/errors.ts";
import type { UploadCheckpoint } from "../../src/oci/store.ts";
import { blobOf, MemorySource, seededBytes } from "../support/memory-source.ts";
import { MemoryTarget } from "../support/memory-target.ts";
import { MemoryUpload } from "../support/memory-upload.ts";
import { quickEffects, realSleep } from "../support/quick-effects.ts";

const MIB = 1024 * 1024;
const CONTENT = seededBytes(4 * MIB, 9);
const BLOB = blobOf(CONTENT);
const OVER = new CopyError({ code: "timeout", message: "Over", retry: "later" });

/** An upload of pieces as large as the blob, in which the third write never ends, and the signal is aborted. */
class SlowUpload extends MemoryUpload {
  readonly pieceSize = 4 * MIB;
  constructor(stop: AbortController) {
    super();
    this.takes = (call) => {
      if (call < 3) {
        return Promise.resolve();
      }
      stop.abort(OVER);
      return new Promise(() => {});
    };
  }

  checkpoint(): UploadCheckpoint {
    return { location: "https://registry.example.com/upload", held: 3 * MIB, pieceSize: this.pieceSize };
  }
}

async function send(isLeft: boolean, prepare: (upload: SlowUpload) => void = () => {}) {
  const stop = new AbortController();
  const target = new MemoryTarget();
  const upload = new SlowUpload(stop);
  prepare(upload);
  target.startUpload = async () => upload;
  const left: Promise<unknown>[] = [];
  const sending = sendStaged(BLOB, new MemorySource(CONTENT), target, {
    effects: { ...quickEffects, sleep: realSleep },
    retry: DEFAULT_RETRY_POLICY,
    signal: stop.signal,
    hasTime: () => false,
    isLeft: () => isLeft,
    inPieces: true,
    leave: (work) => void left.push(work),
  });
  return { upload, left, result: await sending.catch((error: unknown) => error) };
}

test("a slice that is over leaves the upload in the middle of a piece, where the registry says that it is", async () => {
  const { upload, result } = await send(true);
  expect(result).toEqual({ checkpoint: { location: "https://registry.example.com/upload", held: 2 * MIB, pieceSize: 4 * MIB } });
  expect([upload.resumed, upload.cancels]).toEqual([[2 * MIB], 0]);
});

test("where the registry does not say it, nothing is counted as held", async () => {
  const { result } = await send(true, (upload) => {
    upload.lost = { code: "registry-unavailable", message: "Silent", retry: "later", side: "destination" };
  });
  expect(result).toMatchObject({ checkpoint: { held: 0 } });
});

test.each<[string, { held: number; before: number; waitMs?: number }, boolean]>([
  ["a pause that was asked for leaves the upload where it stands", { held: 2 * MIB, before: 2 * MIB, waitMs: 30_000 }, true],
  ["so does a failure that passes, where the upload has got on", { held: 3 * MIB, before: 2 * MIB }, true],
  ["one that has not got on is given back, since it may be what fails", { held: 2 * MIB, before: 2 * MIB }, false],
  ["one of no bytes is given back", { held: 0, before: 0, waitMs: 30_000 }, false],
])("%s", async (_, { held, before, waitMs }, isLeft) => {
  const failure = { code: "rate-limited", message: "Later", retry: "later", side: "destination", ...(waitMs && { waitMs }) } as const;
  const checkpoint = { location: "https://registry.example.com/upload", held, pieceSize: 4 * MIB };
  const upload = Object.assign(new MemoryUpload(), { pieceSize: 4 * MIB, checkpoint: () => checkpoint });
  upload.lost = failure;
  const target = new MemoryTarget();
  target.continueUpload = () => upload;
  const sending = sendStaged(BLOB, new MemorySource(CONTENT), target, {
    effects: { ...quickEffects, sleep: realSleep },
    retry: DEFAULT_RETRY_POLICY,
    signal: new AbortController().signal,
    hasTime: () => true,
    isLeft: () => false,
    inPieces: true,
    leave: () => {},
    checkpoint: { ...checkpoint, held: before },
  });
  if (isLeft) {
    expect(await sending).toEqual({ checkpoint, failure });
  } else {
    await expect(sending).rejects.toMatchObject({ failure });
  }
  expect(upload.cancels).toBe(isLeft ? 0 : 1);
});

test("what nobody wants any more is given back, and the answer to that is not waited for", async () => {
  const given = Promise.withResolvers<void>();
  const { left, result } = await send(false, (upload) => {
    upload.cancel = () => given.promise;
  });
  expect(result).toBe(OVER);
  expect(left).toEqual([given.promise]);
});
