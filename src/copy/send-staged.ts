/** Sends a staged blob to a destination, in as many slices as it takes. Its bytes were checked when they were staged. */
import { untilAborted } from "../net/abort.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Failure, failureOf } from "../oci/errors.ts";
import type { BlobSource, BlobUpload, ContentTarget, UploadCheckpoint } from "../oci/store.ts";
import { type CarryOptions, carryLeg } from "./carry.ts";
import { giveBack, MAX_STARTS, type PlaceOptions } from "./place-blob.ts";
import { NoHash } from "./verified-hash.ts";

/** Longest wait for where an upload stands that is left in the middle of a piece, in milliseconds; the next slice asks again. */
const LEAVE_MS = 10_000;

/** How a staged blob is sent, and until when. */
export interface SendOptions extends Omit<CarryOptions, "from" | "to" | "verified">, Pick<PlaceOptions, "leave" | "onUpload"> {
  /** Whether the slice has time left. An upload that can't be left between two pieces is not asked to be. */
  hasTime(): boolean;
  /**
   * Whether the signal, once aborted, says that the slice is over for good, and not that nobody wants the blob any more. An upload in pieces
   * is then left open in the middle of one.
   */
  isLeft(): boolean;
  /** Whether the blob is large enough for its slice to end first: it is then sent in pieces. */
  inPieces: boolean;
  /** Where an earlier slice left the upload. */
  checkpoint?: UploadCheckpoint;
}

/** An upload that is left open, for a later call to go on with. */
export interface LeftUpload {
  checkpoint: UploadCheckpoint;
  /** The failure for which it was left, one that passes. @default the slice's time ended */
  failure?: Failure;
}

/**
 * Brings a staged blob to the target.
 *
 * Gives `sent`, or where the upload was left: when the slice's time ended, with at least one piece sent unless it is `isLeft` that ended it; or at a
 * failure that passes, in an upload that has got on. Fails with what the stage and the target fail with, and the upload is cancelled.
 */
export async function sendStaged(
  blob: Descriptor,
  stage: BlobSource,
  target: ContentTarget,
  options: SendOptions,
): Promise<"sent" | LeftUpload> {
  const { signal } = options;
  let left = options.checkpoint;
  for (let start = 1; ; start++) {
    const upload = left === undefined ? await begin(blob, target, options) : target.continueUpload(blob, left);
    let held: number | undefined;
    if (left === undefined) {
      held = 0;
      options.onUpload?.(upload);
    }
    try {
      // A process that died may have sent more than its last checkpoint says.
      held ??= await untilAborted(signal, upload.resume());
      const place = await sendFrom(held, blob, stage, upload, options);
      return place === undefined ? "sent" : { checkpoint: place };
    } catch (error) {
      const failure = failureOf(error);
      if (signal.aborted && options.isLeft()) {
        const place = held === undefined ? left : await leaveOpen(upload, options);
        if (place !== undefined) {
          return { checkpoint: place };
        }
      }
      const place = signal.aborted ? undefined : leftFor(failure, upload, left);
      if (place !== undefined) {
        return { checkpoint: place, failure };
      }
      await giveBack(upload, options);
      if (signal.aborted || failure.retry !== "now" || start >= MAX_STARTS) {
        throw error;
      }
      left = undefined;
    }
  }
}

/**
 * Where an upload stands that is left for a failure that passes; nothing where it is not worth going on with. One that has not got on since `before`,
 * though nobody asked for a pause, may itself be what fails.
 */
function leftFor({ retry, waitMs }: Failure, upload: BlobUpload, before: UploadCheckpoint | undefined): UploadCheckpoint | undefined {
  const place = retry === "later" ? upload.checkpoint?.() : undefined;
  const least = waitMs === undefined ? (before?.held ?? 0) : 0;
  return place !== undefined && place.held > least ? place : undefined;
}

/** Sends the blob from the bytes on that the upload holds. Gives the checkpoint where time ended between two pieces. */
async function sendFrom(
  held: number,
  blob: Descriptor,
  stage: BlobSource,
  upload: BlobUpload,
  options: SendOptions,
): Promise<UploadCheckpoint | undefined> {
  const { pieceSize } = upload;
  const pause = (position: number) =>
    pieceSize !== undefined && position > held && (position - held) % pieceSize === 0 && !options.hasTime();
  const outcome = await carryLeg(blob, stage, upload, { ...options, from: "staging" }, { hash: new NoHash(held), sent: held, pause });
  return outcome === "paused" ? upload.checkpoint?.() : undefined;
}

/** Begins an upload; one that is only begun after an abort is given back. */
async function begin(blob: Descriptor, target: ContentTarget, { signal, inPieces, leave }: SendOptions): Promise<BlobUpload> {
  const starting = target.startUpload(blob, { inPieces });
  try {
    return await untilAborted(signal, starting);
  } catch (error) {
    leave(starting.then((upload) => upload.cancel()).catch(() => {}));
    throw error;
  }
}

/** Breaks off the piece under way and gives what is certain of the upload; nothing where it can't be gone on with. */
async function leaveOpen(upload: BlobUpload, { effects, checkpoint }: SendOptions): Promise<UploadCheckpoint | undefined> {
  const answered = new AbortController();
  const asked = upload.checkpoint && upload.resume();
  if (asked === undefined) {
    return undefined;
  }
  const slow = effects.sleep(LEAVE_MS, answered.signal).then(
    () => undefined,
    () => undefined,
  );
  const held = await Promise.race([asked.catch(() => undefined), slow]);
  answered.abort();
  const place = upload.checkpoint?.();
  return place && { ...place, held: held ?? checkpoint?.held ?? 0 };
}
