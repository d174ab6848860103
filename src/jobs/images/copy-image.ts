/** Brings one image as far as it goes: resolve, plan, deliver. Every step can be done twice. */
import type { Selection } from "../../copy/select-platforms.ts";
import { type Failure, failureOf } from "../../oci/errors.ts";
import { parseReference, type Reference } from "../../oci/reference.ts";
import { allEnded } from "../all-ended.ts";
import { gravest } from "../blobs/carriers.ts";
import { type PlanReferrers, planReferrers } from "../referrers/plan-referrers.ts";
import { deliverImage } from "./deliver-image.ts";
import { withRegistry } from "./failure-registry.ts";
import { contentOf, type ImageContent } from "./image-content.ts";
import type { DestinationRow, ImageRow, TargetRow } from "./image-rows.ts";
import { type PlanTarget, planImage } from "./plan-image.ts";
import { manifestReader, type ReadManifest } from "./read-manifest.ts";
import { looksBelowRoot, resolveImage } from "./resolve-image.ts";
import { withSecondLook } from "./second-look.ts";
import type { SliceContext } from "./slice-context.ts";
import { isHopeless } from "./sparse-refusal.ts";
import { surveyImage } from "./survey-image.ts";

/** `again`: destinations are left pending; with the failure in their way, or none where only the slice's time was up. */
export type ImageOutcome = { next: "done" } | { next: "again"; failure?: Failure };

/** An image of which it is known what is copied, and where to. */
interface PlannedImage {
  image: ImageRow;
  source: Reference;
  selection: Selection;
  readManifest: ReadManifest;
  /** Its destinations that were looked at and have not ended, … */
  pending: readonly DestinationRow[];
  /** … and the repositories that these are in. */
  targets: readonly TargetRow[];
  planTarget: PlanTarget;
  planAttached: PlanReferrers;
}

/**
 * Copies an image to its pending destinations.
 *
 * A failure that no retry mends ends the destinations that it concerns: those of one repository, or all where the source fails.
 * Rejects only when cancelled, with the signal's reason.
 */
export async function copyImage(image: ImageRow, slice: SliceContext): Promise<ImageOutcome> {
  if (slice.images.pendingOf(image.id).length === 0) {
    return { next: "done" };
  }
  const source = parseReference(image.source);
  const setbacks: Failure[] = [];
  let stopped = false;
  try {
    const planned = await plan(image, source, setbacks, slice);
    // One after the other at one registry, so that the second repository mounts what the first has got.
    const byRegistry = Map.groupBy(planned.targets, ({ registry }) => registry);
    const bringInTurn = async (targetsThere: readonly TargetRow[]) => {
      for (const target of targetsThere) {
        const rows = planned.pending.filter((row) => row.target === target.id);
        try {
          const outcome = await bringTo(target, rows, planned, slice);
          stopped ||= outcome === "stopped";
        } catch (error) {
          settle(error, rows, { source, target }, setbacks, slice);
        }
      }
    };
    await allEnded(Array.from(byRegistry.values(), bringInTurn));
  } catch (error) {
    settle(error, slice.images.pendingOf(image.id), { source }, setbacks, slice);
  }
  if (setbacks.length > 0) {
    return { next: "again", failure: gravest(setbacks) };
  }
  return { next: stopped ? "again" : "done" };
}

/**
 * Finds out what is copied, and reads what the targets may lack of it. Adds the failures of destinations that may pass to `setbacks`. Fails with the
 * source's failures.
 */
async function plan(image: ImageRow, source: Reference, setbacks: Failure[], slice: SliceContext): Promise<PlannedImage> {
  const readManifest = manifestReader(slice.openSource(source), source.registry, slice);
  const { selection, setbacks: unseen } = await resolveImage(image, source, readManifest, slice);
  setbacks.push(...unseen);
  const resolved = slice.images.image(image.id) ?? image;
  const pending = slice.images.pendingOf(image.id).filter((row) => row.checkedAt !== null);
  const targets = slice.images.targets().filter((target) => pending.some((row) => row.target === target.id));
  const lacking = targets.filter(({ id }) => lacksSome(selection, pending, id, slice));
  const planTarget: PlanTarget = lacking.length === 0 ? async () => [] : await planImage(source, selection, lacking, readManifest, slice);
  const planAttached = await planReferrers(source, selection, targets, readManifest, slice);
  return { image: resolved, source, selection, readManifest, pending, targets, planTarget, planAttached };
}

/** Brings the image to one target, or in a dry run looks for it there. Gives `stopped` where the slice's time ended first. Fails with the target's failures. */
async function bringTo(
  target: TargetRow,
  rows: readonly DestinationRow[],
  { image, source, selection, readManifest, planTarget, planAttached }: PlannedImage,
  slice: SliceContext,
): Promise<"done" | "stopped"> {
  await slice.admit(target.registry, "destination");
  let content: ImageContent | undefined;
  const doubted = { root: selection.root.digest, content: () => content, isHopeless: isHopeless(selection) };
  return await withSecondLook(target, slice, doubted, async (look) => {
    const planTree = look === 1 ? planTarget : await planImage(source, selection, [target], readManifest, slice);
    const attach = look === 1 ? planAttached : await planReferrers(source, selection, [target], readManifest, slice);
    const tree = await planTree(target, rows);
    const all = [...tree, ...(await attach(target, rows))];
    content = contentOf(all, slice.request);
    const bring = slice.request.dryRun ? surveyImage : deliverImage;
    return await bring({ image, source, selection, tree: all, content, readManifest }, target, rows, slice);
  });
}

/** Ends the destinations that a failure concerns where no retry mends it, else adds it to `setbacks`. Throws the signal's reason where the job is cancelled. */
function settle(
  error: unknown,
  rows: readonly DestinationRow[],
  { source, target }: { source: Reference; target?: TargetRow },
  setbacks: Failure[],
  slice: SliceContext,
): void {
  slice.cancelled.throwIfAborted();
  const failure = withRegistry(failureOf(error), source, target);
  if (failure.retry !== "never") {
    setbacks.push(failure);
    return;
  }
  for (const row of rows) {
    slice.images.end(row.id, "failed", null, failure);
  }
  slice.forward();
}

/** Whether there may be something to bring to a target besides what is attached to the image. */
function lacksSome(selection: Selection, pending: readonly DestinationRow[], target: number, slice: SliceContext): boolean {
  return looksBelowRoot(selection, slice) || pending.some((row) => row.target === target && row.digest !== selection.root.digest);
}
