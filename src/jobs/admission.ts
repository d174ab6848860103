/** Whether a registry host may be asked anything right now, over all jobs. */
import type { Effects } from "../net/effects.ts";
import { CopyError, type Side } from "../oci/errors.ts";
import type { HostLink, Pause } from "./host-link.ts";

/**
 * For how long a host that was free counts as free without asking its object again. A pause that another process notes meanwhile is
 * overlooked for so long, at the price of one more request that the registry turns down.
 */
const FREE_MS = 2_000;

/** Hosts remembered at once; the oldest go first. */
const MAX_HOSTS = 1_000;

export class Admission {
  readonly #freeUntil = new Map<string, number>();
  readonly #host: (registry: string) => HostLink;
  readonly #effects: Effects;

  constructor(host: (registry: string) => HostLink, effects: Effects) {
    this.#host = host;
    this.#effects = effects;
  }

  /** Passes, or fails with the pause that the host asked for and that is still to be kept. */
  async admit(registry: string, side: Side): Promise<void> {
    const now = this.#effects.now();
    if ((this.#freeUntil.get(registry) ?? 0) > now) {
      return;
    }
    const pause = await this.#host(registry).paused();
    if (pause !== null) {
      const waitMs = Math.max(0, pause.until - now);
      throw new CopyError({ code: "rate-limited", message: pause.reason, retry: "later", waitMs, side, registry });
    }
    this.#freeUntil.delete(registry);
    this.#freeUntil.set(registry, now + FREE_MS);
    for (const oldest of this.#freeUntil.keys()) {
      if (this.#freeUntil.size <= MAX_HOSTS) {
        return;
      }
      this.#freeUntil.delete(oldest);
    }
  }

  /** Notes a pause for everybody. */
  async pause(registry: string, pause: Pause): Promise<void> {
    this.#freeUntil.delete(registry);
    await this.#host(registry).pause(pause);
  }
}
