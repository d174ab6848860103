/** Brings one leased blob to its target: straight from the source, or by way of the stage. */
import type { Descriptor } from "../../oci/descriptor.ts";
import { CopyError, type Failure } from "../../oci/errors.ts";
import type { TargetRow } from "../images/image-rows.ts";
import type { ImageStep } from "../images/image-step.ts";
import type { PendingBlob } from "./blob-rows.ts";
import type { CarryNews, CarryOrder, CarryReport, CarryResult, CarryTask, RepositoryName } from "./carry-task.ts";
import { ensureStaged, forgetStaged } from "./ensure-staged.ts";
import { MAX_OUTLIVED, outlivesSlice, wantsStage } from "./stage-policy.ts";

/** One blob on its way to one target. */
interface Way {
  blob: PendingBlob;
  source: RepositoryName;
  target: TargetRow;
  step: ImageStep;
}

/**
 * Brings the blob and keeps its account. Gives `stopped` where the slice's time ended first; what was reached is in its rows then.
 * Fails with the carrier's failure.
 */
export async function bringOneBlob(
  blob: PendingBlob,
  source: RepositoryName,
  target: TargetRow,
  step: ImageStep,
): Promise<"done" | "stopped"> {
  const way = { blob, source, target, step };
  return wantsStage(blob.size, blob.outlived, step.staging) ? await throughStage(way) : await straight(way);
}

async function straight(way: Way): Promise<"done" | "stopped"> {
  const { blob, source, target, step } = way;
  if (blob.outlived >= MAX_OUTLIVED) {
    throw new CopyError({
      code: "timeout",
      message: `${blob.digest} takes longer than a slice of ${step.staging.sliceMs / 1000} s, and the job does not allow it to be staged`,
      retry: "never",
    });
  }
  let outlived = false;
  let moved = false;
  const mayUseStage = step.staging.option === "auto" && step.staging.available;
  const lookFirst = step.request.check === "deep";
  const task: CarryTask = {
    errand: "place",
    blob,
    source,
    target: nameOf(target),
    mountFrom: mountSources(blob, source, target, step),
    lookFirst,
    mayUseStage,
  };
  const result = await carry(way, task, ({ sent }) => {
    moved ||= sent > 0;
    outlived = !step.hasGrace();
    return outlived ? "stop" : "go-on";
  });
  if (outlived && result.outcome === "failed") {
    if (moved) {
      step.blobs.outlived(target.id, blob.digest);
    }
    return "stopped";
  }
  return settle(way, result);
}

async function throughStage(way: Way): Promise<"done" | "stopped"> {
  const { blob, source, target, step } = way;
  // Also where an upload was left: the process that died may have ended it.
  const lookFirst = step.request.check === "deep";
  const look: CarryTask = {
    errand: "look",
    blob,
    target: nameOf(target),
    mountFrom: blob.upload === null ? mountSources(blob, source, target, step) : [],
    lookFirst,
  };
  const found = await carry(way, look, () => "go-on");
  if (found.outcome !== "missing") {
    return settle(way, found);
  }
  if ((await ensureStaged(blob, source, step)) === "stopped") {
    return "stopped";
  }
  const task: CarryTask = {
    errand: "send",
    blob,
    target: nameOf(target),
    inPieces: outlivesSlice(blob.size, step.staging.sliceMs),
    ...(blob.upload === null ? {} : { checkpoint: blob.upload }),
  };
  const result = await carry(way, task, () => (step.hasTime() ? "go-on" : "wind-up"));
  if (result.outcome === "failed") {
    step.blobs.leave(target.id, blob.digest, null);
    if (isGoneFromStage(result.failure)) {
      await forgetStaged(blob.digest, step);
    }
  }
  return settle(way, result);
}

/** Notes how an errand ended. */
function settle({ blob, target, step }: Way, result: CarryResult): "done" | "stopped" {
  step.cancelled.throwIfAborted();
  switch (result.outcome) {
    case "placed":
      step.blobs.done(target.id, blob.digest, result.placement, result.staged);
      step.forward();
      return "done";
    case "stopped":
      step.blobs.leave(target.id, blob.digest, result.checkpoint ?? null);
      step.forward();
      return "stopped";
    case "failed":
      if (result.ranges === false) {
        step.noteIgnoredRanges();
      }
      throw new CopyError(result.failure);
    default:
      throw new CopyError({ code: "internal", message: `A carrier came back with "${result.outcome}"`, retry: "never" });
  }
}

/** Has an errand run, and counts the bytes that it sends. */
async function carry({ blob, target, step }: Way, task: CarryTask, order: (news: CarryNews) => CarryOrder): Promise<CarryResult> {
  let sent = 0;
  const report: CarryReport = async (news) => {
    sent += news.sent;
    step.sending(news.sent);
    return step.cancelled.aborted ? "stop" : order(news);
  };
  try {
    return await step.carry(task, report);
  } finally {
    step.blobs.sent(target.id, blob.digest, sent);
    step.sending(-sent);
  }
}

/** Repositories of the target's registry that have the blob: the source, or another target of this job. */
export function mountSources(blob: Descriptor, source: RepositoryName, target: TargetRow, { blobs }: ImageStep): RepositoryName[] {
  const { registry } = target;
  const siblings = blobs.placesOf(blob.digest, registry, target.id).map((repository) => ({ registry, repository }));
  return source.registry === registry ? [source, ...siblings] : siblings;
}

function isGoneFromStage(failure: Failure): boolean {
  return failure.side === "staging" && failure.code === "not-found";
}

function nameOf({ registry, repository }: TargetRow): RepositoryName {
  return { registry, repository };
}
