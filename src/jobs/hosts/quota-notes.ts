/** Heeds what registries say of their quotas: before one is used up, nobody reads manifests there for a while. */
import type { Effects } from "../../net/effects.ts";
import { type Quota, quotaPauseMs } from "../../registry/quota.ts";
import { MAX_ASKED_WAIT_MS } from "../patience.ts";
import type { Admission } from "./admission.ts";

/** What to do with each registry's quota, as its answers tell it. */
export function quotaNotes(admission: Admission, effects: Effects): (registry: string, quota: Quota) => void {
  return (registry, quota) => {
    const pauseMs = quotaPauseMs(quota);
    // A longer one is nonsense: it would keep all jobs away from the registry for years, on the word of one answer.
    if (pauseMs !== undefined && pauseMs <= MAX_ASKED_WAIT_MS) {
      const { remaining, limit, windowMs } = quota;
      const reason = `${registry} has ${remaining} of ${limit} manifest reads in ${windowMs / 1000} s left; no more are made for a while`;
      void admission.spare(registry, { until: effects.now() + pauseMs, reason });
    }
  };
}
