/** Asks a destination which of an image's referrers it has, with one question for each subject and one for each of cosign's tags. */
import { untilAborted } from "../../copy/carry.ts";
import { type FoundReferrer, UNSEEN, unlessMissing } from "../../copy/find-referrers.ts";
import { mapLimited } from "../../copy/walk.ts";
import type { Digest } from "../../oci/digest.ts";
import { readFallbackIndex } from "../../oci/fallback-index.ts";
import { fallbackTag } from "../../oci/referrer-tags.ts";
import type { TargetRow } from "../images/image-rows.ts";
import { type ImageStep, manifestWidth } from "../images/image-step.ts";

/**
 * Which of the referrers the target has: those that it lists under their subject, and cosign's tags that stand for the same manifest or are to stay.
 *
 * The list is asked for where `isKnown`: where the target has the image, or another under its tag. Elsewhere there is next to never one, and it is
 * looked at anyway before something is added. A tag always is: one that may not change may not be put either. Fails with the target's failures.
 */
export async function presentReferrers(
  target: TargetRow,
  found: readonly FoundReferrer[],
  isKnown: boolean,
  step: ImageStep,
): Promise<Set<FoundReferrer>> {
  const repository = step.openTarget(target);
  const present = new Set<FoundReferrer>();
  const ask = <T>(question: () => Promise<T>) => step.manifestGate.run(() => untilAborted(step.cancelled, question()));
  await mapLimited(
    found.filter(({ tag }) => tag !== undefined),
    manifestWidth(step),
    async (referrer) => {
      const checkedAt = step.effects.now();
      const there = await ask(() => repository.headManifest(referrer.tag as string));
      if (there !== undefined && (await stays(referrer, there.digest, checkedAt, target, step))) {
        present.add(referrer);
      }
    },
  );
  const lists = Map.groupBy(isKnown ? found.filter(({ tag }) => tag === undefined) : [], ({ depth }) => depth);
  // What is attached to something that is missing is missing too: nearest first.
  for (const level of lists.values()) {
    const missing = new Set(found.filter((referrer) => !present.has(referrer)).map(({ root }) => root.digest));
    const bySubject = Map.groupBy(level, ({ subject }) => subject);
    const subjects = [...bySubject.keys()].filter((subject) => level[0]?.depth === 1 || !missing.has(subject));
    await mapLimited(subjects, manifestWidth(step), async (subject) => {
      const there = await ask(() => listedAt(target, subject, step));
      for (const referrer of bySubject.get(subject) ?? []) {
        if (there.has(referrer.root.digest)) {
          present.add(referrer);
        }
      }
    });
  }
  return present;
}

/** Whether a cosign tag that is there needs no write. The destination's object hears of one that is as it should be, so that no older write undoes it. */
async function stays(
  { root: { digest }, tag = "", askedAt }: FoundReferrer,
  there: Digest,
  checkedAt: number,
  target: TargetRow,
  step: ImageStep,
): Promise<boolean> {
  if (there !== digest) {
    return step.request.overwrite === "never";
  }
  const write = { holder: step.holder, tag, digest, resolvedAt: askedAt, checkedAt };
  return step.request.dryRun || (await untilAborted(step.cancelled, step.destination(target).noteTag(write)));
}

/** What a destination lists under a subject, by its API or its fallback tag. */
async function listedAt(target: TargetRow, subject: Digest, step: ImageStep): Promise<Set<Digest>> {
  const listed = await step.openDirectory("destination", target).referrers(subject);
  if (listed !== undefined) {
    return new Set(listed.map(({ digest }) => digest));
  }
  const index = await unlessMissing(step.openTarget(target).fetchManifest(fallbackTag(subject)), UNSEEN);
  return new Set((index === undefined ? [] : (readFallbackIndex(index, subject, "destination") ?? [])).map(({ digest }) => digest));
}
