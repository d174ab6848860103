/** Keeps a job's leases alive while it works under them. */
import { LEASE_MS } from "./blob-leases.ts";
import type { DestinationLink } from "./destination-link.ts";
import type { ImageStep } from "./image-step.ts";

/** Leases are renewed three times in their life. */
const RENEW_MS = LEASE_MS / 3;

/** Runs `work` and renews the holder's leases until it ends. */
export async function whileRenewed<T>(link: DestinationLink, step: ImageStep, work: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  void keepRenewed(link, step, over.signal);
  try {
    return await work();
  } finally {
    over.abort();
  }
}

async function keepRenewed(link: DestinationLink, step: ImageStep, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    try {
      await step.effects.sleep(RENEW_MS, over);
      await link.renew(step.holder);
    } catch {
      // The end, or a destination object that could not be reached: a lease that runs out costs a second transfer, no more.
    }
  }
}
