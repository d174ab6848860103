/** Asks a destination which of an image's referrers it has, with one question for each subject and one for each of cosign's tags. */
import { type FoundReferrer, UNSEEN, unlessMissing } from "../../copy/find-referrers.ts";
import { Once } from "../../copy/once.ts";
import { untilAborted } from "../../net/abort.ts";
import { mapLimited } from "../../net/map-limited.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ContentDirectory } from "../../oci/directory.ts";
import { readFallbackIndex } from "../../oci/fallback-index.ts";
import { fallbackTag } from "../../oci/referrer-tags.ts";
import type { ManifestSource } from "../../oci/store.ts";
import type { TargetRow } from "../images/image-rows.ts";
import { manifestWidth, type SliceContext } from "../images/slice-context.ts";

/** Which of these the target has. What was asked before is not asked again. */
export type Presence = (found: readonly FoundReferrer[]) => Promise<Set<FoundReferrer>>;

/**
 * Tells which referrers the target has: those that it lists under their subject, and cosign's tags that stand for the same manifest or are to stay.
 *
 * The list is asked for where `isKnown`: where the target has the image, or another under its tag. Elsewhere there is next to never one, and it is
 * looked at anyway before something is added. A tag always is: one that may not change may not be put either. Fails with the target's failures.
 */
export function presenceAt(target: TargetRow, isKnown: boolean, slice: SliceContext): Presence {
  const repository = slice.openTarget(target);
  // One for all questions, which at a host that nobody knows begin with a single one.
  const directory = slice.openDirectory("destination", target);
  const tags = new Once<string, boolean>();
  const lists = new Once<Digest, Set<Digest>>();
  const ask = <T>(question: () => Promise<T>) => slice.manifestGate.run(() => untilAborted(slice.cancelled, question()));
  const hasTag = async (referrer: FoundReferrer, tag: string) => {
    const checkedAt = slice.effects.now();
    const there = await ask(() => repository.headManifest(tag));
    return there !== undefined && (await stays(referrer, there.digest, checkedAt, target, slice));
  };
  const listOf = (subject: Digest) => lists.get(subject, () => ask(() => listedAt(subject, directory, repository)));
  return async (found) => {
    const present = new Set<FoundReferrer>();
    await mapLimited(found, manifestWidth(slice), async (referrer) => {
      const { tag } = referrer;
      if (tag !== undefined && (await tags.get(tag, () => hasTag(referrer, tag)))) {
        present.add(referrer);
      }
    });
    const levels = Map.groupBy(isKnown ? found.filter(({ tag }) => tag === undefined) : [], ({ depth }) => depth);
    // What is attached to something that is missing is missing too: nearest first.
    for (const level of levels.values()) {
      const missing = new Set(found.filter((referrer) => !present.has(referrer)).map(({ root }) => root.digest));
      const bySubject = Map.groupBy(level, ({ subject }) => subject);
      const subjects = [...bySubject.keys()].filter((subject) => level[0]?.depth === 1 || !missing.has(subject));
      await mapLimited(subjects, manifestWidth(slice), async (subject) => {
        const there = await listOf(subject);
        for (const referrer of bySubject.get(subject) ?? []) {
          if (there.has(referrer.root.digest)) {
            present.add(referrer);
          }
        }
      });
    }
    return present;
  };
}

/** Whether a cosign tag that is there needs no write. The destination's object hears of one that is as it should be, so that no older write undoes it. */
async function stays(
  { root: { digest }, tag = "", askedAt }: FoundReferrer,
  there: Digest,
  checkedAt: number,
  target: TargetRow,
  slice: SliceContext,
): Promise<boolean> {
  if (there !== digest) {
    return slice.request.overwrite === "never";
  }
  const write = { holder: slice.holder, tag, digest, resolvedAt: askedAt, checkedAt };
  return slice.request.dryRun || (await untilAborted(slice.cancelled, slice.destination(target).noteTag(write))) === "noted";
}

/** What a destination lists under a subject, by its API or its fallback tag. */
async function listedAt(subject: Digest, directory: ContentDirectory, repository: ManifestSource): Promise<Set<Digest>> {
  const listed = await directory.referrers(subject);
  if (listed !== undefined) {
    return new Set(listed.map(({ digest }) => digest));
  }
  const index = await unlessMissing(repository.fetchManifest(fallbackTag(subject)), UNSEEN);
  return new Set((index === undefined ? [] : (readFallbackIndex(index, subject, "destination") ?? [])).map(({ digest }) => digest));
}
