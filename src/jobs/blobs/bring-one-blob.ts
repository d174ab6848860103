/** Brings one leased blob to its target: straight from the source, or by way of the stage. */
import type { Descriptor } from "../../oci/descriptor.ts";
import { CopyError, type Failure } from "../../oci/errors.ts";
import type { RepositoryReference } from "../../oci/reference.ts";
import type { UploadCheckpoint } from "../../oci/store.ts";
import type { TargetRow } from "../images/image-rows.ts";
import type { SliceContext } from "../images/slice-context.ts";
import type { PendingBlob } from "./blob-rows.ts";
import type { CarryNews, CarryOrder, CarryReport, CarryResult, CarryTask } from "./carry-task.ts";
import { ensureStaged, forgetStaged } from "./ensure-staged.ts";
import { giveBackBegun, giveBackLeft } from "./give-back-uploads.ts";
import { MAX_OUTLIVED, MAX_OUTLIVED_STAGED, outlivesSlice, wantsStage } from "./stage-policy.ts";

/** One blob on its way to one target. */
interface Way {
  blob: PendingBlob;
  source: RepositoryReference;
  target: TargetRow;
  slice: SliceContext;
}

/**
 * Brings the blob and keeps its account. Gives `stopped` where the slice's time ended first; what was reached is in its rows then.
 * Fails with the carrier's failure.
 */
export async function bringOneBlob(
  blob: PendingBlob,
  source: RepositoryReference,
  target: TargetRow,
  slice: SliceContext,
): Promise<"done" | "stopped"> {
  const way = { blob, source, target, slice };
  giveBackBegun(blob, target, slice.blobs, slice.openTarget);
  return wantsStage(blob.size, blob.outlived, slice.staging) ? await throughStage(way) : await straight(way);
}

async function straight(way: Way): Promise<"done" | "stopped"> {
  const { blob, source, target, slice } = way;
  if (blob.outlived >= MAX_OUTLIVED) {
    throw new CopyError({
      code: "timeout",
      message: `${blob.digest} takes longer than a slice of ${slice.staging.sliceMs / 1000} s, and the job does not allow it to be staged`,
      retry: "never",
    });
  }
  let outlived = false;
  let moved = false;
  const mayUseStage = slice.staging.option === "auto" && slice.staging.available;
  const lookFirst = slice.request.check === "deep";
  const task: CarryTask = {
    errand: "place",
    blob,
    source,
    target: nameOf(target),
    mountFrom: mountSources(blob, source, target, slice),
    lookFirst,
    mayUseStage,
  };
  const result = await carry(way, task, ({ sent }) => {
    moved ||= sent > 0;
    outlived = !slice.hasGrace();
    return outlived ? "stop" : "go-on";
  });
  if (outlived && result.outcome === "failed") {
    if (moved) {
      slice.blobs.outlived(target.id, blob.digest);
    }
    return "stopped";
  }
  return settle(way, result);
}

async function throughStage(way: Way): Promise<"done" | "stopped"> {
  const { blob, source, target, slice } = way;
  // Also where an upload was left: the process that died may have ended it.
  const lookFirst = slice.request.check === "deep";
  const look: CarryTask = {
    errand: "look",
    blob,
    target: nameOf(target),
    mountFrom: blob.upload === null ? mountSources(blob, source, target, slice) : [],
    lookFirst,
  };
  const found = await carry(way, look, () => "go-on");
  if (found.outcome !== "missing") {
    if (found.outcome === "placed") {
      giveBackLeft(blob, target, slice.blobs, slice.openTarget);
    }
    return settle(way, found);
  }
  if (blob.outlived >= MAX_OUTLIVED_STAGED) {
    throw new CopyError({
      code: "timeout",
      message: `${blob.digest} takes longer to ${target.registry} than a slice of ${slice.staging.sliceMs / 1000} s, and that registry takes no pieces that can be gone on with`,
      retry: "never",
      side: "destination",
      registry: target.registry,
    });
  }
  return (await ensureStaged(blob, source, slice)) === "stopped" ? "stopped" : await sendFromStage(way);
}

