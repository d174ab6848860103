/** Keeps a job's leases alive while it works under them. */
import type { Digest } from "../../oci/digest.ts";
import type { SliceContext } from "../images/slice-context.ts";
import type { DestinationLink } from "./destination-link.ts";

/** Far less than a lease lasts, and less than the ten seconds after which an object that nobody asks is put away. */
const RENEW_MS = 4_000;

/** Runs `work` and renews the leases that `held` gives until it ends. */
export async function whileRenewed<T>(
  link: DestinationLink,
  slice: SliceContext,
  held: () => Digest[],
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  void keepRenewed(link, slice, held, over.signal);
  try {
    return await work();
  } finally {
    over.abort();
  }
}

async function keepRenewed(link: DestinationLink, slice: SliceContext, held: () => Digest[], over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    try {
      await slice.effects.sleep(RENEW_MS, over);
      await link.renew(slice.holder, held());
    } catch {
      // The end, or a destination object that could not be reached: a lease that runs out costs a second transfer, no more.
    }
  }
}
