/**
 * The one loop that moves a blob's bytes: read, hash, write.
 *
 * Reads are filled to a large buffer (chunks of 4 KiB cost twelve times the CPU), two buffers are used in turn so that the next
 * read runs beside the write, and nothing is copied in between. The last chunk is withheld until the digest is right.
 */
import { untilAborted } from "../net/abort.ts";
import type { Effects } from "../net/effects.ts";
import type { RetryPolicy } from "../net/retry-policy.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { CopyError, type Failure, failureOf, type Side } from "../oci/errors.ts";
import type { BlobBody, BlobSource, BlobUpload } from "../oci/store.ts";
import { endedEarly, expectEnd, partFrom, readChunk } from "./read-chunk.ts";
import { type Course, courseFrom, resumption } from "./resumption.ts";
import { COMMIT_MS, SIDE_NAMES, STALL_MS, withinStall } from "./stall.ts";
import { NoHash, type RunningHash, VerifiedHash } from "./verified-hash.ts";

/** Bytes of one read and write. Measured: 256 KiB costs a sixth more CPU, 64 KiB twice as much. */
export const CHUNK_BYTES = 1024 * 1024;

/** The same after a connection that broke off twice before a chunk was full: what a read had got until then is lost. */
const CAREFUL_BYTES = 64 * 1024;

/** How a blob is moved, whatever its two ends are. */
export interface CarryOptions {
  /** The clock, chance and pauses. */
  effects: Effects;
  /** Interruptions in a row without a byte of progress before the blob fails. */
  retry: RetryPolicy;
  /** Told the number of bytes each time the destination has taken some. */
  onSent?: (bytes: number) => void;
  /** Told of each pause that the other end asks for and that is kept in the middle of the blob, with the failure that asks. */
  onPause?: (failure: Failure) => void;
  /** Told the number of bytes each time some were read, also those that are read a second time. */
  onRead?: (bytes: number) => void;
  /** Ends the carry with the signal's reason. */
  signal: AbortSignal;
  /** Longest wait for one side's next piece, in milliseconds; the commit has its own, longer one. @default STALL_MS */
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
  let course = courseFrom(leg.sent);
  for (let opened = leg.body; ; opened = undefined) {
    try {
      if (course.isBroken) {
        course.sent = await untilAborted(signal, upload.resume());
        course.isBroken = false;
      }
      const outcome = await passOnce({ blob, source, upload, options, leg }, course, opened);
      if (outcome !== "read-on") {
        return outcome;
      }
    } catch (error) {
      const failure = failureOf(error);
      const next = signal.aborted ? undefined : resumption(course, failure, from, retry, () => effects.random());
      if (next === undefined) {
        throw error;
      }
      // A new one: a write that was given up may still end, and counts in the course that it belongs to.
      course = next.course;
      if (failure.waitMs !== undefined) {
        options.onPause?.(failure);
      }
      await effects.sleep(next.waitMs, signal);
    }
  }
}

/** What a leg was called with. */
interface Given {
  blob: Descriptor;
  source: BlobSource;
  upload: BlobUpload;
  options: CarryOptions;
  leg: CarryLeg;
}

/** Opens the source where the digest stands, or takes the body that is open there, and moves what comes. Fails where not one byte came of it. */
async function passOnce(given: Given, course: Course, opened: BlobBody | undefined): Promise<"committed" | "paused" | "read-on"> {
  const { blob, source } = given;
  const { hash, window } = given.leg;
  const { signal, from = "source" } = given.options;
  const start = hash.rewind(course.sent);
  const end = window === undefined ? blob.size : Math.min(blob.size, start + window);
  const body = opened ?? (await untilAborted(signal, source.openBlob(blob, start, end < blob.size ? end : undefined)));
  const outcome = await new Pass(given, body, course).run();
  if (outcome === "read-on" && hash.offset <= start) {
    throw endedEarly(blob, from, start);
  }
  return outcome;
}

/**
 * One pass over an open body, from its first byte on. What was hashed before is not hashed again, and what the upload has is not sent again.
 *
 * This is the hot path: nothing is copied, and for a chunk no promise or function is made but those that its read and its write need.
 */
class Pass {
  readonly #blob: Descriptor;
  readonly #body: BlobBody;
  readonly #upload: BlobUpload;
  readonly #options: CarryOptions;
  readonly #hash: RunningHash;
  readonly #pause: CarryLeg["pause"];
  readonly #course: Course;
  readonly #from: Side;
  readonly #to: Side;
  readonly #reader: ReadableStreamBYOBReader;
  /** Position in the blob up to which it was read. */
  #position: number;
  /** The write under way; settled where there is none. */
  #written: Promise<void> = Promise.resolve();
  /** The buffer for the next read. */
  #spare: ArrayBuffer;
  /** The other buffer, which the write under way may hold; unset at first where the blob fits one. */
  #free: ArrayBuffer | undefined;

