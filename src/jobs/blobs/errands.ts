/** What a carrier does for one blob (for many tags, see look-at-tags.ts): opens the ends that the errand names and runs the engine between them. */

import type { HashMemory } from "../../copy/hash-memory.ts";
import { giveBack, lookForBlob, type PlaceOptions, sendBlob } from "../../copy/place-blob.ts";
import { sendStaged } from "../../copy/send-staged.ts";
import { stageBlob } from "../../copy/stage-blob.ts";
import type { RetryPolicy } from "../../net/retry-policy.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { CopyError, failureOf } from "../../oci/errors.ts";
import { inlineContent, inlineSource } from "../../oci/inline-content.ts";
import type { RepositoryReference } from "../../oci/reference.ts";
import type { BlobStage, StageProgress } from "../../oci/stage.ts";
import type { BlobSource } from "../../oci/store.ts";
import { withForeignLayers } from "../../registry/foreign-layer.ts";
import { type Connector, canMount, foreignTransport, openRepository } from "../hosts/connections.ts";
import { lookAtTags } from "../tags/look-at-tags.ts";
import type { CarryResult, CarryTask } from "./carry-task.ts";
import { outlivesSlice, stagingWindow } from "./stage-policy.ts";

/** Blobs below this are not looked for in the stage: asking takes about as long as fetching them. */
const WORTH_ASKING_BYTES = 4 * 1024 * 1024;

/** What an errand works with: connections, the stage, and ways to hear from the job and to report to it. */
export interface ErrandContext extends Connector, Pick<PlaceOptions, "signal" | "leave" | "onUpload" | "onPause"> {
  /** Of its requests, and of what it carries. */
  retry: RetryPolicy;
  /** Unset where there is none. */
  stage: BlobStage | undefined;
  /** Running digests of blobs that were left half-staged by this process. */
  memory: HashMemory;
  /** Whether the slice has time left. Where it has none, the errand stops at the next place where the blob can be left. */
  hasTime(): boolean;
  /** Whether the slice is over for good; see `CarryOrder`. */
  isLeft(): boolean;
  /** Told of bytes that have just crossed the wire to the target. */
  onSent(bytes: number): void;
  /** Keeps a checkpoint; what follows waits for it. */
  onProgress(progress: StageProgress): Promise<void>;
}

type Errand<Name extends CarryTask["errand"]> = Extract<CarryTask, { errand: Name }>;

/** Runs the errand. Fails with what the two ends fail with. */
export async function runErrand(task: CarryTask, context: ErrandContext): Promise<CarryResult> {
  switch (task.errand) {
    case "place":
      return await place(task, context);
    case "look":
      return await look(task, context);
    case "survey":
      return await survey(task, context);
    case "prove":
      await proveAtSource(task, context);
      return { outcome: "staged" };
    case "stage":
      return await stage(task, context);
    case "send":
      return await send(task, context);
    case "tags":
      return await lookAtTags(task, context);
  }
}

async function place(task: Errand<"place">, context: ErrandContext): Promise<CarryResult> {
  const { blob } = task;
  const source = sourceOf(blob, task.source, context);
  const target = openRepository(context, "destination", task.target);
  const mayBeStaged = task.mayUseStage && context.stage !== undefined && blob.size >= WORTH_ASKING_BYTES;
  const [found, staged] = await Promise.all([
    lookForBlob(blob, target, { ...context, ...mountOption(task, context) }),
    // A stage that can't be asked is no reason not to copy.
    mayBeStaged ? context.stage?.holds(blob).catch(() => false) : false,
  ]);
  if (typeof found === "string") {
    return { outcome: "placed", placement: found, staged: false };
  }
  const options = { ...context, stallMs: stallMsOf(context) };
  if (staged && context.stage !== undefined) {
    try {
      await proveAtSource(task, context);
    } catch (error) {
      await (found.begun && giveBack(found.begun, context));
      throw error;
    }
    await sendBlob(blob, context.stage, target, { ...options, from: "staging", verified: true }, found.begun);
    return { outcome: "placed", placement: "copied", staged: true };
  }
  const watched = watchRanges(source);
  try {
    await sendBlob(blob, watched.source, target, options, found.begun);
  } catch (error) {
    return { outcome: "failed", failure: failureOf(error), ...(watched.ignoresRanges() ? { ranges: false } : {}) };
  }
  return { outcome: "placed", placement: "copied", staged: false };
}

async function look(task: Errand<"look">, context: ErrandContext): Promise<CarryResult> {
  const target = openRepository(context, "destination", task.target);
  const found = await lookForBlob(task.blob, target, { ...context, ...mountOption(task, context) });
  if (typeof found === "string") {
    return { outcome: "placed", placement: found, staged: false };
  }
  if (found.begun !== undefined) {
    await giveBack(found.begun, context);
  }
  return { outcome: "missing" };
}

