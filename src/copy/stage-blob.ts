/**
 * Brings one blob into the stage, in as many slices as it takes.
 *
 * | the blob's progress | next |
 * |---|---|
 * | none | a blob of one part is stored whole; for any other an upload is begun |
 * | some parts | the source from the end of the last part on |
 * | all parts | they are joined |
 * | joined (`etag`) | read back and hashed, unless the running digest has seen every byte; then confirmed |
 *
 * A digest that is wrong discards everything and begins once more, with `again`; so does an upload that the stage has lost.
 */
import { untilAborted } from "../net/abort.ts";
import { backoffMs } from "../net/retry-policy.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { CopyError, failureOf } from "../oci/errors.ts";
import type { BlobStage, StageProgress } from "../oci/stage.ts";
import type { BlobBody, BlobSource, BlobUpload } from "../oci/store.ts";
import { type CarryOptions, carryLeg } from "./carry.ts";
import type { HashMemory } from "./hash-memory.ts";
import { cutInParts, isLost, StagedUpload, uncut } from "./staged-upload.ts";
import { COMMIT_MS, STALL_MS, withinStall } from "./stall.ts";
import { NoHash, type RunningHash, VerifiedHash } from "./verified-hash.ts";

/** Times that a blob is begun in one call: at first, after damage, after lost uploads. */
const MAX_STARTS = 3;

/** How a blob is staged, and until when. `onRead` counts the source's bytes; what is read back from the stage is not told. */
export interface StageOptions extends Pick<CarryOptions, "effects" | "retry" | "signal" | "stallMs" | "onRead" | "onPause"> {
  /** Whether the slice has time left. Once it has not, the part in work is finished and the blob left for the next slice. */
  hasTime(): boolean;
  /** Where an earlier slice stopped. */
  progress?: StageProgress;
  /** Keeps the progress: told when an upload was begun, after every part, and when the parts were joined. The next but one part waits for it. */
  onCheckpoint(progress: StageProgress): Promise<void> | void;
  /** Keeps the running digest between two slices in one process; without it the whole is read back from the stage. */
  memory: HashMemory;
  /** Whether a new upload is in small parts: a crash may come soon. @default false */
  careful?: boolean;
  /** Bytes to ask the source for at once, taken to whole parts; the blob can be left where such a request ends. @default all */
  window?: number;
}

/**
 * Stages a blob: reads the source once, stores what comes, checks the whole, and only then has it count as staged.
 *
 * Gives `stopped` where time ran out; the last checkpoint is then what to go on with, and at least one part was added to it. Time is not
 * looked at while a source that has no ranges is read for the second time, nor while the whole is read back: neither could be gone
 * on with. Fails with `digest-mismatch` or `size-mismatch` (retry `never`) where the bytes are not the descriptor's; nothing is left
 * of them then, and checkpoints are void as they are after `staged`. Fails else with what the two sides fail with, or with the signal's
 * reason; parts stored until then stay, for the next call with the last checkpoint.
 */
export async function stageBlob(
  blob: Descriptor,
  source: BlobSource,
  stage: BlobStage,
  options: StageOptions,
): Promise<"staged" | "stopped"> {
  let progress = options.progress && structuredClone(options.progress);
  let again = progress?.again ?? false;
  for (let start = 1; ; start++) {
    try {
      if (blob.size <= stage.partSizeOf(blob, options.careful) && progress === undefined) {
        await stageWhole(blob, source, stage, options);
        return "staged";
      }
      progress ??= await begin(blob, stage, again, options);
      return await stageParts(blob, source, stage, progress, options);
    } catch (error) {
      const loss = lossOf(error);
      if (options.signal.aborted || loss === undefined) {
        throw error;
      }
      if (progress !== undefined) {
        options.memory.drop(progress.uploadId);
        await stage.discard(blob, progress).catch(() => {});
      }
      const isDamaged = loss === "damaged";
      if (start >= MAX_STARTS || loss === "wrong-size" || (isDamaged && again)) {
        throw isDamaged ? fromSource(error) : error;
      }
      again ||= isDamaged;
      progress = undefined;
    }
  }
}

/** Why what was staged until a failure is of no use any more; `undefined` where it can be gone on with. */
function lossOf(error: unknown): "damaged" | "wrong-size" | "gone" | undefined {
  const { code, retry } = failureOf(error);
  if (retry === "never" && code === "digest-mismatch") {
    return "damaged";
  }
  if (retry === "never" && code === "size-mismatch") {
    return "wrong-size";
  }
  return isLost(error) ? "gone" : undefined;
}

async function stageWhole(blob: Descriptor, source: BlobSource, stage: BlobStage, options: StageOptions): Promise<void> {
  const { effects, stallMs = STALL_MS } = options;
  let etag = "";
  const upload = new StagedUpload(
    uncut(blob, stage, (stored) => {
      etag = stored;
    }),
    effects,
    stallMs,
  );
  try {
    await carryLeg(blob, source, upload, { ...options, to: "staging" }, { hash: new VerifiedHash(blob), sent: 0 });
  } finally {
    await upload.cancel();
  }
  await insist(options, () => stage.confirm(blob, etag));
}

