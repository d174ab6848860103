/** What is attached to an image: found at the source once, and noted for every destination repository that lacks it. */
import { DigestTags } from "../../copy/digest-tags.ts";
import { type FoundReferrer, manifestsOf, ReferrerSearch, type ReferrerSource } from "../../copy/find-referrers.ts";
import type { Selection } from "../../copy/select-platforms.ts";
import { MAX_INDEX_DEPTH, type WalkedManifest, walkTree } from "../../copy/walk.ts";
import { untilAborted } from "../../net/abort.ts";
import { mapLimited } from "../../net/map-limited.ts";
import type { Digest } from "../../oci/digest.ts";
import { isSameRepository, type Reference, type RepositoryReference } from "../../oci/reference.ts";
import type { DestinationRow, TargetRow } from "../images/image-rows.ts";
import { foreignOption } from "../images/plan-image.ts";
import type { ReadManifest } from "../images/read-manifest.ts";
import { MANIFEST_WIDTH, type SliceContext } from "../images/slice-context.ts";
import { forgetBlobs, presentManifests } from "../images/target-content.ts";
import { type Presence, presenceAt } from "./present-referrers.ts";
import { asReferrer } from "./referrer-failure.ts";

/** Ranks of one tree are 0 to this less one. Those of a referrer follow those of what it is attached to, so that the subject is put first. */
const RANKS_OF_TREE = MAX_INDEX_DEPTH + 1;

/** Trees of referrers read at once. Nearly all are a single manifest, so that it comes to as many requests. */
const TREES_AT_ONCE = MANIFEST_WIDTH;

/** Notes what one target needs of the image's referrers, once, and gives the manifests concerned. Fails with the target's failures. */
export type PlanReferrers = (target: TargetRow, pending: readonly DestinationRow[]) => Promise<readonly WalkedManifest[]>;

/**
 * Finds what is attached to the manifests that are copied, where that was asked for: the root and all below it. Only indexes are read for that.
 *
 * What a target has already is not read at the source, unless the check is deep, and a target that has all of a quick look is not looked at any more
 * thoroughly. In the source's own repository everything is there. Fails with the source's failures.
 */
export async function planReferrers(
  source: Reference,
  { root, leftOut, made }: Selection,
  targets: readonly TargetRow[],
  read: ReadManifest,
  slice: SliceContext,
): Promise<PlanReferrers> {
  const isPlanned = (target: TargetRow) => slice.referrers.isPlanned(target.id, root.digest) || isSameRepository(target, source);
  if (!slice.request.referrers) {
    return async () => [];
  }
  const plannedBefore = (target: TargetRow) => storedTrees(slice.referrers.digests(target.id, root.digest), read, slice);
  if (targets.every(isPlanned)) {
    return plannedBefore;
  }
  // Nothing can be attached at the source to what was made here.
  const own = new Set(made.map(({ descriptor }) => descriptor.digest));
  const subjects = (await manifestsOf(root, read, leftOut)).filter((digest) => !own.has(digest));
  const search = new ReferrerSearch(subjects, sourceOf(source, read, slice));
  // What the source fails with concerns every target: before any is asked.
  await search.quick();
  const attached = { root: root.digest, search, treeOf: treesOnce(read, slice) };
  return async (target, pending) => (isPlanned(target) ? await plannedBefore(target) : await planAt(target, pending, attached, slice));
}

/** What is attached to one image, as far as it was looked for. */
interface Attached {
  /** Digest of the image. */
  root: Digest;
  search: ReferrerSearch;
  /** Reads the manifests of a referrer. Fails with the source's failures. */
  treeOf(referrer: FoundReferrer): Promise<WalkedManifest[]>;
}

/** Reads the tree of each referrer once, whichever targets lack it. */
function treesOnce(read: ReadManifest, slice: SliceContext): Attached["treeOf"] {
  const trees = new Map<Digest, Promise<WalkedManifest[]>>();
  return (referrer) => {
    const tree =
      trees.get(referrer.root.digest) ??
      walkTree(referrer.root, read, foreignOption(slice.request)).catch((error: unknown) => Promise.reject(asReferrer(error, referrer)));
    trees.set(referrer.root.digest, tree);
    return tree;
  };
}

