/**
 * The one loop that moves a blob's bytes: read, hash, write.
 *
 * Reads are filled to a large buffer (chunks of 4 KiB cost twelve times the CPU), two buffers are used in turn so that the next
 * read runs beside the write, and nothing is copied in between. The last chunk is withheld until the digest is right.
 */
import { untilAborted } from "../net/abort.ts";
import type { Effects } from "../net/effects.ts";
import { backoffMs, type RetryPolicy } from "../net/retry-policy.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { CopyError, failureOf, type Side } from "../oci/errors.ts";
import type { BlobBody, BlobSource, BlobUpload } from "../oci/store.ts";
import { COMMIT_MS, SIDE_NAMES, STALL_MS, withinStall } from "./stall.ts";
import { NoHash, type RunningHash, VerifiedHash } from "./verified-hash.ts";

/** Bytes of one read and write. Measured: 256 KiB costs a sixth more CPU, 64 KiB twice as much. */
export const CHUNK_BYTES = 1024 * 1024;

export interface CarryOptions {
  effects: Effects;
  /** Interruptions in a row without a byte of progress before the blob fails. */
  retry: RetryPolicy;
  /** Told the number of bytes each time the destination has taken some. */
  onSent?: (bytes: number) => void;
  /** Told the number of bytes each time some were read, also those that are read a second time. */
  onRead?: (bytes: number) => void;
  /** Ends the carry with the signal's reason. */
  signal: AbortSignal;
  /** @default STALL_MS */
  stallMs?: number;
  /** Which end the bytes come from, for failures and what is done about them. @default "source" */
  from?: Side;
  /** Which end they go to. @default "destination" */
  to?: Side;
  /** The source's bytes have been checked before and are not hashed again: a stage's. Their number is checked all the same. @default false */
  verified?: boolean;
}

/** A carry that is not from a blob's first byte to its last. */
export interface CarryLeg {
  /** Goes on from its position, and keeps the state for the next leg. Its position is `sent`. */
  hash: RunningHash;
  /** Bytes that the upload holds already. */
  sent: number;
  /** The source, already opened there. */
  body?: BlobBody;
  /** Asked before each read with the position that everything up to has been read and given to the upload; `true` ends the leg. */
  pause?: (position: number) => boolean;
  /** Bytes to ask the source for at once: a leg that pauses where such a request ends leaves nothing behind that was read in vain. @default all */
  window?: number;
}

/**
 * Moves one blob from a source into an upload and commits it.
 *
 * `first` is the source already opened at 0, where the caller did that while it waited for the upload session. A broken
 * connection on either side is resumed here, the source by range from the byte reached and the destination from what it
 * says it holds, until `retry` is used up. Fails with `digest-mismatch` or `size-mismatch` where the bytes are not the
 * descriptor's (nothing is committed then), else with what the two sides fail with; the upload is then still open.
 */
export async function carry(
  blob: Descriptor,
  source: BlobSource,
  upload: BlobUpload,
  options: CarryOptions,
  first?: BlobBody,
): Promise<void> {
  const hash = options.verified ? new NoHash() : new VerifiedHash(blob);
  await carryLeg(blob, source, upload, options, { hash, sent: 0, ...(first === undefined ? {} : { body: first }) });
}

/**
 * Moves a blob as `carry` does, from where the leg begins; says whether it was committed or the leg paused. After a pause the upload
 * has taken every byte up to where it was asked for, and has been told nothing of it.
 */
export async function carryLeg(
  blob: Descriptor,
  source: BlobSource,
  upload: BlobUpload,
  options: CarryOptions,
  leg: CarryLeg,
): Promise<"committed" | "paused"> {
  const { effects, retry, signal, from = "source" } = options;
  const { hash } = leg;
  let opened = leg.body;
  let { sent } = leg;
  let furthest = sent;
  let fruitless = 0;
  let isBroken = false;
  for (;;) {
    try {
      if (isBroken) {
        sent = await untilAborted(signal, upload.resume());
        isBroken = false;
      }
      hash.rewind(sent);
      const before = hash.offset;
      const end = leg.window === undefined ? blob.size : Math.min(blob.size, hash.offset + leg.window);
      const body = opened ?? (await untilAborted(signal, source.openBlob(blob, hash.offset, end < blob.size ? end : undefined)));
      opened = undefined;
      const outcome = await pump(blob, body, { ...leg, sent }, upload, options, (until) => {
        options.onSent?.(until - sent);
        sent = until;
      });
      if (outcome !== "read-on") {
        return outcome;
      }
      if (hash.offset <= before) {
        throw short(blob, from, before);
      }
    } catch (error) {
      const failure = failureOf(error);
      fruitless = sent > furthest ? 1 : fruitless + 1;
      furthest = Math.max(furthest, sent);
      // At once, but not again and again: a registry may say forever that the bytes belong elsewhere.
      const atOnce = failure.retry === "now" && fruitless <= 1;
      const wait = atOnce ? 0 : (failure.waitMs ?? backoffMs(retry, fruitless, effects.random()));
      const isLost = isBroken && failure.retry === "now";
      if (signal.aborted || isLost || failure.retry === "never" || fruitless >= retry.maxAttempts || wait > retry.inlineWaitMs) {
        throw error;
      }
      await effects.sleep(wait, signal);
      isBroken ||= failure.side !== from;
    }
  }
}

