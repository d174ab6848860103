/** A job over many tags, for one slice: the list, then what of it has changed, then that image by image. */
import type { Failure } from "../../oci/errors.ts";
import { copyImages } from "../images/copy-images.ts";
import type { ImageRow } from "../images/image-rows.ts";
import type { SliceContext } from "../images/slice-context.ts";
import { confirmGone } from "./confirm-gone.ts";
import { listTags } from "./list-tags.ts";
import { surveyTags } from "./survey-tags.ts";

/** Images read from the rows at once. */
const ROWS_AT_ONCE = 64;

/** Brings the job as far as the slice's time allows, and gives the failures that may pass. Fails with what the list fails with, and when cancelled. */
export async function copyTags(slice: SliceContext): Promise<Failure[]> {
  if ((await listTags(slice)) === "stopped") {
    return [];
  }
  const setbacks = await surveyTags(slice);
  reopenDoubtful(slice);
  await confirmGone(slice);
  return [...setbacks, ...(await copyImages(changedImages(slice), slice))];
}

/** Registries that have failed for many tags in a row may have what was seen before all the same; those that have asked for patience get it. */
function reopenDoubtful({ closed }: SliceContext): void {
  for (const [registry, { waitMs }] of closed) {
    if (waitMs === undefined) {
      closed.delete(registry);
    }
  }
}

/** The images that have something to be copied, those last that have made trouble; a few in memory at a time. */
function changedImages(slice: SliceContext): () => ImageRow | undefined {
  let rows: ImageRow[] = [];
  let after = 0;
  let isLast = false;
  return () => {
    if (rows.length === 0 && !isLast) {
      rows = slice.listing.changedImages(after, ROWS_AT_ONCE);
      after = rows.at(-1)?.id ?? after;
      if (rows.length === 0) {
        isLast = true;
        rows = slice.listing.troubledImages(ROWS_AT_ONCE);
      }
    }
    return rows.shift();
  };
}