  constructor({ blob, upload, options, leg }: Given, body: BlobBody, course: Course) {
    const { from = "source", to = "destination" } = options;
    this.#blob = blob;
    this.#body = body;
    this.#upload = upload;
    this.#options = options;
    this.#hash = leg.hash;
    this.#pause = leg.pause;
    this.#course = course;
    this.#from = from;
    this.#to = to;
    this.#reader = (body.stream as ReadableStream<Uint8Array<ArrayBuffer>>).getReader({ mode: "byob" });
    this.#position = body.offset;
    this.#spare = new ArrayBuffer(bufferSize(blob.size, course));
    this.#free = blob.size > this.#spare.byteLength ? new ArrayBuffer(this.#spare.byteLength) : undefined;
  }

  /** Goes on until the blob is committed, the leg is to pause, or the body ends before the blob (`read-on`). */
  async run(): Promise<"committed" | "paused" | "read-on"> {
    try {
      for (;;) {
        // Not where a request has just been opened: its bytes are on their way already.
        if (this.#position > this.#body.offset && this.#isToPause()) {
          await this.#guarded(this.#to, this.#written);
          return "paused";
        }
        if (this.#position === this.#body.end) {
          await this.#guarded(this.#to, this.#written);
          // Asked again: time may have run out while the last bytes were written.
          return this.#isToPause() ? "paused" : "read-on";
        }
        const start = this.#position;
        const wanted = Math.min(this.#spare.byteLength, (this.#body.end ?? this.#blob.size) - start);
        const chunk = wanted === 0 ? new Uint8Array(0) : await this.#guarded(this.#from, this.#read(wanted));
        this.#take(chunk, wanted);
        await this.#guarded(this.#to, this.#written);
        const unsent = partFrom(chunk, start, this.#course.sent);
        if (this.#position === this.#blob.size) {
          await this.#commit(unsent);
          return "committed";
        }
        this.#send(unsent);
        this.#swapBuffers(chunk);
      }
    } catch (error) {
      if (failureOf(error).side === this.#from) {
        // The bytes under way still count, and whether they arrived decides where to go on.
        await this.#guarded(this.#to, this.#written);
      }
      throw error;
    } finally {
      this.#reader.cancel().catch(() => {});
    }
  }

  #isToPause(): boolean {
    return this.#pause?.(this.#position) === true;
  }

  #read(wanted: number): Promise<Uint8Array<ArrayBuffer>> {
    return readChunk(this.#reader, this.#from, this.#spare, wanted);
  }

  /** Counts and hashes a chunk that was read, and fails where it is not whole. */
  #take(chunk: Uint8Array<ArrayBuffer>, wanted: number): void {
    const start = this.#position;
    this.#position += chunk.byteLength;
    this.#options.onRead?.(chunk.byteLength);
    if (chunk.byteLength < wanted) {
      throw endedEarly(this.#blob, this.#from, this.#position);
    }
    const unhashed = partFrom(chunk, start, this.#hash.offset);
    if (unhashed.byteLength > 0) {
      this.#hash.update(unhashed);
    }
  }

  /** Begins to write, without waiting for its end: the next read runs beside it. */
  #send(unsent: Uint8Array<ArrayBuffer>): void {
    if (unsent.byteLength === 0) {
      return;
    }
    const end = this.#position;
    this.#written = this.#upload.write(unsent).then(() => this.#countSent(end));
    this.#written.catch(() => {});
  }

  /** The next read goes into the other buffer, whose write has ended; this chunk's is read into again only once its own has. */
  #swapBuffers({ buffer }: Uint8Array<ArrayBuffer>): void {
    this.#spare = this.#free ?? new ArrayBuffer(buffer.byteLength);
    this.#free = buffer;
  }

  /** Sends the last bytes, which were withheld until now, once the body has ended and the digest is right. */
  async #commit(unsent: Uint8Array<ArrayBuffer>): Promise<void> {
    const { effects, signal } = this.#options;
    await this.#guarded(this.#from, expectEnd(this.#blob, this.#from, this.#reader));
    expectDigest(this.#blob, this.#from, this.#hash);
    await withinStall(effects, COMMIT_MS, this.#to, untilAborted(signal, this.#upload.finish(unsent)));
    this.#countSent(this.#position);
  }

  #countSent(end: number): void {
    this.#options.onSent?.(end - this.#course.sent);
    this.#course.sent = end;
  }

  #guarded<T>(side: Side, work: Promise<T>): Promise<T> {
    const { effects, signal, stallMs = STALL_MS } = this.#options;
    return withinStall(effects, stallMs, side, untilAborted(signal, work));
  }
}

function bufferSize(blobSize: number, { isFrail }: Course): number {
  return Math.max(1, Math.min(isFrail ? CAREFUL_BYTES : CHUNK_BYTES, blobSize));
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