/** One pass over an open body, from the hash's position on; bytes before `sent` are hashed and not sent again. `read-on`: it ended before the blob. */
async function pump(
  blob: Descriptor,
  body: BlobBody,
  { hash, sent, pause }: CarryLeg,
  upload: BlobUpload,
  options: CarryOptions,
  onSentUpTo: (end: number) => void,
): Promise<"committed" | "paused" | "read-on"> {
  const { effects, signal, stallMs = STALL_MS, from = "source", to = "destination" } = options;
  const guarded = <T>(side: Side, work: Promise<T>) => withinStall(effects, stallMs, side, untilAborted(signal, work));
  const reader = (body.stream as ReadableStream<Uint8Array<ArrayBuffer>>).getReader({ mode: "byob" });
  let position = body.offset;
  let written: Promise<void> = Promise.resolve();
  let spare = new ArrayBuffer(bufferSize(blob.size));
  let free: ArrayBuffer | undefined = blob.size > spare.byteLength ? new ArrayBuffer(spare.byteLength) : undefined;
  try {
    for (;;) {
      // Not where a request has just been opened: its bytes are on their way already.
      if (position > body.offset && pause?.(position)) {
        await guarded(to, written);
        return "paused";
      }
      if (position === body.end) {
        await guarded(to, written);
        // Asked again: time may have run out while the last bytes were written.
        return pause?.(position) ? "paused" : "read-on";
      }
      const wanted = Math.min(spare.byteLength, (body.end ?? blob.size) - position);
      const chunk = wanted === 0 ? new Uint8Array(0) : await guarded(from, readFull(reader, from, spare, wanted));
      const start = position;
      position += chunk.byteLength;
      options.onRead?.(chunk.byteLength);
      if (chunk.byteLength < wanted) {
        throw short(blob, from, position);
      }
      const unhashed = Math.max(0, hash.offset - start);
      if (unhashed < chunk.byteLength) {
        hash.update(unhashed === 0 ? chunk : chunk.subarray(unhashed));
      }
      await guarded(to, written);
      const unsent = chunk.subarray(Math.min(chunk.byteLength, Math.max(0, sent - start)));
      if (position === blob.size) {
        await guarded(from, expectEnd(blob, from, reader));
        expectDigest(blob, from, hash);
        await withinStall(effects, COMMIT_MS, to, untilAborted(signal, upload.finish(unsent)));
        onSentUpTo(position);
        return "committed";
      }
      const end = position;
      written =
        unsent.byteLength === 0
          ? written
          : upload.write(unsent).then(() => {
              onSentUpTo(end);
            });
      written.catch(() => {});
      const used = chunk.buffer;
      spare = free ?? new ArrayBuffer(CHUNK_BYTES);
      free = used;
    }
  } catch (error) {
    if (failureOf(error).side === from) {
      // The bytes under way still count, and whether they arrived decides where to go on.
      await guarded(to, written);
    }
    throw error;
  } finally {
    reader.cancel().catch(() => {});
  }
}

function bufferSize(blobSize: number): number {
  return Math.max(1, Math.min(CHUNK_BYTES, blobSize));
}

/** Fills `wanted` bytes of the buffer, or fewer where the stream ends. The buffer is detached; the chunk's own is it afterwards. */
async function readFull(
  reader: ReadableStreamBYOBReader,
  from: Side,
  buffer: ArrayBuffer,
  wanted: number,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { value } = await reader.readAtLeast(wanted, new Uint8Array(buffer, 0, wanted));
    return (value ?? new Uint8Array(0)) as Uint8Array<ArrayBuffer>;
  } catch (error) {
    if (error instanceof CopyError) {
      throw error;
    }
    throw new CopyError(
      { code: "registry-unavailable", message: `${SIDE_NAMES[from]}'s connection broke off in mid-blob`, retry: "later", side: from },
      error,
    );
  }
}

async function expectEnd(blob: Descriptor, from: Side, reader: ReadableStreamBYOBReader): Promise<void> {
  const extra = await readFull(reader, from, new ArrayBuffer(1), 1);
  if (extra.byteLength > 0) {
    throw new CopyError({
      code: "size-mismatch",
      message: `${SIDE_NAMES[from]} sends more than the ${blob.size} bytes that its manifest gives for ${blob.digest}`,
      retry: "never",
      side: from,
    });
  }
}

function expectDigest(blob: Descriptor, from: Side, hash: RunningHash): void {
  const actual = hash.digest();
  if (actual !== undefined && actual !== blob.digest) {
    throw new CopyError({
      code: "digest-mismatch",
      message: `${SIDE_NAMES[from]}'s bytes for ${blob.digest} have the digest ${actual}`,
      retry: "never",
      side: from,
    });
  }
}

function short(blob: Descriptor, from: Side, got: number): CopyError {
  return new CopyError({
    code: "size-mismatch",
    message: `${SIDE_NAMES[from]} ended ${blob.digest} after ${got} of ${blob.size} bytes`,
    retry: "later",
    side: from,
  });
}
