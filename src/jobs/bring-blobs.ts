/** Brings the blobs that a target still needs: those that nobody else is bringing by carriers, the others by waiting for who does. */
import { untilAborted } from "../copy/carry.ts";
import type { Digest } from "../oci/digest.ts";
import type { PendingBlob } from "./blob-rows.ts";
import { bringOneBlob } from "./bring-one-blob.ts";
import { runAll } from "./carriers.ts";
import type { RepositoryName } from "./carry-task.ts";
import type { DestinationLink } from "./destination-link.ts";
import type { TargetRow } from "./image-rows.ts";
import type { ImageStep } from "./image-step.ts";
import { whileRenewed } from "./renewal.ts";

/** Longest single wait for another job, so that the slice's time is looked at now and then. */
const WAIT_MS = 5_000;

/**
 * Brings all pending blobs of a target.
 *
 * Every blob is leased from the destination's object first: of several jobs that want it one carries it, the others wait, and one
 * of them takes over when it fails or dies. Gives `stopped` where the slice ran out of time. Fails with the gravest failure of
 * what was begun; leases are given back in every case.
 */
export async function bringBlobs(source: RepositoryName, target: TargetRow, step: ImageStep): Promise<"done" | "stopped"> {
  const link = step.destination(target);
  for (;;) {
    const pending = step.blobs.pending(target.id);
    if (pending.length === 0) {
      return "done";
    }
    if (!step.hasTime()) {
      return "stopped";
    }
    const wanted = pending.map(({ digest }) => digest);
    const { known, granted, busy } = await untilAborted(step.cancelled, link.claim(step.holder, wanted));
    for (const digest of known) {
      step.blobs.done(target.id, digest, "existing");
    }
    if (known.length > 0) {
      step.forward();
    }
    if (granted.length > 0) {
      const mine = new Set(granted);
      const leased = pending.filter(({ digest }) => mine.has(digest));
      if ((await bringLeased(leased, source, target, link, step)) === "stopped") {
        return "stopped";
      }
    } else if (busy.length > 0) {
      await untilAborted(step.cancelled, link.waitFor(busy, WAIT_MS));
    }
  }
}

/** Brings leased blobs and gives each lease back as soon as the blob's fate is known. */
async function bringLeased(
  blobs: readonly PendingBlob[],
  source: RepositoryName,
  target: TargetRow,
  link: DestinationLink,
  step: ImageStep,
): Promise<"done" | "stopped"> {
  const held = new Set<Digest>(blobs.map(({ digest }) => digest));
  const releases: Promise<void>[] = [];
  const release = (digests: Digest[], present: boolean) => {
    for (const digest of digests) {
      held.delete(digest);
    }
    releases.push(link.release(step.holder, digests, present).catch(() => {}));
  };
  let stopped = false;
  try {
    const bringAll = () =>
      runAll(blobs, step.gate, step.hasTime, async (blob) => {
        if ((await bringOneBlob(blob, source, target, step)) === "done") {
          release([blob.digest], true);
        } else {
          stopped = true;
        }
      });
    const all = await whileRenewed(link, step, () => [...held], bringAll);
    return stopped ? "stopped" : all;
  } finally {
    if (held.size > 0) {
      release([...held], false);
    }
    await Promise.all(releases);
  }
}
