/** What of a job's blobs was counted at its ends: a job that is tried again ends again, and counts only for what it did since. Pure. */
import type { Progress } from "../document.ts";

/** Blobs by how they got to their destination, and bytes. */
export interface CountedBlobs {
  copied: number;
  mounted: number;
  existing: number;
  staged: number;
  /** Bytes sent over the wire. */
  sent: number;
  /** Bytes that did not have to be sent. */
  spared: number;
}

/** What is counted of a job that has never ended. */
export const NONE_COUNTED: CountedBlobs = { copied: 0, mounted: 0, existing: 0, staged: 0, sent: 0, spared: 0 };

/**
 * What a job's end adds to what was counted at its ends before. Each blob counts once: one that was sent and is found at the destination
 * after a retry is none more.
 */
export function uncounted({ blobs, bytes }: Progress, before: CountedBlobs): CountedBlobs {
  let left = blobs.copied + blobs.mounted + blobs.existing - (before.copied + before.mounted + before.existing);
  const more = (now: number, counted: number) => Math.max(0, now - counted);
  const take = (how: "copied" | "mounted" | "existing") => {
    const count = Math.min(more(blobs[how], before[how]), Math.max(0, left));
    left -= count;
    return count;
  };
  return {
    copied: take("copied"),
    mounted: take("mounted"),
    existing: take("existing"),
    staged: more(blobs.staged, before.staged),
    sent: more(bytes.copied, before.sent),
    spared: more(bytes.done - bytes.copied, before.spared),
  };
}

/** Adds up two counts. */
export function sumOf(one: CountedBlobs, other: CountedBlobs): CountedBlobs {
  return {
    copied: one.copied + other.copied,
    mounted: one.mounted + other.mounted,
    existing: one.existing + other.existing,
    staged: one.staged + other.staged,
    sent: one.sent + other.sent,
    spared: one.spared + other.spared,
  };
}
