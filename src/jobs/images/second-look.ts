/** What to do where a destination refuses a manifest because it lacks something that it had or was sent: look again, and bring that. */
import { untilAborted } from "../../net/abort.ts";
import type { Digest } from "../../oci/digest.ts";
import { type Failure, failureOf } from "../../oci/errors.ts";
import type { ImageContent } from "./image-content.ts";
import type { TargetRow } from "./image-rows.ts";
import type { SliceContext } from "./slice-context.ts";

/** Looks at one destination in one slice. A registry that denies after each what it has just confirmed is believed. */
const MAX_LOOKS = 3;

/** How registries name what a manifest lacks (distribution-spec, "Error Codes"); the first for children of an index as well (Q122). */
const MISSING: readonly (string | undefined)[] = ["MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"];

/** What is looked at again. */
export interface Doubted {
  /** Of the image. */
  root: Digest;
  /** What belongs to the image, as it was last delivered. */
  content(): ImageContent | undefined;
  /** Whether the failure would be the same after another look. */
  isHopeless(failure: Failure): boolean;
}

/**
 * Runs `deliver`, and again after everything that is believed to be at the target was forgotten, where a manifest was refused for what it
 * names. `look` is 1 at first. Not where `isHopeless` says that another look shows the same. Fails with what `deliver` fails with.
 */
export async function withSecondLook<T>(
  target: TargetRow,
  slice: SliceContext,
  { root, content, isHopeless }: Doubted,
  deliver: (look: number) => Promise<T>,
): Promise<T> {
  for (let look = 1; ; look++) {
    try {
      return await deliver(look);
    } catch (error) {
      const failure = failureOf(error);
      const { side, upstream } = failure;
      if (side !== "destination" || !MISSING.includes(upstream?.code) || look === MAX_LOOKS || isHopeless(failure)) {
        throw error;
      }
    }
    slice.content.doubt(target.id, root, content()?.manifests);
    slice.referrers.doubt(target.id, root);
    const doubted = slice.blobs.doubt(target.id, content()?.blobs);
    await untilAborted(slice.cancelled, slice.destination(target).release(slice.holder, doubted, false));
  }
}
