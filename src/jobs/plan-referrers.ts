/** What is attached to an image: found at the source once, and noted for every destination repository that lacks it. */
import { untilAborted } from "../copy/carry.ts";
import { DigestTags } from "../copy/digest-tags.ts";
import { type FoundReferrer, findReferrers, manifestsOf, type ReferrerSource, unlessMissing } from "../copy/find-referrers.ts";
import type { Selection } from "../copy/select-platforms.ts";
import { MAX_INDEX_DEPTH, mapLimited, type WalkedManifest, walkTree } from "../copy/walk.ts";
import type { Digest } from "../oci/digest.ts";
import { CopyError } from "../oci/errors.ts";
import { readFallbackIndex } from "../oci/fallback-index.ts";
import type { Reference } from "../oci/reference.ts";
import { fallbackTag } from "../oci/referrer-tags.ts";
import type { RepositoryName } from "./carry-task.ts";
import type { DestinationRow, TargetRow } from "./image-rows.ts";
import { type ImageStep, isSameRepository, manifestWidth } from "./image-step.ts";
import type { ReadManifest } from "./read-manifest.ts";

/** Ranks of one tree are 0 to this less one. Those of a referrer follow those of what it is attached to, so that the subject is put first. */
const RANKS_OF_TREE = MAX_INDEX_DEPTH + 1;

/** Notes what one target needs of the image's referrers, once. Fails with the target's failures. */
export type PlanReferrers = (target: TargetRow, pending: readonly DestinationRow[]) => Promise<void>;

/**
 * Finds what is attached to the manifests that are copied, where that was asked for: the root and all below it. Only indexes are read for that.
 *
 * A target that has the image, or another under the same tag, is asked for what it lists under each subject that something is attached to;
 * what it lists is not read at the source. One that has nothing there is asked nothing but for cosign's tags, each with a `HEAD`: those may
 * not be put where they may not change. In the source's own repository everything is there. Fails with the source's failures.
 */
export async function planReferrers(
  source: Reference,
  { root, leftOut, made }: Selection,
  targets: readonly TargetRow[],
  read: ReadManifest,
  step: ImageStep,
): Promise<PlanReferrers> {
  const isPlanned = (target: TargetRow) => step.referrers.isPlanned(target.id, root.digest) || isSameRepository(target, source);
  if (!step.request.referrers || targets.every(isPlanned)) {
    return async () => {};
  }
  // Nothing can be attached at the source to what was made here.
  const own = new Set(made.map(({ descriptor }) => descriptor.digest));
  const subjects = (await manifestsOf(root, read, leftOut)).filter((digest) => !own.has(digest));
  const found = await findReferrers(subjects, sourceOf(source, read, step));
  const trees = new Map<Digest, Promise<WalkedManifest[]>>();
  const treeOf = (referrer: FoundReferrer) => {
    const tree =
      trees.get(referrer.root.digest) ??
      walkTree(referrer.root, read).catch((error: unknown) => Promise.reject(asReferrer(error, referrer)));
    trees.set(referrer.root.digest, tree);
    return tree;
  };
  return async (target, pending) => {
    if (isPlanned(target)) {
      return;
    }
    const isKnown = pending.some(({ digest }) => digest !== null) && step.request.check !== "deep";
    const checkedAt = step.effects.now();
    const present = await presentAt(target, found, isKnown, step);
    const missing = await mapLimited(
      found.filter((referrer) => !present.has(referrer)),
      2,
      async (referrer) => ({ tree: await treeOf(referrer), depth: referrer.depth }),
    );
    // From here on without a pause: a target is planned as a whole or not at all.
    for (const { tree, depth } of missing) {
      for (const { content, rank, blobs } of tree) {
        step.content.addManifest(content, depth * RANKS_OF_TREE + rank);
        step.content.wantManifest(target.id, content.descriptor.digest);
        for (const blob of blobs) {
          step.blobs.want(target.id, blob);
        }
      }
    }
    for (const referrer of found) {
      step.referrers.add(target.id, root.digest, referrer, checkedAt, present.has(referrer));
    }
    step.referrers.planned(target.id, root.digest);
    step.forward();
  };
}

function sourceOf(name: RepositoryName, read: ReadManifest, step: ImageStep): ReferrerSource {
  const directory = step.openDirectory("source", name);
  const repository = step.openSource(name);
  const key = `${name.registry}/${name.repository}`;
  const tags = step.digestTags.get(key) ?? new DigestTags((next) => untilAborted(step.cancelled, directory.tagPage(next)));
  step.digestTags.set(key, tags);
  return {
    tags,
    directory: { referrers: (subject) => untilAborted(step.cancelled, directory.referrers(subject)) },
    fetch: read,
    content: {
      fetchManifest: (reference) => untilAborted(step.cancelled, repository.fetchManifest(reference)),
      resolve: (reference) => untilAborted(step.cancelled, repository.resolve(reference)),
    },
    now: step.effects.now,
  };
}

/** Which of the referrers the target has: those that it lists under their subject, and tags that stand for the same manifest or are to stay. */
async function presentAt(
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
export async function listedAt(target: TargetRow, subject: Digest, step: ImageStep): Promise<Set<Digest>> {
  const listed = await step.openDirectory("destination", target).referrers(subject);
  if (listed !== undefined) {
    return new Set(listed.map(({ digest }) => digest));
  }
  const index = await unlessMissing(step.openTarget(target).fetchManifest(fallbackTag(subject)));
  return new Set((index === undefined ? [] : (readFallbackIndex(index, subject) ?? [])).map(({ digest }) => digest));
}

/** Says of a failure that it came with something that is attached to the image. */
function asReferrer(error: unknown, { subject, tag }: FoundReferrer): unknown {
  if (!(error instanceof CopyError) || error.failure.code === "cancelled") {
    return error;
  }
  const what = tag === undefined ? `A referrer of ${subject}` : `What ${tag} stands for`;
  return new CopyError({ ...error.failure, message: `${what} can't be copied: ${error.failure.message}` }, error);
}
