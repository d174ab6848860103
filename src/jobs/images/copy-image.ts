/** Brings one image as far as it goes: resolve, plan, deliver. Every step can be done twice. */
import type { Selection } from "../../copy/select-platforms.ts";
import { type Failure, failureOf } from "../../oci/errors.ts";
import { parseReference } from "../../oci/reference.ts";
import { gravest } from "../blobs/carriers.ts";
import type { RepositoryName } from "../blobs/carry-task.ts";
import { planReferrers } from "../referrers/plan-referrers.ts";
import { contentOf, type ImageContent } from "../within.ts";
import { deliverImage } from "./deliver-image.ts";
import type { DestinationRow, ImageRow } from "./image-rows.ts";
import type { ImageStep } from "./image-step.ts";
import { type PlanTarget, planImage } from "./plan-image.ts";
import { manifestReader } from "./read-manifest.ts";
import { looksBelowRoot, resolveImage } from "./resolve-image.ts";
import { withSecondLook } from "./second-look.ts";
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
export async function copyImage(image: ImageRow, step: ImageStep): Promise<ImageOutcome> {
  if (step.images.pendingOf(image.id).length === 0) {
    return { next: "done" };
  }
  const source = parseReference(image.source);
  const setbacks: Failure[] = [];
  const settle = (rows: readonly DestinationRow[], error: unknown, target?: RepositoryName) => {
    step.cancelled.throwIfAborted();
    const failure = withRegistry(failureOf(error), source, target);
    if (failure.retry !== "never") {
      setbacks.push(failure);
      return;
    }
    for (const row of rows) {
      step.images.end(row.id, "failed", null, failure);
    }
    step.forward();
  };
  let stopped = false;
  try {
    const readManifest = manifestReader(step.openSource(source), source.registry, step);
    const { selection, setbacks: unseen } = await resolveImage(image, source, readManifest, step);
    setbacks.push(...unseen);
    const resolved = step.images.image(image.id) ?? image;
    const pending = step.images.pendingOf(image.id).filter((row) => row.checkedAt !== null);
    const targets = step.images.targets().filter((target) => pending.some((row) => row.target === target.id));
    const lacking = targets.filter(({ id }) => lacksSome(selection, pending, id, step));
    const planTarget: PlanTarget = lacking.length === 0 ? async () => [] : await planImage(source, selection, lacking, readManifest, step);
    const planAttached = await planReferrers(source, selection, targets, readManifest, step);
    // One after the other at one registry, so that the second repository mounts what the first has got.
    const byRegistry = Map.groupBy(targets, ({ registry }) => registry);
    const registries = await Promise.allSettled(
      Array.from(byRegistry.values(), async (targetsThere) => {
        for (const target of targetsThere) {
          const rows = pending.filter((row) => row.target === target.id);
          try {
            await step.admit(target.registry, "destination");
            let content: ImageContent | undefined;
            const doubted = { root: selection.root.digest, content: () => content, isHopeless: isHopeless(selection) };
            const outcome = await withSecondLook(target, step, doubted, async (look) => {
              const plan = look === 1 ? planTarget : await planImage(source, selection, [target], readManifest, step);
              const attach = look === 1 ? planAttached : await planReferrers(source, selection, [target], readManifest, step);
              const tree = await plan(target, rows);
              const all = [...tree, ...(await attach(target, rows))];
              content = contentOf(all, step.request);
              const bring = step.request.dryRun ? surveyImage : deliverImage;
              return await bring({ image: resolved, source, selection, tree: all, content }, target, rows, step);
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
    settle(step.images.pendingOf(image.id), error);
  }
  if (setbacks.length > 0) {
    return { next: "again", failure: gravest(setbacks) };
  }
  return { next: stopped ? "again" : "done" };
}

/** Whether there may be something to bring to a target besides what is attached to the image. */
function lacksSome(selection: Selection, pending: readonly DestinationRow[], target: number, step: ImageStep): boolean {
  return looksBelowRoot(selection, step) || pending.some((row) => row.target === target && row.digest !== selection.root.digest);
}

/** Names the registry of a failure that came from where none is known: the byte loop and the parser know only sides. */
function withRegistry(failure: Failure, source: RepositoryName, target: RepositoryName | undefined): Failure {
  const place = failure.side === "source" ? source : failure.side === "destination" ? target : undefined;
  return place === undefined || failure.registry !== undefined ? failure : { ...failure, registry: place.registry };
}