/** Asks what the target has of all that is attached, reads what it lacks, and notes that; returns the manifests that were read for it. */
async function planAt(
  target: TargetRow,
  pending: readonly DestinationRow[],
  attached: Attached,
  slice: SliceContext,
): Promise<readonly WalkedManifest[]> {
  const isDeep = slice.request.check === "deep";
  const isKnown = pending.some(({ digest }) => digest !== null);
  const checkedAt = slice.effects.now();
  const { found, present } = await lookFor(attached.search, presenceAt(target, isKnown, slice), isDeep);
  const needed = await mapLimited(
    found.filter((referrer) => isDeep || !present.has(referrer)),
    TREES_AT_ONCE,
    async (referrer) => ({ referrer, tree: await attached.treeOf(referrer) }),
  );
  const manifests = needed.flatMap(({ tree }) => tree);
  const digests = [...new Set(manifests.map(({ content }) => content.descriptor.digest))];
  const there = isDeep && isKnown ? await presentManifests(digests, target, slice) : new Set<Digest>();
  if (isDeep) {
    await forgetBlobs(manifests, target, slice);
  }
  // From here on without a pause: a target is planned as a whole or not at all.
  for (const { referrer, tree } of needed) {
    noteTree(target, referrer, tree, there, slice);
  }
  const complete = isDeep ? wholeOnes(needed, present, there) : present;
  for (const referrer of found) {
    slice.referrers.add(target.id, attached.root, referrer, checkedAt, complete.has(referrer));
  }
  slice.referrers.planned(target.id, attached.root);
  slice.forward();
  return manifests;
}

/** Notes the manifests and blobs of a referrer as needed at the target; `there` are those that it was seen to have. */
function noteTree(
  target: TargetRow,
  { depth }: FoundReferrer,
  tree: readonly WalkedManifest[],
  there: ReadonlySet<Digest>,
  slice: SliceContext,
): void {
  for (const { content, rank, blobs } of tree) {
    const { digest } = content.descriptor;
    slice.content.addManifest(content, depth * RANKS_OF_TREE + rank);
    slice.content.wantManifest(target.id, digest, there.has(digest));
    for (const blob of blobs) {
      slice.blobs.want(target.id, blob);
    }
  }
}

/** Of the referrers that the target lists those of which it has every manifest, as a deep look at them has shown. */
export function wholeOnes<R>(
  looked: readonly { referrer: R; tree: readonly Pick<WalkedManifest, "content">[] }[],
  listed: ReadonlySet<R>,
  there: ReadonlySet<Digest>,
): Set<R> {
  const whole = new Set(listed);
  for (const { referrer, tree } of looked) {
    if (tree.some(({ content }) => !there.has(content.descriptor.digest))) {
      whole.delete(referrer);
    }
  }
  return whole;
}

/** What is attached at the source, and what of it the target has. */
async function lookFor(
  search: ReferrerSearch,
  presence: Presence,
  isDeep: boolean,
): Promise<{ found: readonly FoundReferrer[]; present: Set<FoundReferrer> }> {
  const quick = await search.quick();
  const there = await presence(quick);
  if (!isDeep && there.size === quick.length) {
    return { found: quick, present: there };
  }
  const found = await search.thorough();
  return { found, present: await presence(found) };
}

/** The trees that an earlier slice has read, from the job's rows; what the target had already was not read. */
async function storedTrees(roots: readonly Digest[], read: ReadManifest, slice: SliceContext): Promise<WalkedManifest[]> {
  const stored = roots.flatMap((digest) => slice.content.manifest(digest)?.descriptor ?? []);
  return (await mapLimited(stored, TREES_AT_ONCE, (root) => walkTree(root, read, foreignOption(slice.request)))).flat();
}

function sourceOf(name: RepositoryReference, read: ReadManifest, slice: SliceContext): ReferrerSource {
  const directory = slice.openDirectory("source", name);
  const repository = slice.openSource(name);
  const key = `${name.registry}/${name.repository}`;
  const tags = slice.digestTags.get(key) ?? new DigestTags((next) => untilAborted(slice.cancelled, directory.tagPage(next)));
  slice.digestTags.set(key, tags);
  return {
    tags,
    directory: { referrers: (subject) => untilAborted(slice.cancelled, directory.referrers(subject)) },
    fetch: read,
    content: {
      fetchManifest: async (reference) => {
        await slice.admit(name.registry, "source", "counted");
        return await untilAborted(slice.cancelled, repository.fetchManifest(reference));
      },
      resolve: (reference) => untilAborted(slice.cancelled, repository.resolve(reference)),
    },
    now: slice.effects.now,
  };
}
