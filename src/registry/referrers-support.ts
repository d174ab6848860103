/** Which registries have the referrers API: learned from their first answer, for all that this process asks of them. */
import { MAX_HOSTS, RecentMap } from "../net/recent-map.ts";

/** For how long an answer counts, in milliseconds: a registry may be upgraded, and a refusal may have been a passing one. */
export const REMEMBER_MS = 60 * 60 * 1000;

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

  /** Notes an answer, of now or of another process; `until` is in milliseconds since the epoch. */
  learn(registry: string, supported: boolean, until: number): void {
    this.#known.set(registry, { supported, until });
  }
}