/** Sends a staged blob to its target, from where an earlier slice left off. */
async function sendFromStage(way: Way): Promise<"done" | "stopped"> {
  const { blob, target, slice } = way;
  const task: CarryTask = {
    errand: "send",
    blob,
    target: nameOf(target),
    inPieces: blob.outlived > 0 || outlivesSlice(blob.size, slice.staging.sliceMs),
    ...(blob.upload === null ? {} : { checkpoint: blob.upload }),
  };
  let isLeft = false;
  let moved = false;
  const result = await carry(way, task, ({ sent }) => {
    moved ||= sent > 0;
    isLeft = !slice.hasGrace();
    return slice.hasTime() ? "go-on" : isLeft ? "leave" : "wind-up";
  });
  if (isLeft && !slice.cancelled.aborted && !gotOn(blob, result)) {
    if (moved) {
      slice.blobs.outlived(target.id, blob.digest);
    }
    slice.blobs.leave(target.id, blob.digest, placeOf(result) ?? null);
    return "stopped";
  }
  if (result.outcome === "failed") {
    slice.blobs.leave(target.id, blob.digest, placeOf(result) ?? null);
    if (gotOn(blob, result)) {
      slice.forward();
    }
    if (isGoneFromStage(result.failure)) {
      await forgetStaged(blob.digest, slice);
    }
  }
  return settle(way, result);
}

/** Whether an errand from the stage brought more to the target than an earlier slice had. */
function gotOn({ upload }: PendingBlob, result: CarryResult): boolean {
  return result.outcome === "placed" || (placeOf(result)?.held ?? 0) > (upload?.held ?? 0);
}

/** Where an errand from the stage has left its upload. */
function placeOf(result: CarryResult): UploadCheckpoint | undefined {
  return "checkpoint" in result ? result.checkpoint : undefined;
}

/** Notes how an errand ended. */
function settle({ blob, target, slice }: Way, result: CarryResult): "done" | "stopped" {
  slice.cancelled.throwIfAborted();
  switch (result.outcome) {
    case "placed":
      slice.blobs.done(target.id, blob.digest, result.placement, result.staged);
      slice.forward();
      return "done";
    case "stopped":
      // One that did not get its turn has none, and what an earlier slice left stands.
      if (result.checkpoint !== undefined) {
        slice.blobs.leave(target.id, blob.digest, result.checkpoint);
        slice.forward();
      }
      return "stopped";
    case "failed":
      if (result.ranges === false) {
        slice.noteIgnoredRanges();
      }
      throw new CopyError(result.failure);
    default:
      throw new CopyError({ code: "internal", message: `A carrier came back with "${result.outcome}"`, retry: "never" });
  }
}

/** Has an errand run, and counts the bytes that it sends. */
async function carry({ blob, target, slice }: Way, task: CarryTask, order: (news: CarryNews) => CarryOrder): Promise<CarryResult> {
  let sent = 0;
  let begun = false;
  const report: CarryReport = async (news) => {
    sent += news.sent;
    slice.sending(news.sent);
    if (news.pause !== undefined) {
      slice.pausing(news.pause);
    }
    if (news.upload !== undefined) {
      slice.blobs.began(target.id, blob.digest, news.upload);
      begun = true;
    }
    return slice.cancelled.aborted ? "stop" : order(news);
  };
  try {
    return await slice.carry(task, report);
  } finally {
    slice.blobs.sent(target.id, blob.digest, sent);
    slice.sending(-sent);
    if (begun) {
      slice.blobs.began(target.id, blob.digest, null);
    }
  }
}

/** Repositories of the target's registry that have the blob: the source, or another target of this job. */
export function mountSources(
  blob: Descriptor,
  source: RepositoryReference,
  target: TargetRow,
  { blobs }: SliceContext,
): RepositoryReference[] {
  const { registry } = target;
  const siblings = blobs.placesOf(blob.digest, registry, target.id).map((repository) => ({ registry, repository }));
  return source.registry === registry ? [source, ...siblings] : siblings;
}

function isGoneFromStage(failure: Failure): boolean {
  return failure.side === "staging" && failure.code === "not-found";
}

function nameOf({ registry, repository }: TargetRow): RepositoryReference {
  return { registry, repository };
}
