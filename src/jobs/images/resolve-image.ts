/** First step of an image: what its source stands for, what is copied of it, and which destinations have that already. Side by side. */

import type { Selection } from "../../copy/select-platforms.ts";
import { mapLimited } from "../../copy/walk.ts";
import { untilAborted } from "../../net/abort.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { type Failure, failureOf } from "../../oci/errors.ts";
import type { Reference } from "../../oci/reference.ts";
import type { DestinationRow, ImageRow, TargetRow } from "./image-rows.ts";
import { type ImageStep, MANIFEST_WIDTH } from "./image-step.ts";
import type { ReadManifest } from "./read-manifest.ts";
import { selectImage } from "./select-image.ts";

/**
 * Resolves the image once in its life, chooses what is copied of it, and looks at each destination once.
 *
 * Destinations that have the digest end as `unchanged`, those that have another one and are not to be overwritten as `skipped`, those that
 * ask for another one as `failed`. A destination that can't be
 * looked at fails before anything is written to it; where that may pass, it stays unchecked and its failure is given back, so that
 * the other destinations need not wait for it. Fails with the source's failure.
 */
export async function resolveImage(
  image: ImageRow,
  source: Reference,
  readManifest: ReadManifest,
  step: ImageStep,
): Promise<{ selection: Selection; setbacks: Failure[] }> {
  const setbacks: Failure[] = [];
  const unchecked = step.images.pendingOf(image.id).filter((row) => row.checkedAt === null);
  const selecting = resolveSource(image, source, step).then((root) =>
    selectImage(image, root, step.openSource(source), readManifest, step),
  );
  const [selection] = await Promise.all([
    selecting,
    mapLimited(unchecked, MANIFEST_WIDTH, async (row) => {
      // Only a source named by its digest has a destination without a tag: that one is looked at by the digest that it is to have.
      const known = row.tag ?? (step.request.platforms === undefined ? source.digest : undefined);
      await lookAt(row, known ?? (await selecting).root.digest, setbacks, step);
    }),
  ]);
  const { root } = selection;
  const unchanged: DestinationRow[] = [];
  for (const row of step.images.pendingOf(image.id)) {
    if (row.asserted !== null && row.asserted !== root.digest) {
      step.images.end(row.id, "failed", null, {
        code: "digest-mismatch",
        message: `${row.reference} asks for ${row.asserted}, but what is copied is ${root.digest}`,
        retry: "never",
        side: "source",
        registry: source.registry,
      });
    } else if (row.digest === root.digest) {
      unchanged.push(row);
    } else if (row.digest !== null && step.request.overwrite === "never") {
      step.images.end(row.id, "skipped", row.digest);
    }
  }
  if (!looksBelowRoot(selection, step) && !step.request.referrers) {
    const { resolvedAt } = step.images.image(image.id) ?? image;
    await Promise.all(unchanged.map((row) => keepUnchanged(row, root.digest, resolvedAt ?? 0, step)));
  }
  // A slice that has learned nothing new is no step forward: a job whose every slice ends like the last must run out of patience.
  if (image.digest === null || unchecked.length > setbacks.length || unchanged.length > 0) {
    step.forward();
  }
  return { selection, setbacks };
}

async function resolveSource(image: ImageRow, source: Reference, step: ImageStep): Promise<Descriptor> {
  if (image.digest !== null && image.mediaType !== null) {
    return { digest: image.digest, mediaType: image.mediaType, size: image.size ?? 0 };
  }
  await step.admit(source.registry, "source");
  // Taken before the question, so that an answer is never older than its time says.
  const resolvedAt = step.effects.now();
  const root = await untilAborted(step.cancelled, step.openSource(source).resolve(source.digest ?? source.tag ?? "latest"));
  step.images.resolved(image.id, root, resolvedAt);
  return root;
}

/**
 * Whether a destination that has the root is not done with that: an index that is sparse there may lack what is wanted of it now, and a deep
 * check takes nothing for granted.
 */
export function looksBelowRoot({ leftOut }: Selection, { request }: ImageStep): boolean {
  return leftOut.size > 0 || request.check === "deep";
}

/**
 * Ends a destination that has the digest: `unchanged`, unless something below it (`hasBrought`) or attached to it was brought. Its object hears of it,
 * so that an older resolution under way elsewhere does not undo it. `false` where somebody is writing the tag: it stays pending, and the tag is
 * written after that.
 */
export async function keepUnchanged(
  row: DestinationRow,
  digest: Digest,
  resolvedAt: number,
  step: ImageStep,
  hasBrought = false,
): Promise<boolean> {
  if (row.tag !== null && !step.request.dryRun) {
    const write = { holder: step.holder, tag: row.tag, digest, resolvedAt, checkedAt: row.checkedAt ?? 0 };
    if (!(await untilAborted(step.cancelled, step.destination(targetOf(row, step)).noteTag(write)))) {
      return false;
    }
  }
  step.content.wantManifest(row.target, digest, true);
  step.images.end(row.id, hasBrought ? "copied" : "unchanged", digest);
  return true;
}

function targetOf(row: DestinationRow, step: ImageStep): TargetRow {
  return step.images.targets().find(({ id }) => id === row.target) as TargetRow;
}

async function lookAt(row: DestinationRow, reference: string, setbacks: Failure[], step: ImageStep): Promise<void> {
  const target = targetOf(row, step);
  const checkedAt = step.effects.now();
  try {
    await step.admit(target.registry, "destination");
    const found = await untilAborted(step.cancelled, step.openTarget(target).headManifest(reference));
    step.images.checked(row.id, found?.digest ?? null, checkedAt);
  } catch (error) {
    const failure = failureOf(error);
    step.cancelled.throwIfAborted();
    if (failure.retry === "never") {
      step.images.end(row.id, "failed", null, failure);
    } else {
      setbacks.push(failure);
    }
  }
}
