/** Which registries have the referrers API: learned from their first answer, for all that this process asks of them. */
import { RecentMap } from "../net/recent-map.ts";

/** For how long an answer counts, in milliseconds: a registry may be upgraded, and a refusal may have been a passing one. */
export const REMEMBER_MS = 60 * 60 * 1000;

/** Hosts remembered; the oldest go first. */
const MAX_HOSTS = 1_000;

/** What is known of one registry's referrers API. Neither method fails. */
export interface ReferrersMemory {
  /** Whether the registry has it; `undefined` where that is not known. */
  recall(): Promise<boolean | undefined>;
  /** Notes what an answer has shown. */
  learn(supported: boolean): Promise<void>;
}

/** Which registries have the referrers API, by host. */
export class ReferrersSupport {
  readonly #known = new RecentMap<string, { supported: boolean; until: number }>(MAX_HOSTS);

  /** Whether the host has the API; `undefined` where that is not known. */
  knows(registry: string, nowMs: number): boolean | undefined {
    const entry = this.#known.get(registry);
    return entry !== undefined && entry.until > nowMs ? entry.supported : undefined;
  }

  /** Forgets a host, so that it is asked again. */
  forget(registry: string): void {
    this.#known.delete(registry);
  }

  /** Notes an answer, of now or of another process; `until` is in milliseconds since the epoch. */
  learn(registry: string, supported: boolean, until: number): void {
    this.#known.set(registry, { supported, until });
  }

  /** The memory of one registry, as long as this process lives. */
  memoryOf(registry: string, now: () => number): ReferrersMemory {
    return {
      recall: async () => this.knows(registry, now()),
      learn: async (supported) => this.learn(registry, supported, now() + REMEMBER_MS),
    };
  }
}
