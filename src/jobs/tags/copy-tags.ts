/** A job over many tags, for one slice: the list, then what of it has changed, then that image by image. */
import type { Failure } from "../../oci/errors.ts";
import { confirmGone } from "../confirm-gone.ts";
import { copyImages } from "../images/copy-images.ts";
import type { ImageRow } from "../images/image-rows.ts";
import type { ImageStep } from "../images/image-step.ts";
import { listTags } from "./list-tags.ts";
import { surveyTags } from "./survey-tags.ts";

/** Images read from the rows at once. */
const ROWS_AT_ONCE = 64;

/** Brings the job as far as the slice's time allows, and gives the failures that may pass. Fails with what the list fails with, and when cancelled. */
export async function copyTags(step: ImageStep): Promise<Failure[]> {
  if ((await listTags(step)) === "stopped") {
    return [];
  }
  const setbacks = await surveyTags(step);
  reopenDoubtful(step);
  await confirmGone(step);
  return [...setbacks, ...(await copyImages(changedImages(step), step))];
}

/** Registries that have failed for many tags in a row may have what was seen before all the same; those that have asked for patience get it. */
function reopenDoubtful({ closed }: ImageStep): void {
  for (const [registry, { waitMs }] of closed) {
    if (waitMs === undefined) {
      closed.delete(registry);
    }
  }
}

/** The images that have something to be copied, those last that have made trouble; a few in memory at a time. */
function changedImages(step: ImageStep): () => ImageRow | undefined {
  let rows: ImageRow[] = [];
  let after = 0;
  let isLast = false;
  return () => {
    if (rows.length === 0 && !isLast) {
      rows = step.listing.changedImages(after, ROWS_AT_ONCE);
      after = rows.at(-1)?.id ?? after;
      if (rows.length === 0) {
        isLast = true;
        rows = step.listing.troubledImages(ROWS_AT_ONCE);
      }
    }
    return rows.shift();
  };
}
