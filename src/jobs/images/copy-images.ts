/** Copies the images of a job, several side by side where there are many. */
import type { Digest } from "../../oci/digest.ts";
import type { Failure } from "../../oci/errors.ts";
import { parseReference } from "../../oci/reference.ts";
import { allEnded } from "../all-ended.ts";
import { MAX_IN_A_ROW } from "../tags/look-at-tags.ts";
import { copyImage } from "./copy-image.ts";
import type { ImageRow } from "./image-rows.ts";
import type { SliceContext } from "./slice-context.ts";

/** Images at once. They share the carriers and the job's own connections, so that more would only hold more in memory. */
const IMAGES_AT_ONCE = 4;

/**
 * Copies the images that `take` gives, until it gives none, the slice's time is up, or the source is left alone. Images of one digest come one after
 * the other, so that what they are made of is brought once. An image that fails does not stop the others.
 *
 * Gives the failures that may pass. Rejects only when cancelled.
 */
export async function copyImages(take: () => ImageRow | undefined, slice: SliceContext): Promise<Failure[]> {
  const source = parseReference(slice.request.source);
  const setbacks: Failure[] = [];
  const inARow = new Map<string, number>();
  const atWork = new Map<Digest, Promise<unknown>>();
  const settle = (image: ImageRow, failure: Failure | undefined) => {
    if (failure === undefined) {
      inARow.clear();
      return;
    }
    setbacks.push(failure);
    slice.listing.trouble([image.id]);
    const { registry, waitMs } = failure;
    if (registry !== undefined) {
      const times = (inARow.get(registry) ?? 0) + 1;
      inARow.set(registry, times);
      if (times >= MAX_IN_A_ROW || waitMs !== undefined) {
        slice.closed.set(registry, failure);
      }
    }
  };
  const work = async () => {
    while (slice.hasTime() && !slice.closed.has(source.registry)) {
      const image = take();
      if (image === undefined) {
        return;
      }
      await afterSameDigest(image, atWork, async () => {
        const outcome = await copyImage(image, slice);
        settle(image, outcome.next === "again" ? outcome.failure : undefined);
      });
    }
  };
  await allEnded(Array.from({ length: IMAGES_AT_ONCE }, work));
  return setbacks;
}

/** Images of one digest are copied one after another: what the first has brought the next finds there. */
async function afterSameDigest({ digest }: ImageRow, atWork: Map<Digest, Promise<unknown>>, work: () => Promise<void>): Promise<void> {
  if (digest === null) {
    return await work();
  }
  const turn = (atWork.get(digest) ?? Promise.resolve()).catch(() => {}).then(work);
  atWork.set(digest, turn);
  try {
    await turn;
  } finally {
    if (atWork.get(digest) === turn) {
      atWork.delete(digest);
    }
  }
}
