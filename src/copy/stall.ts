/** Bounds a wait for bytes: a peer that keeps the connection open and says nothing must not hold a copy forever. */
import type { Effects } from "../net/effects.ts";
import { CopyError, type Side } from "../oci/errors.ts";

/**
 * Longest wait for one side's next piece in mid-blob, of 1 MiB at most: as good as a limit for silence, since who is slower than 17 kB/s would take days
 * for a layer, and one that sends byte by byte would take for ever. Cloudflare gives up on a proxied origin's write after 30 s and read after 120 s.
 */
export const STALL_MS = 60_000;

/** Longest wait for the answer to a commit: registries that keep blobs in object storage copy the whole blob there before they answer. */
export const COMMIT_MS = 300_000;

/** How a side is called at the beginning of a sentence. */
export const SIDE_NAMES: Readonly<Record<Side, string>> = { source: "The source", destination: "The destination", staging: "The stage" };

/** Settles as `work` does, or fails with `timeout` (retry later) after `ms` without a result. The work itself is left to its owner to end. */
export async function withinStall<T>(effects: Effects, ms: number, side: Side, work: Promise<T>): Promise<T> {
  const { promise: stalled, reject } = Promise.withResolvers<never>();
  const cancel = effects.after(ms, () => {
    const message = `${SIDE_NAMES[side]} did not get on within ${ms / 1000} s: no piece of 1 MiB, or what was left, and no answer`;
    reject(new CopyError({ code: "timeout", message, retry: "later", side }));
  });
  try {
    return await Promise.race([work, stalled]);
  } finally {
    cancel();
  }
}
