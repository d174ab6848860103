/** First step of an image: what its source stands for, and which destinations have that already. One HEAD each, side by side. */
import { untilAborted } from "../copy/carry.ts";
import { mapLimited } from "../copy/walk.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { type Failure, failureOf } from "../oci/errors.ts";
import type { Reference } from "../oci/reference.ts";
import type { DestinationRow, ImageRow, TargetRow } from "./image-rows.ts";
import { type ImageStep, MANIFEST_WIDTH } from "./image-step.ts";

/**
 * Resolves the image once in its life and looks at each destination once.
 *
 * Destinations that have the digest end as `unchanged`, those that have another one and are not to be overwritten as `skipped`, those that
 * ask for another one as `failed`. A destination that can't be
 * looked at fails before anything is written to it; where that may pass, it stays unchecked and its failure is given back, so that
 * the other destinations need not wait for it. Fails with the source's failure.
 */
export async function resolveImage(
  image: ImageRow,
  source: Reference,
  step: ImageStep,
): Promise<{ root: Descriptor; setbacks: Failure[] }> {
  const setbacks: Failure[] = [];
  const unchecked = step.images.pendingOf(image.id).filter((row) => row.checkedAt === null);
  const [root] = await Promise.all([
    resolveSource(image, source, step),
    mapLimited(unchecked, MANIFEST_WIDTH, (row) => lookAt(row, source, setbacks, step)),
  ]);
  const unchanged: DestinationRow[] = [];
  for (const row of step.images.pendingOf(image.id)) {
    if (row.asserted !== null && row.asserted !== root.digest) {
      step.images.end(row.id, "failed", null, {
        code: "digest-mismatch",
        message: `${row.reference} asks for ${row.asserted}, but the source is ${root.digest}`,
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
  const { resolvedAt } = step.images.images().find(({ id }) => id === image.id) ?? image;
  if (!step.request.referrers) {
    await Promise.all(unchanged.map((row) => keepUnchanged(row, root.digest, resolvedAt ?? 0, step)));
  }
  // A slice that has learned nothing new is no step forward: a job whose every slice ends like the last must run out of patience.
  if (image.digest === null || unchecked.length > setbacks.length || unchanged.length > 0) {
    step.forward();
  }
  return { root, setbacks };
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
 * Ends a destination that has the digest: `unchanged`, unless something that is attached to it was brought. Its object hears of it, so that an older
 * resolution under way elsewhere does not undo it. `false` where somebody is writing the tag: it stays pending, and the tag is written after that.
 */
export async function keepUnchanged(row: DestinationRow, digest: Digest, resolvedAt: number, step: ImageStep): Promise<boolean> {
  if (row.tag !== null) {
    const write = { holder: step.holder, tag: row.tag, digest, resolvedAt, checkedAt: row.checkedAt ?? 0 };
    if (!(await untilAborted(step.cancelled, step.destination(targetOf(row, step)).noteTag(write)))) {
      return false;
    }
  }
  step.content.wantManifest(row.target, digest, true);
  step.images.end(row.id, step.referrers.brought(row.target, digest) ? "copied" : "unchanged", digest);
  return true;
}

function targetOf(row: DestinationRow, step: ImageStep): TargetRow {
  return step.images.targets().find(({ id }) => id === row.target) as TargetRow;
}

async function lookAt(row: DestinationRow, source: Reference, setbacks: Failure[], step: ImageStep): Promise<void> {
  const target = targetOf(row, step);
  // Only a source named by its digest has a destination without a tag.
  const reference = row.tag ?? row.asserted ?? (source.digest as Digest);
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
