/** Bounds a wait for bytes: a peer that keeps the connection open and says nothing must not hold a copy forever. */
import type { Effects } from "../net/effects.ts";
import { CopyError, type Side } from "../oci/errors.ts";

/** Longest silence of one side in mid-blob. Cloudflare gives up on a proxied origin's write after 30 s and read after 120 s. */
export const STALL_MS = 60_000;

/** Longest wait for the answer to a commit: registries that keep blobs in object storage copy the whole blob there before they answer. */
export const COMMIT_MS = 300_000;

/** Settles as `work` does, or fails with `timeout` (retry later) after `ms` without a result. The work itself is left to its owner to end. */
export async function withinStall<T>(effects: Effects, ms: number, side: Side, work: Promise<T>): Promise<T> {
  const { promise: stalled, reject } = Promise.withResolvers<never>();
  const cancel = effects.after(ms, () =>
    reject(new CopyError({ code: "timeout", message: `No byte moved for ${ms / 1000} s`, retry: "later", side })),
  );
  try {
    return await Promise.race([work, stalled]);
  } finally {
    cancel();
  }
}
