/**
 * Has referrers listed under their subject at a registry that does not do so itself: adds them to the index under the fallback tag
 * (distribution-spec, "Pushing Manifests with Subject"; Q129, Q130).
 */
import { MISSING, unlessMissing } from "../../copy/find-referrers.ts";
import { untilAborted } from "../../net/abort.ts";
import type { Digest } from "../../oci/digest.ts";
import { CopyError } from "../../oci/errors.ts";
import { type Listing, mergedListing, readFallbackIndex } from "../../oci/fallback-index.ts";
import { fallbackTag } from "../../oci/referrer-tags.ts";
import type { ManifestContent } from "../../oci/store.ts";
import { whileTagHeld } from "../destinations/write-tag.ts";
import type { TargetRow } from "../images/image-rows.ts";
import type { SliceContext } from "../images/slice-context.ts";

/** Times that an index is read and written anew because somebody else wrote it meanwhile. */
const MAX_TRIES = 5;

/**
 * Adds referrers to the subject's fallback index: read, added to by `add`, written, and looked at again, since there is no way to write only where nobody
 * else has. Whoever else writes through this service waits for the turn that the destination's object gives; who does not may have
 * written in between, and then everything is done again.
 *
 * `add` is given the index, or `undefined` where there is none, and returns what is to stand there. Returns the digest that the tag stands for then, and
 * whether it was written for that.
 *
 * Fails with `destination-refused` where something else than a list of referrers stands under the tag: it is not overwritten; with `digest-mismatch`,
 * and nothing written, where the tag is to stand for `only` and would for another; and with what the registry fails with.
 */
export async function listReferrers(
  subject: Digest,
  add: (existing: ManifestContent | undefined) => ManifestContent,
  target: TargetRow,
  slice: SliceContext,
  only: Digest | null = null,
): Promise<{ digest: Digest; isWritten: boolean }> {
  const tag = fallbackTag(subject);
  const repository = slice.openTarget(target);
  let isWritten = false;
  const listed = await whileTagHeld({ tag, holder: slice.holder, digest: subject }, slice.destination(target), slice, async () => {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const existing = await existingList(subject, target, slice);
      const merged = add(existing);
      const { digest } = merged.descriptor;
      assertAsked(digest, only, tag, target);
      if (digest === existing?.descriptor.digest) {
        return digest;
      }
      isWritten = true;
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
  return { digest: listed, isWritten };
}

/** What a listing that is copied would come to at the target, and whether that stands there already; fails as {@link listReferrers} does. Writes nothing. */
export async function foreseeListing(
  listing: Listing,
  target: TargetRow,
  slice: SliceContext,
  only: Digest | null,
): Promise<{ digest: Digest; isThere: boolean }> {
  const existing = await existingList(listing.subject, target, slice);
  const { digest } = mergedListing(existing, listing).descriptor;
  assertAsked(digest, only, fallbackTag(listing.subject), target);
  return { digest, isThere: digest === existing?.descriptor.digest };
}

/** The subject's fallback index at the target; `undefined` where there is none. */
async function existingList(subject: Digest, target: TargetRow, slice: SliceContext): Promise<ManifestContent | undefined> {
  const tag = fallbackTag(subject);
  // A list that may not be read is not one that isn't there: it would be overwritten.
  const reading = () => unlessMissing(untilAborted(slice.cancelled, slice.openTarget(target).fetchManifest(tag)), MISSING);
  const existing = await slice.manifestGate.run(reading);
  // Some registries give the subject itself under a tag of this form that was never put; a tag that was loses nothing by it.
  if (existing === undefined || existing.descriptor.digest === subject) {
    return undefined;
  }
  if (readFallbackIndex(existing, subject, "destination") === undefined) {
    throw notAList(tag, existing.descriptor.mediaType, target);
  }
  return existing;
}

function assertAsked(digest: Digest, only: Digest | null, tag: string, { registry, repository }: TargetRow): void {
  if (only !== null && digest !== only) {
    throw new CopyError({
      code: "digest-mismatch",
      message: `${repository}:${tag} lists referrers that ${only} does not, and would not stand for that; it was left as it is`,
      retry: "never",
      side: "destination",
      registry,
    });
  }
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
