/** What registries have insisted on against their profile: kept by the host's object for all, and by each isolate so as not to ask for every blob. */
import { MAX_HOSTS, RecentMap } from "../../net/recent-map.ts";
import type { UploadPlan } from "../../registry/profiles.ts";
import type { PlanMemory } from "../../registry/upload-planner.ts";
import type { HostLink, LearnedPlan } from "./host-link.ts";

/** How long a plan stands before the profile is tried once more: the limit of a proxy may have been lifted, a registry renewed. */
export const LEARNED_MS = 24 * 3600 * 1000;

/** How long an isolate goes by what it has heard from the host's object, also that nothing is known. */
export const HEARD_MS = 60_000;

/** Of one isolate. Holds results and no calls under way: those belong to the invocation that made them. */
export class LearnedPlans {
  readonly #heard = new RecentMap<string, { learned: LearnedPlan | null; until: number }>(MAX_HOSTS);

  /**
   * The memory of one registry for uploads that would begin with `profile`. What was learned against another profile, before the
   * operator changed the settings, does not count. A host object that can't be reached knows nothing.
   */
  memoryOf(registry: string, profile: UploadPlan, host: () => HostLink, now: () => number): PlanMemory {
    return {
      recall: async () => {
        const { learned } = this.#fresh(registry, now()) ?? (await this.#ask(registry, host, now));
        return learned !== null && learned.until > now() && isSame(learned.profile, profile) ? learned.plan : undefined;
      },
      learn: async (plan) => {
        const learned: LearnedPlan = { profile, plan, until: now() + LEARNED_MS };
        this.#note(registry, learned, now());
        try {
          await host().learnPlan(learned);
        } catch {
          // The isolate knows it at least.
        }
      },
    };
  }

  #fresh(registry: string, nowMs: number) {
    const heard = this.#heard.get(registry);
    return heard !== undefined && heard.until > nowMs ? heard : undefined;
  }

  async #ask(registry: string, host: () => HostLink, now: () => number) {
    let learned: LearnedPlan | null = null;
    try {
      learned = await host().learnedPlan();
    } catch {
      // Uploads begin as the profile says.
    }
    // Meanwhile an upload beside this one may have learned better.
    return this.#fresh(registry, now()) ?? this.#note(registry, learned, now());
  }

  #note(registry: string, learned: LearnedPlan | null, nowMs: number) {
    const heard = { learned, until: nowMs + HEARD_MS };
    this.#heard.set(registry, heard);
    return heard;
  }
}

function isSame(one: UploadPlan, other: UploadPlan): boolean {
  return one.way === other.way && one.chunkSize === other.chunkSize;
}
