/** First step of an image: what its source stands for, what is copied of it, and which destinations have that already. Side by side. */
import type { Selection } from "../../copy/select-platforms.ts";
import { untilAborted } from "../../net/abort.ts";
import { mapLimited } from "../../net/map-limited.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { type Failure, failureOf } from "../../oci/errors.ts";
import type { Reference, RepositoryReference } from "../../oci/reference.ts";
import type { CopyRequest } from "../../request/copy-request.ts";
import type { NotedTag } from "../destinations/destination-link.ts";
import type { DestinationRow, ImageRow, TargetRow } from "./image-rows.ts";
import type { ReadManifest } from "./read-manifest.ts";
import { selectImage } from "./select-image.ts";
import { MANIFEST_WIDTH, type SliceContext } from "./slice-context.ts";

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
  slice: SliceContext,
): Promise<{ selection: Selection; setbacks: Failure[] }> {
  const setbacks: Failure[] = [];
  const unchecked = slice.images.pendingOf(image.id).filter((row) => row.checkedAt === null);
  const selecting = resolveSource(image, source, slice).then((root) =>
    selectImage(image, root, slice.openSource(source), readManifest, slice),
  );
  const [selection] = await Promise.all([
    selecting,
    mapLimited(unchecked, MANIFEST_WIDTH, async (row) => {
      // Only a source named by its digest has a destination without a tag: that one is looked at by the digest that it is to have.
      const known = row.tag ?? (slice.request.platforms === undefined ? source.digest : undefined);
      await lookAt(row, known ?? (await selecting).root.digest, setbacks, slice);
    }),
  ]);
  const { root } = selection;
  const unchanged = settleKnown(image, root, source, slice);
  if (!looksBelowRoot(selection, slice)) {
    const { resolvedAt } = slice.images.image(image.id) ?? image;
    await Promise.all(unchanged.map((row) => settleUnchanged(row, root.digest, resolvedAt ?? 0, slice)));
  }
  // A slice that has learned nothing new is no step forward: a job whose every slice ends like the last must run out of patience.
  if (image.digest === null || unchecked.length > setbacks.length || unchanged.length > 0) {
    slice.forward();
  }
  return { selection, setbacks };
}

/** Ends the destinations that are not to get the image, whatever else is found there; returns those whose tag has it already. */
function settleKnown(image: ImageRow, root: Descriptor, source: Reference, slice: SliceContext): DestinationRow[] {
  const unchanged: DestinationRow[] = [];
  for (const row of slice.images.pendingOf(image.id)) {
    switch (standingOf(row, root.digest, slice.request)) {
      case "mismatched":
        slice.images.end(row.id, "failed", null, {
          code: "digest-mismatch",
          message: `${row.reference} asks for ${row.asserted}, but what is copied is ${root.digest}`,
          retry: "never",
          side: "source",
          registry: source.registry,
        });
        break;
      case "unchanged":
        unchanged.push(row);
        break;
      case "kept":
        slice.images.end(row.id, "skipped", row.digest);
        break;
      case "to-write":
        break;
    }
  }
  return unchanged;
}

/**
 * How a destination stands to the image with this digest: it asks for another one (`mismatched`), its tag has the digest (`unchanged`), or has another
 * one and is not to be overwritten (`kept`); else it is `to-write`, which is also said of a tag that was not looked at yet.
 */
export function standingOf(
  { asserted, digest }: Pick<DestinationRow, "asserted" | "digest">,
  root: Digest,
  { overwrite }: Pick<CopyRequest, "overwrite">,
): "mismatched" | "unchanged" | "kept" | "to-write" {
  if (asserted !== null && asserted !== root) {
    return "mismatched";
  }
  if (digest === root) {
    return "unchanged";
  }
  return digest !== null && overwrite === "never" ? "kept" : "to-write";
}

async function resolveSource(image: ImageRow, source: Reference, slice: SliceContext): Promise<Descriptor> {
  if (image.digest !== null && image.mediaType !== null) {
    return { digest: image.digest, mediaType: image.mediaType, size: image.size ?? 0 };
  }
  await slice.admit(source.registry, "source");
  // Taken before the question, so that an answer is never older than its time says.
  const resolvedAt = slice.effects.now();
  const root = await untilAborted(slice.cancelled, slice.openSource(source).resolve(source.digest ?? source.tag ?? "latest"));
  slice.images.resolved(image.id, root, resolvedAt);
  return root;
}

