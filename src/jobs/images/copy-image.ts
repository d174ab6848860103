/** Brings one image as far as it goes: resolve, plan, deliver. Every step can be done twice. */
import type { Selection } from "../../copy/select-platforms.ts";
import { type Failure, failureOf } from "../../oci/errors.ts";
import { parseReference, type RepositoryReference } from "../../oci/reference.ts";
import { gravest } from "../blobs/carriers.ts";
import { planReferrers } from "../referrers/plan-referrers.ts";
import { deliverImage } from "./deliver-image.ts";
import { contentOf, type ImageContent } from "./image-content.ts";
import type { DestinationRow, ImageRow } from "./image-rows.ts";
import { type PlanTarget, planImage } from "./plan-image.ts";
import { manifestReader } from "./read-manifest.ts";
import { looksBelowRoot, resolveImage } from "./resolve-image.ts";
import { withSecondLook } from "./second-look.ts";
import type { SliceContext } from "./slice-context.ts";
import { isHopeless } from "./sparse-refusal.ts";
import { surveyImage } from "./survey-image.ts";

/** `again`: destinations are left pending; with the failure in their way, or none where only the slice's time was up. */
export type ImageOutcome = { next: "done" } | { next: "again"; failure?: Failure };

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
  const settle = (rows: readonly DestinationRow[], error: unknown, target?: RepositoryReference) => {
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
  };
  let stopped = false;
  try {
    const readManifest = manifestReader(slice.openSource(source), source.registry, slice);
    const { selection, setbacks: unseen } = await resolveImage(image, source, readManifest, slice);
    setbacks.push(...unseen);
    const resolved = slice.images.image(image.id) ?? image;
    const pending = slice.images.pendingOf(image.id).filter((row) => row.checkedAt !== null);
    const targets = slice.images.targets().filter((target) => pending.some((row) => row.target === target.id));
    const lacking = targets.filter(({ id }) => lacksSome(selection, pending, id, slice));
    const planTarget: PlanTarget = lacking.length === 0 ? async () => [] : await planImage(source, selection, lacking, readManifest, slice);
    const planAttached = await planReferrers(source, selection, targets, readManifest, slice);
    // One after the other at one registry, so that the second repository mounts what the first has got.
    const byRegistry = Map.groupBy(targets, ({ registry }) => registry);
    const registries = await Promise.allSettled(
      Array.from(byRegistry.values(), async (targetsThere) => {
        for (const target of targetsThere) {
          const rows = pending.filter((row) => row.target === target.id);
          try {
            await slice.admit(target.registry, "destination");
            let content: ImageContent | undefined;
            const doubted = { root: selection.root.digest, content: () => content, isHopeless: isHopeless(selection) };
            const outcome = await withSecondLook(target, slice, doubted, async (look) => {
              const plan = look === 1 ? planTarget : await planImage(source, selection, [target], readManifest, slice);
              const attach = look === 1 ? planAttached : await planReferrers(source, selection, [target], readManifest, slice);
              const tree = await plan(target, rows);
              const all = [...tree, ...(await attach(target, rows))];
              content = contentOf(all, slice.request);
              const bring = slice.request.dryRun ? surveyImage : deliverImage;
              return await bring({ image: resolved, source, selection, tree: all, content, readManifest }, target, rows, slice);
            });
            stopped ||= outcome === "stopped";
          } catch (error) {
            settle(rows, error, target);
          }
        }
      }),
    );
    // A cancel, which all of them have heard: none is still at work when it is passed on.
    for (const registry of registries) {
      if (registry.status === "rejected") {
        throw registry.reason;
      }
    }
  } catch (error) {
    settle(slice.images.pendingOf(image.id), error);
  }
  if (setbacks.length > 0) {
    return { next: "again", failure: gravest(setbacks) };
  }
  return { next: stopped ? "again" : "done" };
}

/** Whether there may be something to bring to a target besides what is attached to the image. */
function lacksSome(selection: Selection, pending: readonly DestinationRow[], target: number, slice: SliceContext): boolean {
  return looksBelowRoot(selection, slice) || pending.some((row) => row.target === target && row.digest !== selection.root.digest);
}

/** Names the registry of a failure that came from where none is known: the byte loop and the parser know only sides. */
function withRegistry(failure: Failure, source: RepositoryReference, target: RepositoryReference | undefined): Failure {
  const place = failure.side === "source" ? source : failure.side === "destination" ? target : undefined;
  return place === undefined || failure.registry !== undefined ? failure : { ...failure, registry: place.registry };
}
