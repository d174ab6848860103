/** Second step of an image: reads its tree of manifests once and notes what every destination repository needs of it. */
import type { Selection } from "../../copy/select-platforms.ts";
import { type WalkedManifest, type WalkOptions, walkTree } from "../../copy/walk.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import { isForeign } from "../../oci/manifest.ts";
import { isSameRepository, type Reference } from "../../oci/reference.ts";
import type { CopyRequest } from "../../request/copy-request.ts";
import { UNWALKED_RANK } from "./content-rows.ts";
import type { DestinationRow, TargetRow } from "./image-rows.ts";
import type { ReadManifest } from "./read-manifest.ts";
import { looksBelowRoot } from "./resolve-image.ts";
import type { SliceContext } from "./slice-context.ts";
import { forgetBlobs, presentManifests } from "./target-content.ts";

/**
 * Notes what one target needs of the image, once, and gives the manifests concerned. Fails with the target's failures.
 *
 * Of a target that was planned before, only the root is given unless the whole tree was walked again, as it is where there are more images.
 */
export type PlanTarget = (target: TargetRow, pending: readonly DestinationRow[]) => Promise<readonly WalkedManifest[]>;

/**
 * Stores the manifests that the targets need of the image; those that are stored already are not read again. Fails with the source's
 * failures.
 *
 * In the source's own repository, and in one that has the image under another tag, everything but the tag is there (and an index that was
 * made anew), so only the root is read. A target whose tag holds another image probably has some of the children: they are asked for
 * first, and the blobs of those it has are not, unless the check is deep. One that has no such tag is asked nothing, since every answer
 * would be no.
 */
export async function planImage(
  source: Reference,
  selection: Selection,
  targets: readonly TargetRow[],
  readManifest: ReadManifest,
  slice: SliceContext,
): Promise<PlanTarget> {
  const { content, request } = slice;
  const { root, leftOut } = selection;
  const isPlanned = ({ id }: TargetRow) => content.isWanted(id, root.digest);
  const isSame = (target: TargetRow) => isSameRepository(target, source);
  const own = (selection.made.length > 0 ? selection.made : [await readManifest(root)]).map(
    (made, position): WalkedManifest => ({ content: made, children: [], blobs: [], rank: UNWALKED_RANK + position }),
  );
  const needsAll = (target: TargetRow) =>
    !isSame(target) && (!isPlanned(target) || looksBelowRoot(selection, slice) || request.dryRun === true || request.tags !== undefined);
  const tree = targets.some(needsAll) ? await walkTree(root, readManifest, { leftOut, ...foreignOption(request) }) : own;
  for (const manifest of tree) {
    content.addManifest(manifest.content, manifest.rank);
  }
  return async (target, pending) => {
    const needed = isSame(target) ? own : tree;
    const isThere = !looksBelowRoot(selection, slice) && pending.some(({ digest }) => digest === root.digest);
    if (!isPlanned(target) && !isThere) {
      await planAt({ target, pending, root, needed, isSame: isSame(target) }, slice);
    }
    return needed;
  };
}

/** One target that the image is planned for. */
interface Planning {
  target: TargetRow;
  pending: readonly DestinationRow[];
  root: Descriptor;
  /** The manifests that are to be there in the end. */
  needed: readonly WalkedManifest[];
  /** Whether the target is the source's own repository. */
  isSame: boolean;
}

/** Asks what the target has, and notes what it needs. Fails with the target's failures; nothing is noted then. */
async function planAt(planning: Planning, slice: SliceContext): Promise<void> {
  const { target, pending, root, needed, isSame } = planning;
  const hasTag = pending.some(({ digest }) => digest !== null);
  const children = needed.map(({ content }) => content.descriptor.digest).filter((digest) => digest !== root.digest);
  const present = hasTag ? await presentManifests(children, target, slice) : new Set<Digest>();
  if (pending.some(({ digest }) => digest === root.digest)) {
    present.add(root.digest);
  }
  const isDeep = slice.request.check === "deep" && !isSame;
  const askedAt = slice.effects.now();
  if (isDeep) {
    await forgetBlobs(needed, target, slice);
  }
  noteNeeds(planning, present, isDeep, askedAt, slice);
  slice.forward();
}

/** Without a pause, and so without an `await`: a target is planned as a whole or not at all. */
function noteNeeds(
  { target, root, needed, isSame }: Planning,
  present: ReadonlySet<Digest>,
  isDeep: boolean,
  askedAt: number,
  slice: SliceContext,
): void {
  for (const manifest of needed) {
    const { digest } = manifest.content.descriptor;
    const isPresent = present.has(digest);
    slice.content.wantManifest(target.id, digest, isPresent);
    if (isSame) {
      continue;
    }
    for (const blob of neededBlobs(manifest, isPresent, isDeep)) {
      slice.blobs.want(target.id, blob);
    }
    if (manifest.subject !== undefined && !isPresent) {
      // Whoever puts such a manifest has it listed, asked to or not (distribution-spec, "Pushing Manifests with Subject").
      const referrer = { subject: manifest.subject, root: manifest.content.descriptor, askedAt };
      slice.referrers.add(target.id, root.digest, referrer, askedAt, false);
    }
  }
}

/**
 * Which blobs of a manifest a target may lack: all, or of a manifest that is present there only the foreign ones, without which registries take a
 * manifest. A deep check takes nothing for granted.
 */
export function neededBlobs({ blobs }: Pick<WalkedManifest, "blobs">, isPresent: boolean, isDeep: boolean): Descriptor[] {
  return isPresent && !isDeep ? blobs.filter(isForeign) : blobs;
}

/** How the request wants foreign layers to be treated. */
export function foreignOption({ foreignLayers }: CopyRequest): Pick<WalkOptions, "foreignLayers"> {
  return foreignLayers === undefined ? {} : { foreignLayers };
}