/**
 * Whether a destination that has the root is not done with that: an index that is sparse there may lack what is wanted of it now, an image may be there
 * without its foreign layers, and a deep check takes nothing for granted.
 */
export function looksBelowRoot({ leftOut }: Selection, { request }: Pick<SliceContext, "request">): boolean {
  return leftOut.size > 0 || request.foreignLayers === "copy" || request.check === "deep";
}

/**
 * Ends a destination whose tag has the digest, where nothing is attached that may be missing. One that is known to lack some of what its tag stands
 * for, since only some platforms were copied before, is taken for one that has nothing: everything is looked for there.
 */
async function settleUnchanged(row: DestinationRow, digest: Digest, resolvedAt: number, slice: SliceContext): Promise<void> {
  const { dryRun, referrers } = slice.request;
  // A dry run notes nothing, and with referrers it is not over yet: there it is only asked.
  const isSparse = (dryRun || referrers) && (await isSparseAt(targetOf(row, slice), digest, slice));
  if (isSparse || (!referrers && (await keepUnchanged(row, digest, resolvedAt, slice)) === "sparse")) {
    slice.images.checked(row.id, null, row.checkedAt ?? 0);
  }
}

/** Whether the destination's object knows that of what has this digest there only some was copied. */
export function isSparseAt(target: RepositoryReference, digest: Digest, slice: SliceContext): Promise<boolean> {
  return untilAborted(slice.cancelled, slice.destination(target).isSparse(digest));
}

/** What is known of a destination whose tag has the digest already. */
export interface UnchangedContent {
  /** Whether the job has brought something that is below it or attached to it. @default false */
  hasBrought?: boolean;
  /** The job has made sure that all of it is there, or all that is wanted of it. @default not known */
  made?: "whole" | "wanted";
}

/**
 * Ends a destination whose tag has the digest: `unchanged`, or `copied` where something was brought. Its object hears of it, so that an older
 * resolution under way elsewhere does not undo it; its answer is passed on. Unless that is `noted` the destination stays pending, and the tag is written
 * later.
 */
export async function keepUnchanged(
  row: DestinationRow,
  digest: Digest,
  resolvedAt: number,
  slice: SliceContext,
  { hasBrought = false, made }: UnchangedContent = {},
): Promise<NotedTag> {
  const target = targetOf(row, slice);
  if (row.tag === null) {
    if (made === undefined && (await isSparseAt(target, digest, slice))) {
      return "sparse";
    }
    if (made === "whole" && !slice.request.dryRun) {
      await untilAborted(slice.cancelled, slice.destination(target).noteExtent(digest, made));
    }
  } else if (!slice.request.dryRun) {
    const write = { holder: slice.holder, tag: row.tag, digest, resolvedAt, checkedAt: row.checkedAt ?? 0 };
    const noted = await untilAborted(slice.cancelled, slice.destination(target).noteTag(write, made));
    if (noted !== "noted") {
      return noted;
    }
  }
  slice.content.wantManifest(row.target, digest, true);
  slice.images.end(row.id, hasBrought ? "copied" : "unchanged", digest);
  return "noted";
}

function targetOf(row: DestinationRow, slice: SliceContext): TargetRow {
  return slice.images.targets().find(({ id }) => id === row.target) as TargetRow;
}

async function lookAt(row: DestinationRow, reference: string, setbacks: Failure[], slice: SliceContext): Promise<void> {
  const target = targetOf(row, slice);
  const checkedAt = slice.effects.now();
  try {
    await slice.admit(target.registry, "destination");
    const found = await untilAborted(slice.cancelled, slice.openTarget(target).headManifest(reference));
    slice.images.checked(row.id, found?.digest ?? null, checkedAt);
  } catch (error) {
    const failure = failureOf(error);
    slice.cancelled.throwIfAborted();
    if (failure.retry === "never") {
      slice.images.end(row.id, "failed", null, failure);
    } else {
      setbacks.push(failure);
    }
  }
}
