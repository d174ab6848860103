/** Gets a blob into the stage once, whichever of a job's targets or of several jobs wants it first. */
import { untilAborted } from "../../net/abort.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { CopyError } from "../../oci/errors.ts";
import type { RepositoryReference } from "../../oci/reference.ts";
import type { DestinationLink } from "../destinations/destination-link.ts";
import { whileRenewed } from "../destinations/renewal.ts";
import type { SliceContext } from "../images/slice-context.ts";
import type { PendingBlob } from "./blob-rows.ts";
import type { CarryReport, CarryTask } from "./carry-task.ts";

/** Longest single wait for another job, so that the slice's time is looked at now and then. */
const WAIT_MS = 5_000;

/**
 * Makes sure that the stage has the blob, and that the source has it; `stopped` where the slice's time ended first, with the place kept.
 *
 * The stage takes one writer at a time: a lease on the digest decides who, as it does at a destination repository. What another job has staged counts only
 * once the source was asked for it: a token that may copy from one repository must not get a layer of another by naming its digest.
 */
export function ensureStaged(blob: PendingBlob, source: RepositoryReference, slice: SliceContext): Promise<"staged" | "stopped"> {
  let begun = slice.stagings.get(blob.digest);
  if (begun === undefined) {
    begun = stageOnce(blob, source, slice);
    slice.stagings.set(blob.digest, begun);
  }
  return begun;
}

/** Says that the stage turned out not to have a blob that was believed to be there. */
export async function forgetStaged(digest: Digest, slice: SliceContext): Promise<void> {
  slice.stagings.delete(digest);
  await stageLease(digest, slice).release(slice.holder, [digest], false);
}

async function stageOnce(blob: PendingBlob, source: RepositoryReference, slice: SliceContext): Promise<"staged" | "stopped"> {
  const link = stageLease(blob.digest, slice);
  for (;;) {
    const { known, busy } = await untilAborted(slice.cancelled, link.claim(slice.holder, [blob.digest]));
    if (known.length > 0) {
      // An upload that was left, or a target that was sent it, shows that this job has been here before.
      const isOurs = blob.upload !== null || slice.blobs.wasStaged(blob.digest);
      return isOurs ? "staged" : await prove(blob, source, slice);
    }
    if (busy.length > 0) {
      if (!slice.hasTime()) {
        return "stopped";
      }
      await untilAborted(slice.cancelled, link.waitFor(busy, WAIT_MS));
      continue;
    }
    return await stageLeased(blob, source, link, slice);
  }
}

/** Stages a leased blob. One that is left in the middle stays leased for the next slice: another job would read it again from its first byte. */
async function stageLeased(
  blob: Descriptor,
  source: RepositoryReference,
  link: DestinationLink,
  slice: SliceContext,
): Promise<"staged" | "stopped"> {
  const release = (present: boolean) => link.release(slice.holder, [blob.digest], present);
  let outcome: "staged" | "stopped";
  try {
    outcome = await whileRenewed(
      link,
      slice,
      () => [blob.digest],
      () => stage(blob, source, slice),
    );
  } catch (error) {
    await release(false);
    throw error;
  }
  if (outcome === "staged") {
    await release(true);
  }
  return outcome;
}

async function stage(blob: Descriptor, source: RepositoryReference, slice: SliceContext): Promise<"staged" | "stopped"> {
  const progress = slice.blobs.staging(blob.digest);
  const report: CarryReport = async (news) => {
    if (news.progress !== undefined) {
      slice.blobs.setStaging(blob.digest, news.progress);
      slice.forward();
    }
    if (news.pause !== undefined) {
      slice.pausing(news.pause);
    }
    return slice.cancelled.aborted ? "stop" : slice.hasTime() ? "go-on" : "wind-up";
  };
  const task: CarryTask = {
    errand: "stage",
    blob,
    source,
    careful: slice.staging.hasDied,
    ...(progress === undefined ? {} : { progress }),
  };
  const result = await slice.carry(task, report);
  slice.cancelled.throwIfAborted();
  if (result.outcome === "failed") {
    if (result.failure.retry === "never") {
      slice.blobs.setStaging(blob.digest, null);
    }
    throw new CopyError(result.failure);
  }
  if (result.outcome === "staged") {
    slice.blobs.setStaging(blob.digest, null);
  }
  return result.outcome === "staged" ? "staged" : "stopped";
}

async function prove(blob: Descriptor, source: RepositoryReference, slice: SliceContext): Promise<"staged" | "stopped"> {
  const result = await slice.carry({ errand: "prove", blob, source }, async () => (slice.cancelled.aborted ? "stop" : "go-on"));
  slice.cancelled.throwIfAborted();
  if (result.outcome === "failed") {
    throw new CopyError(result.failure);
  }
  return result.outcome === "staged" ? "staged" : "stopped";
}

/** No registry is called `stage`: a host has a dot or a port. */
function stageLease(digest: Digest, slice: SliceContext): DestinationLink {
  return slice.destination({ registry: "stage", repository: digest });
}
