/** Brings the blobs that a target still needs: those that nobody else is bringing by carriers, the others by waiting for who does. */
import { untilAborted } from "../../net/abort.ts";
import type { Digest } from "../../oci/digest.ts";
import type { RepositoryReference } from "../../oci/reference.ts";
import { whileRenewed } from "../destinations/renewal.ts";
import type { ImageContent } from "../images/image-content.ts";
import type { TargetRow } from "../images/image-rows.ts";
import type { SliceContext } from "../images/slice-context.ts";
import type { PendingBlob } from "./blob-rows.ts";
import { bringOneBlob } from "./bring-one-blob.ts";
import { runAll } from "./carriers.ts";
import { giveBackBegun, giveBackLeft } from "./give-back-uploads.ts";

/** Longest single wait for another job, so that the slice's time is looked at now and then. */
const WAIT_MS = 5_000;

/**
 * Brings all pending blobs of a target, or of one image there.
 *
 * Every blob is leased from the destination's object first: of several jobs that want it one carries it, the others wait, and one
 * of them takes over when it fails or dies. Gives `stopped` where the slice ran out of time; what was under way then stays leased for the next
 * slice, which comes at once, or for as long as a lease lasts. Fails with the gravest failure of what was begun, and gives all leases back.
 */
export async function bringBlobs(
  source: RepositoryReference,
  target: TargetRow,
  image: ImageContent | undefined,
  slice: SliceContext,
): Promise<"done" | "stopped"> {
  for (;;) {
    const all = slice.blobs.pending(target.id, image?.blobs);
    if (all.length === 0) {
      return "done";
    }
    if (!slice.hasTime()) {
      return "stopped";
    }
    const bringing = all.flatMap(({ digest }) => slice.bringing.get(keyOf(target, digest)) ?? []);
    const pending = all.filter(({ digest }) => !slice.bringing.has(keyOf(target, digest)));
    if (pending.length === 0) {
      await Promise.race(bringing);
      continue;
    }
    const hold = new Hold(pending, target, slice);
    try {
      if ((await bringSome(pending, source, target, hold, slice)) === "stopped") {
        return "stopped";
      }
    } finally {
      hold.end();
    }
  }
}

/** Keeps other images of this job from bringing the same blobs at the same time: to the destination's object the job is one. */
class Hold {
  readonly #ends = new Map<Digest, () => void>();

  constructor(blobs: readonly PendingBlob[], target: TargetRow, { bringing }: SliceContext) {
    for (const { digest } of blobs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const key = keyOf(target, digest);
      bringing.set(key, promise);
      this.#ends.set(digest, () => {
        bringing.delete(key);
        resolve();
      });
    }
  }

  /** Ends it for one blob, or for all that are left. */
  end(digest?: Digest): void {
    for (const one of digest === undefined ? [...this.#ends.keys()] : [digest]) {
      this.#ends.get(one)?.();
      this.#ends.delete(one);
    }
  }
}

function keyOf({ id }: TargetRow, digest: Digest): string {
  return `${id} ${digest}`;
}

/** Claims the blobs and brings those that are granted; where all are another job's, waits a while for that. */
async function bringSome(
  pending: readonly PendingBlob[],
  source: RepositoryReference,
  target: TargetRow,
  hold: Hold,
  slice: SliceContext,
): Promise<"done" | "stopped"> {
  const link = slice.destination(target);
  const wanted = pending.map(({ digest }) => digest);
  const { known, granted, busy } = await untilAborted(slice.cancelled, link.claim(slice.holder, wanted));
  const isKnown = new Set(known);
  for (const blob of pending.filter(({ digest }) => isKnown.has(digest))) {
    giveBackBegun(blob, target, slice.blobs, slice.openTarget);
    giveBackLeft(blob, target, slice.blobs, slice.openTarget);
    slice.blobs.done(target.id, blob.digest, "existing");
    hold.end(blob.digest);
  }
  if (known.length > 0) {
    slice.forward();
  }
  if (granted.length > 0) {
    const mine = new Set(granted);
    const leased = pending.filter(({ digest }) => mine.has(digest));
    return await bringLeased(leased, source, target, hold, slice);
  }
  if (busy.length > 0) {
    await untilAborted(slice.cancelled, link.waitFor(busy, WAIT_MS));
  }
  return "done";
}

/** Brings leased blobs and gives each lease back as soon as the blob's fate is known. */
async function bringLeased(
  blobs: readonly PendingBlob[],
  source: RepositoryReference,
  target: TargetRow,
  hold: Hold,
  slice: SliceContext,
): Promise<"done" | "stopped"> {
  const link = slice.destination(target);
  const held = new Set<Digest>(blobs.map(({ digest }) => digest));
  const releases: Promise<void>[] = [];
  const release = (digests: Digest[], present: boolean) => {
    for (const digest of digests) {
      held.delete(digest);
    }
    releases.push(link.release(slice.holder, digests, present).catch(() => {}));
  };
  const stopped: Digest[] = [];
  try {
    const bringAll = () =>
      runAll(blobs, slice.gate, slice.hasTime, async (blob) => {
        if ((await bringOneBlob(blob, source, target, slice)) === "done") {
          release([blob.digest], true);
          hold.end(blob.digest);
        } else {
          stopped.push(blob.digest);
        }
      });
    const all = await whileRenewed(link, slice, () => [...held], bringAll);
    // Another job would begin them again from their first byte.
    for (const digest of stopped) {
      held.delete(digest);
    }
    return stopped.length > 0 ? "stopped" : all;
  } finally {
    if (held.size > 0) {
      release([...held], false);
    }
    await Promise.all(releases);
  }
}
