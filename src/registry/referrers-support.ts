/** Which registries have the referrers API: learned from their first answer, for all that this process asks of them. */

/** For how long an answer counts: a registry may be upgraded, and a refusal may have been a passing one. */
const REMEMBER_MS = 60 * 60 * 1000;

/** Hosts remembered; the oldest go first. */
const MAX_HOSTS = 1_000;

export class ReferrersSupport {
  readonly #known = new Map<string, { supported: boolean; until: number }>();

  /** Whether the host has the API; `undefined` where that is not known. */
  knows(registry: string, nowMs: number): boolean | undefined {
    const entry = this.#known.get(registry);
    return entry !== undefined && entry.until > nowMs ? entry.supported : undefined;
  }

  /** Forgets a host, so that it is asked again. */
  forget(registry: string): void {
    this.#known.delete(registry);
  }

  learn(registry: string, supported: boolean, nowMs: number): void {
    this.#known.delete(registry);
    this.#known.set(registry, { supported, until: nowMs + REMEMBER_MS });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_HOSTS && oldest !== undefined) {
      this.#known.delete(oldest);
    }
  }
}
