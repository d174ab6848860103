/** Puts what is attached to an image where it is found there: listed under its subject, and under cosign's tags. */
import { untilAborted } from "../../net/abort.ts";
import { mapLimited } from "../../net/map-limited.ts";
import type { Digest } from "../../oci/digest.ts";
import { referrerDescriptor, withReferrers } from "../../oci/fallback-index.ts";
import type { ManifestContent } from "../../oci/store.ts";
import { writeTag } from "../destinations/write-tag.ts";
import type { TargetRow } from "../images/image-rows.ts";
import { manifestWidth, type SliceContext } from "../images/slice-context.ts";
import { listReferrers } from "./list-referrers.ts";
import { asReferrer } from "./referrer-failure.ts";
import type { ReferrerRow } from "./referrer-rows.ts";

/** What a target is given: a manifest that is stored with the job, and a way to put it. */
export interface Delivery {
  /** Fails with `internal` where the job no longer has it. */
  stored(digest: Digest): ManifestContent;
  /** Puts a manifest under a tag or its digest. */
  put(digest: Digest, reference: string): Promise<void>;
}

/**
 * Manifests that are not put by their digest since a tag follows: the image's own, or where something is to be attached, those that only cosign's tags
 * name. The image's then comes before all that, without its tag: some registries want to have what a signature is about (Harbor
 * keeps signatures as accessories of it), and its tag is to be seen only once the signatures are there.
 */
export function putLater(target: number, root: Digest, slice: SliceContext): Set<Digest> {
  const pending = slice.referrers.pending(target, root);
  const byDigest = new Set(pending.filter(({ tag }) => tag === null).map(({ digest }) => digest));
  const tagged = pending.filter(({ tag, digest }) => tag !== null && !byDigest.has(digest)).map(({ digest }) => digest);
  return new Set(pending.length > 0 ? tagged : [root]);
}

/**
 * Finishes the referrers of the image under `root`, whose manifests are all at the target: those that it did not confirm to list are listed by
 * the fallback index of their subject, then cosign's tags are written. Before the image's own tags, so that nobody sees
 * one without its signatures.
 */
export async function deliverReferrers(target: TargetRow, root: Digest, slice: SliceContext, { stored, put }: Delivery): Promise<void> {
  const pending = slice.referrers.pending(target.id, root);
  const unlisted = Map.groupBy(
    pending.filter(({ tag }) => tag === null),
    ({ subject }) => subject,
  );
  const width = manifestWidth(slice);
  await settleAll([...unlisted], width, async ([subject, rows]) => {
    const listed = await listedByApi(target, subject, slice);
    const added = rows.filter(({ digest }) => !listed.has(digest)).map(({ digest }) => referrerDescriptor(stored(digest)));
    if (added.length > 0) {
      await listReferrers(subject, (existing) => withReferrers(existing, added), target, slice);
    }
    for (const { digest } of rows) {
      slice.referrers.listed(target.id, digest, subject);
    }
    slice.forward();
  });
  await settleAll(pending, width, async (row) => {
    if (row.tag !== null) {
      await writeCosignTag(row, row.tag, target, slice, put);
    }
  });
}

/** Does all of it side by side, and fails with the first failure once none is at work any more: no tag is written after a job has ended. */
async function settleAll<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  await mapLimited(items, width, (item) => work(item).catch((error: unknown) => void failures.push(error)));
  if (failures.length > 0) {
    throw failures[0];
  }
}

/** What the registry lists without having confirmed it: some have the API and not the header. One that is known to have no API is not asked. */
async function listedByApi(target: TargetRow, subject: Digest, slice: SliceContext): Promise<Set<Digest>> {
  const directory = slice.openDirectory("destination", target);
  const listed = await slice.manifestGate.run(() => untilAborted(slice.cancelled, directory.referrers(subject)));
  return new Set(listed?.map(({ digest }) => digest));
}

/** In the order that all tags are written in: never what the source had earlier over what it had later. */
async function writeCosignTag(row: ReferrerRow, tag: string, target: TargetRow, slice: SliceContext, put: Delivery["put"]): Promise<void> {
  const { digest, askedAt, checkedAt } = row;
  const repository = slice.openTarget(target);
  await writeTag({ holder: slice.holder, tag, digest, resolvedAt: askedAt, checkedAt }, slice.destination(target), slice, {
    put: () =>
      put(digest, tag).catch((error: unknown) => {
        throw asReferrer(error, row);
      }),
    look: async () => (await slice.manifestGate.run(() => repository.headManifest(tag)))?.digest,
    keeps: slice.request.overwrite === "never",
  });
  slice.referrers.tagged(target.id, tag);
  slice.content.manifestDone(target.id, digest);
  slice.forward();
}
