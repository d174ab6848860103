/** Which registries have the referrers API: known to the host's object, so that only one process in an hour has to ask a registry in vain. */
import { REMEMBER_MS, type ReferrersMemory, type ReferrersSupport } from "../../registry/referrers-support.ts";
import type { HostLink } from "./host-link.ts";

/**
 * The memory of one registry, for one invocation: what this isolate knows, else what the host's object does. A registry without the API costs a request whenever nobody knows,
 * and isolates live for minutes where jobs are few. A host object that can't be reached knows nothing, and then the registry is asked.
 * It is called at most once.
 */
export function learnedReferrers(isolate: ReferrersSupport, registry: string, host: () => HostLink, now: () => number): ReferrersMemory {
  let heard: Promise<void> | undefined;
  const hear = async () => {
    const learned = await host()
      .learnedReferrers()
      .catch(() => null);
    // Meanwhile a question beside this one may have been answered.
    if (learned !== null && isolate.knows(registry, now()) === undefined) {
      isolate.learn(registry, learned.supported, learned.until);
    }
  };
  return {
    recall: async () => {
      if (isolate.knows(registry, now()) === undefined) {
        heard ??= hear();
        await heard;
      }
      return isolate.knows(registry, now());
    },
    learn: async (supported) => {
      if (isolate.knows(registry, now()) === supported) {
        return;
      }
      const until = now() + REMEMBER_MS;
      isolate.learn(registry, supported, until);
      await host()
        .learnReferrers({ supported, until })
        .catch(() => {});
    },
  };
}