async function begin(blob: Descriptor, stage: BlobStage, again: boolean, options: StageOptions): Promise<StageProgress> {
  const begun = await insist(options, () => stage.begin(blob, options.careful));
  const progress: StageProgress = again ? { ...begun, again } : begun;
  await options.onCheckpoint(structuredClone(progress));
  return progress;
}

async function stageParts(
  blob: Descriptor,
  source: BlobSource,
  stage: BlobStage,
  progress: StageProgress,
  options: StageOptions,
): Promise<"staged" | "stopped"> {
  const { memory, onCheckpoint } = options;
  const { uploadId } = progress;
  let checked = false;
  if (progress.etag === undefined) {
    await insist(options, () => stage.keep(blob, progress));
    const hash = memory.take(blob, progress) ?? freshHash(blob, progress);
    if (!hasAllParts(blob, progress) && (await storeParts(blob, source, stage, progress, hash, options)) === "paused") {
      return "stopped";
    }
    const joined = await insist(options, () => stage.complete(blob, progress));
    progress.etag = joined.etag;
    checked = joined.certain && hash.digest() === blob.digest;
    await onCheckpoint(structuredClone(progress));
  }
  const { etag } = progress;
  if (!checked) {
    await readBack(blob, stage, etag, options);
  }
  await insist(options, () => stage.confirm(blob, etag, uploadId));
  memory.drop(uploadId);
  return "staged";
}

/** Stores the parts that are missing, or as many as there is time for. */
async function storeParts(
  blob: Descriptor,
  source: BlobSource,
  stage: BlobStage,
  progress: StageProgress,
  hash: RunningHash,
  options: StageOptions,
): Promise<"committed" | "paused"> {
  const { effects, memory, stallMs = STALL_MS, onCheckpoint, hasTime } = options;
  const begin = progress.parts.length * progress.partSize;
  const watched = new RangeWatch(source);
  const window = windowOf(progress.partSize, options.window);
  const step = window ?? progress.partSize;
  const pause = (position: number) => watched.hasRanges && position > begin && (position - begin) % step === 0 && !hasTime();
  const upload = new StagedUpload(
    cutInParts(blob, stage, progress, (grown) => onCheckpoint(structuredClone(grown))),
    effects,
    stallMs,
  );
  try {
    const outcome = await carryLeg(
      blob,
      watched,
      upload,
      { ...options, to: "staging" },
      { hash, sent: begin, pause, ...(window && { window }) },
    );
    await withinStall(effects, stallMs, "staging", untilAborted(options.signal, upload.settle()));
    return outcome;
  } finally {
    await upload.cancel();
    if (hash instanceof VerifiedHash) {
      memory.put(blob, progress, hash);
    }
  }
}

/** A source, and whether it has begun each time where it was asked to: one that does not would begin at 0 in the next slice too. */
class RangeWatch implements BlobSource {
  readonly #source: BlobSource;
  hasRanges = true;

  constructor(source: BlobSource) {
    this.#source = source;
  }

  async openBlob(blob: Descriptor, offset: number, end?: number): Promise<BlobBody> {
    const body = await this.#source.openBlob(blob, offset, end);
    this.hasRanges &&= body.offset === offset;
    return body;
  }
}

/** Reads the whole object and fails with `digest-mismatch` where it is not the blob's. */
async function readBack(blob: Descriptor, stage: BlobStage, etag: string, options: StageOptions): Promise<void> {
  const { onRead: _, ...rest } = options;
  const back: BlobSource = { openBlob: (descriptor, offset) => stage.openUnchecked(descriptor, etag, offset) };
  const leg = { hash: new VerifiedHash(blob), sent: 0 };
  await carryLeg(blob, back, NOWHERE, { ...rest, from: "staging", to: "staging" }, leg);
}

/** Takes bytes and keeps none of them. */
const NOWHERE: BlobUpload = {
  write: async () => {},
  finish: async () => {},
  resume: async () => 0,
  cancel: async () => {},
};

/** A hash for an upload whose digest is not remembered: from the first byte where there is no part yet, else none, and the blob is read back. */
function freshHash(blob: Descriptor, { parts, partSize }: StageProgress): RunningHash {
  return parts.length === 0 ? new VerifiedHash(blob, partSize) : new NoHash(parts.length * partSize);
}

/** Whole parts, at least one. */
function windowOf(partSize: number, wished: number | undefined): number | undefined {
  return wished === undefined ? undefined : Math.max(1, Math.floor(wished / partSize)) * partSize;
}

function hasAllParts(blob: Descriptor, { parts, partSize }: StageProgress): boolean {
  return parts.length * partSize >= blob.size;
}

/** Tries a single operation of the stage again where that may help. */
async function insist<T>({ effects, retry, signal }: StageOptions, operation: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await withinStall(effects, COMMIT_MS, "staging", untilAborted(signal, operation()));
    } catch (error) {
      const failure = failureOf(error);
      if (signal.aborted || failure.retry !== "later" || attempt >= retry.maxAttempts) {
        throw error;
      }
      await effects.sleep(backoffMs(retry, attempt, effects.random()), signal);
    }
  }
}

/** A wrong digest found in the stage is the source's: nobody in between changes bytes. */
function fromSource(error: unknown): CopyError {
  return new CopyError({ ...failureOf(error), retry: "never", side: "source" }, error);
}