async function survey(task: Errand<"survey">, context: ErrandContext): Promise<CarryResult> {
  const found = await lookForBlob(task.blob, openRepository(context, "destination", task.target), context);
  const canBeMounted = task.mountFrom.some((candidate) => canMount(context.config, candidate, task.target));
  return { outcome: "surveyed", fate: found === "existing" ? "existing" : canBeMounted ? "mount" : "copy" };
}

async function stage(task: Errand<"stage">, context: ErrandContext): Promise<CarryResult> {
  const into = stageFor(task.blob, context);
  if (task.progress === undefined && (await into.holds(task.blob))) {
    await proveAtSource(task, context);
    await into.keep(task.blob);
    return { outcome: "staged" };
  }
  const { effects, signal, hasTime, memory, onPause, onProgress, retry } = context;
  const sliceMs = context.config.sliceSeconds * 1000;
  const outcome = await stageBlob(task.blob, sourceOf(task.blob, task.source, context), into, {
    effects,
    signal,
    hasTime,
    memory,
    retry,
    stallMs: stallMsOf(context),
    onCheckpoint: onProgress,
    ...(onPause && { onPause }),
    careful: task.careful,
    ...(outlivesSlice(task.blob.size, sliceMs) ? { window: stagingWindow(sliceMs) } : {}),
    ...(task.progress === undefined ? {} : { progress: task.progress }),
  });
  return { outcome };
}

/**
 * Fails with what the source fails with where it does not have the blob: what is staged came from some job's source, and who may copy from this one need not
 * be allowed to read that one. One `HEAD`; where that does not find it, the blob is asked for and left.
 */
async function proveAtSource({ blob, source }: { blob: Descriptor; source: RepositoryReference }, context: ErrandContext): Promise<void> {
  const isElsewhere = inlineContent(blob) !== undefined || blob.urls !== undefined;
  if (isElsewhere || !(await openRepository(context, "source", source).hasBlob(blob))) {
    const { stream } = await sourceOf(blob, source, context).openBlob(blob, 0);
    await stream.cancel();
  }
}

async function send(task: Errand<"send">, context: ErrandContext): Promise<CarryResult> {
  const { effects, signal, hasTime, isLeft, onPause, onSent, onUpload, leave, retry } = context;
  const from = stageFor(task.blob, context);
  const target = openRepository(context, "destination", task.target);
  await from.keep(task.blob);
  const outcome = await sendStaged(task.blob, from, target, {
    effects,
    signal,
    hasTime,
    isLeft,
    leave,
    onSent,
    ...(onPause && { onPause }),
    ...(onUpload && { onUpload }),
    retry,
    stallMs: stallMsOf(context),
    inPieces: task.inPieces,
    ...(task.checkpoint === undefined ? {} : { checkpoint: task.checkpoint }),
  });
  if (outcome === "sent") {
    return { outcome: "placed", placement: "copied", staged: true };
  }
  const { checkpoint, failure } = outcome;
  return failure === undefined ? { outcome: "stopped", checkpoint } : { outcome: "failed", failure, checkpoint };
}

function stallMsOf({ config }: ErrandContext): number {
  return config.stallSeconds * 1000;
}

function stageFor(blob: Descriptor, { stage }: ErrandContext): BlobStage {
  if (stage === undefined) {
    throw new CopyError({
      code: "unsupported",
      message: `${blob.digest} has to be staged, but this Worker has no bucket bound as STAGE`,
      retry: "never",
      side: "staging",
    });
  }
  return stage;
}

/** Where a blob's bytes are read: in its descriptor, else in the source's repository, else where its descriptor says. */
function sourceOf(blob: Descriptor, name: RepositoryReference, context: ErrandContext): BlobSource {
  const inline = inlineContent(blob);
  if (inline !== undefined) {
    return inlineSource(inline);
  }
  const repository = openRepository(context, "source", name);
  return blob.urls === undefined ? repository : withForeignLayers(repository, (url) => foreignTransport(context, name.registry, url));
}

/** The first repository that the target's registry can mount from. */
function mountOption(
  { target, mountFrom, lookFirst }: Errand<"place" | "look">,
  { config }: ErrandContext,
): Pick<PlaceOptions, "mountFrom" | "lookFirst"> {
  const from = mountFrom.find((candidate) => canMount(config, candidate, target));
  return from === undefined ? {} : { mountFrom: from.repository, lookFirst };
}

/** The same source, which remembers whether it was ever read from elsewhere than asked. */
function watchRanges(source: BlobSource): { source: BlobSource; ignoresRanges(): boolean } {
  let ignored = false;
  const openBlob: BlobSource["openBlob"] = async (blob, offset, end) => {
    const body = await source.openBlob(blob, offset, end);
    ignored ||= body.offset !== offset;
    return body;
  };
  return { source: { openBlob }, ignoresRanges: () => ignored };
}
