/** What one process remembers of a registry's referrers API, in tests without Durable Objects. */
import type { HostLink } from "../../src/jobs/hosts/host-link.ts";
import { learnedReferrers } from "../../src/jobs/hosts/learned-referrers.ts";
import type { ReferrersMemory, ReferrersSupport } from "../../src/registry/referrers-support.ts";

/** Nobody else knows anything of the host either. */
const NOTHING_KNOWN = { learnedReferrers: async () => null, learnReferrers: async () => {} } as Partial<HostLink> as HostLink;

/** The memory of one registry, as a job has it; what it learns is in `support` only. */
export function referrersMemory(support: ReferrersSupport, registry: string, now: () => number): ReferrersMemory {
  return learnedReferrers(support, registry, () => NOTHING_KNOWN, now);
}
