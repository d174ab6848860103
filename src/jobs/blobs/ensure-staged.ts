/** Gets a blob into the stage once, whichever of a job's targets or of several jobs wants it first. */
import { untilAborted } from "../../net/abort.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { CopyError } from "../../oci/errors.ts";
import type { DestinationLink } from "../destinations/destination-link.ts";
import { whileRenewed } from "../destinations/renewal.ts";
import type { ImageStep } from "../images/image-step.ts";
import type { CarryReport, CarryTask, RepositoryName } from "./carry-task.ts";

/** Longest single wait for another job, so that the slice's time is looked at now and then. */
const WAIT_MS = 5_000;

/**
 * Makes sure that the stage has the blob; `stopped` where the slice's time ended first, with the place kept.
 *
 * The stage takes one writer at a time: a lease on the digest decides who, as it does at a destination repository.
 */
export function ensureStaged(blob: Descriptor, source: RepositoryName, step: ImageStep): Promise<"staged" | "stopped"> {
  let begun = step.stagings.get(blob.digest);
  if (begun === undefined) {
    begun = stageOnce(blob, source, step);
    step.stagings.set(blob.digest, begun);
  }
  return begun;
}

/** Says that the stage turned out not to have a blob that was believed to be there. */
export async function forgetStaged(digest: Digest, step: ImageStep): Promise<void> {
  step.stagings.delete(digest);
  await stageLease(digest, step).release(step.holder, [digest], false);
}

async function stageOnce(blob: Descriptor, source: RepositoryName, step: ImageStep): Promise<"staged" | "stopped"> {
  const link = stageLease(blob.digest, step);
  for (;;) {
    const { known, busy } = await untilAborted(step.cancelled, link.claim(step.holder, [blob.digest]));
    if (known.length > 0) {
      return "staged";
    }
    if (busy.length > 0) {
      if (!step.hasTime()) {
        return "stopped";
      }
      await untilAborted(step.cancelled, link.waitFor(busy, WAIT_MS));
      continue;
    }
    let staged = false;
    try {
      staged = await whileRenewed(
        link,
        step,
        () => [blob.digest],
        () => stage(blob, source, step),
      );
      return staged ? "staged" : "stopped";
    } finally {
      await link.release(step.holder, [blob.digest], staged);
    }
  }
}

async function stage(blob: Descriptor, source: RepositoryName, step: ImageStep): Promise<boolean> {
  const progress = step.blobs.staging(blob.digest);
  const report: CarryReport = async (news) => {
    if (news.progress !== undefined) {
      step.blobs.setStaging(blob.digest, news.progress);
      step.forward();
    }
    return step.cancelled.aborted ? "stop" : step.hasTime() ? "go-on" : "wind-up";
  };
  const task: CarryTask = { errand: "stage", blob, source, careful: step.staging.hasDied, ...(progress === undefined ? {} : { progress }) };
  const result = await step.carry(task, report);
  step.cancelled.throwIfAborted();
  if (result.outcome === "failed") {
    if (result.failure.retry === "never") {
      step.blobs.setStaging(blob.digest, null);
    }
    throw new CopyError(result.failure);
  }
  if (result.outcome === "staged") {
    step.blobs.setStaging(blob.digest, null);
  }
  return result.outcome === "staged";
}

/** No registry is called `stage`: a host has a dot or a port. */
function stageLease(digest: Digest, step: ImageStep): DestinationLink {
  return step.destination({ registry: "stage", repository: digest });
}
