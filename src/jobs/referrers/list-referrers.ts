/**
 * Has referrers listed under their subject at a registry that does not do so itself: adds them to the index under the fallback tag
 * (distribution-spec, "Pushing Manifests with Subject"; Q129, Q130).
 */
import { MISSING, unlessMissing } from "../../copy/find-referrers.ts";
import { untilAborted } from "../../net/abort.ts";
import type { Digest } from "../../oci/digest.ts";
import { CopyError } from "../../oci/errors.ts";
import { type ReferrerDescriptor, readFallbackIndex, withReferrers } from "../../oci/fallback-index.ts";
import { fallbackTag } from "../../oci/referrer-tags.ts";
import type { ManifestContent } from "../../oci/store.ts";
import { whileTagHeld } from "../destinations/write-tag.ts";
import type { TargetRow } from "../images/image-rows.ts";
import type { SliceContext } from "../images/slice-context.ts";

/** Times that an index is read and written anew because somebody else wrote it meanwhile. */
const MAX_TRIES = 5;

/**
 * Adds referrers to the subject's fallback index: read, added to, written, and looked at again, since there is no way to write only where nobody
 * else has. Whoever else writes through this service waits for the turn that the destination's object gives; who does not may have
 * written in between, and then everything is done again.
 *
 * Where there is none yet, `fresh` is put, or a new index. Returns the digest that the tag stands for then.
 *
 * Fails with `destination-refused` where something else than a list of referrers stands under the tag: it is not overwritten. Fails
 * with what the registry fails with.
 */
export async function listReferrers(
  subject: Digest,
  added: readonly ReferrerDescriptor[],
  target: TargetRow,
  slice: SliceContext,
  fresh?: ManifestContent,
): Promise<Digest> {
  const tag = fallbackTag(subject);
  const repository = slice.openTarget(target);
  return await whileTagHeld({ tag, holder: slice.holder, digest: subject }, slice.destination(target), slice, async () => {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      // A list that may not be read is not one that isn't there: it would be overwritten.
      const reading = () => unlessMissing(untilAborted(slice.cancelled, repository.fetchManifest(tag)), MISSING);
      const existing = await slice.manifestGate.run(reading);
      // Some registries give the subject itself under a tag of this form that was never put; a tag that was loses nothing by it.
      const isThere = existing !== undefined && existing.descriptor.digest !== subject;
      if (isThere && readFallbackIndex(existing, subject, "destination") === undefined) {
        throw notAList(tag, existing.descriptor.mediaType, target);
      }
      const merged = isThere || fresh === undefined ? withReferrers(isThere ? existing : undefined, added) : fresh;
      const { digest } = merged.descriptor;
      if (merged === existing) {
        return digest;
      }
      await slice.manifestGate.run(() => repository.putManifest(merged, tag));
      if ((await slice.manifestGate.run(() => repository.headManifest(tag)))?.digest === digest) {
        return digest;
      }
    }
    throw new CopyError({
      code: "registry-unavailable",
      message: `Somebody keeps writing ${tag} in ${target.repository} at the same time; its list of referrers could not be completed`,
      retry: "later",
      side: "destination",
      registry: target.registry,
    });
  });
}

function notAList(tag: string, mediaType: string, { registry, repository }: TargetRow): CopyError {
  return new CopyError({
    code: "destination-refused",
    message: `${repository}:${tag} should list referrers, but is something else (${mediaType}); it was not overwritten`,
    retry: "never",
    side: "destination",
    registry,
  });
}
