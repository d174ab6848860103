/** Whether a registry host may be asked anything right now, over all jobs. */
import type { Effects } from "../../net/effects.ts";
import { MAX_HOSTS, RecentMap } from "../../net/recent-map.ts";
import { CopyError, type Side } from "../../oci/errors.ts";
import type { HostLink, Pause, Pauses } from "./host-link.ts";

/**
 * For how long a host's pauses are known without asking its object again. One that another process notes meanwhile is overlooked for
 * so long, at the price of one more request that the registry turns down.
 */
const KNOWN_MS = 2_000;

/** What a request is: `counted` ones use up a quota, as reads of manifests do at Docker Hub (Q136). */
export type RequestKind = "any" | "counted";

/** What one process knows of the pauses that hosts asked for; their objects know for good. */
export class Admission {
  readonly #known = new RecentMap<string, Pauses & { until: number }>(MAX_HOSTS);
  readonly #host: (registry: string) => HostLink;
  readonly #effects: Effects;

  constructor(host: (registry: string) => HostLink, effects: Effects) {
    this.#host = host;
    this.#effects = effects;
  }

  /** Passes, or fails with the pause that the host asked for and that is still to be kept. */
  async admit(registry: string, side: Side, kind: RequestKind = "any"): Promise<void> {
    const now = this.#effects.now();
    const { all, quota } = this.#fresh(registry, now) ?? (await this.#ask(registry));
    for (const pause of kind === "counted" ? [all, quota] : [all]) {
      if (pause !== null && pause.until > now) {
        throw new CopyError({ code: "rate-limited", message: pause.reason, retry: "later", waitMs: pause.until - now, side, registry });
      }
    }
  }

  /** Notes a pause for everybody. */
  async pause(registry: string, pause: Pause): Promise<void> {
    this.#known.delete(registry);
    await this.#host(registry).pause(pause);
  }

  /** Notes for everybody that the quota is nearly used up. Best effort. */
  async spare(registry: string, pause: Pause): Promise<void> {
    const now = this.#effects.now();
    const known = this.#fresh(registry, now);
    if ((known?.quota?.until ?? 0) > now) {
      return;
    }
    // Heeded here at once: the read that it is to hold back comes next.
    this.#note(registry, { all: known?.all ?? null, quota: pause });
    await this.#host(registry)
      .spare(pause)
      .catch(() => {});
  }

  #fresh(registry: string, nowMs: number): Pauses | undefined {
    const known = this.#known.get(registry);
    return known !== undefined && known.until > nowMs ? known : undefined;
  }

  async #ask(registry: string): Promise<Pauses> {
    return this.#note(registry, await this.#host(registry).paused());
  }

  #note(registry: string, pauses: Pauses): Pauses {
    this.#known.set(registry, { ...pauses, until: this.#effects.now() + KNOWN_MS });
    return pauses;
  }
}
