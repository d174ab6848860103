/** Heeds what registries say of their quotas: before one is used up, nobody reads manifests there for a while. */
import type { Effects } from "../../net/effects.ts";
import { type Quota, quotaPauseMs } from "../../registry/quota.ts";
import type { Admission } from "./admission.ts";

/** What to do with each registry's quota, as its answers tell it. */
export function quotaNotes(admission: Admission, effects: Effects): (registry: string, quota: Quota) => void {
  return (registry, quota) => {
    const pauseMs = quotaPauseMs(quota);
    if (pauseMs !== undefined) {
      const { remaining, limit, windowMs } = quota;
      const reason = `${registry} has ${remaining} of ${limit} manifest reads in ${windowMs / 1000} s left; no more are made for a while`;
      void admission.spare(registry, { until: effects.now() + pauseMs, reason });
    }
  };
}
