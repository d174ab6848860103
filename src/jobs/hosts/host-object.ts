import { DurableObject } from "cloudflare:workers";
import type { IssuedToken } from "../../registry/token.ts";
import { workerEffects } from "../worker-effects.ts";
import { Pace, Slots } from "./host-limits.ts";
import type { HostLink, LearnedPlan, LearnedReferrers, Pause, Pauses } from "./host-link.ts";
import { TokenVault } from "./token-vault.ts";

/** Longest time that a call waits for a slot before it says no. */
const SLOT_WAIT_MS = 1_000;

/** Between two looks for a free slot. */
const SLOT_POLL_MS = 50;

/**
 * One registry host, under its name: patience with it is a matter of all jobs.
 *
 * A pause is stored, since a registry that said "in an hour" means it across restarts, and so is the upload plan that the host was found
 * to need, so that no upload has to fail first to learn it, and whether it has the referrers API. Slots and pace are only asked for where `REGISTRIES` sets them.
 * What each call does, {@link HostLink} says.
 */
export class RegistryHost extends DurableObject implements HostLink {
  readonly #slots = new Slots();
  readonly #pace = new Pace();
  readonly #tokens = new TokenVault();

  async paused(): Promise<Pauses> {
    return { all: this.#kept<Pause>("pause"), quota: this.#kept<Pause>("quota") };
  }

  async pause(pause: Pause): Promise<void> {
    const before = this.ctx.storage.kv.get<Pause>("pause");
    if (before === undefined || before.until < pause.until) {
      this.ctx.storage.kv.put("pause", pause);
    }
  }

  async spare(pause: Pause): Promise<void> {
    if (this.#kept("quota") === null) {
      this.ctx.storage.kv.put("quota", pause);
    }
  }

  async takeToken(key: string, marginMs: number, refused: string | null): Promise<IssuedToken | null> {
    for (;;) {
      const found = this.#tokens.take(key, marginMs, refused, Date.now());
      if (found === "get") {
        return null;
      }
      if ("issued" in found) {
        return found.issued;
      }
      await Promise.race([found.again, workerEffects.sleep(Math.max(0, found.until - Date.now()))]);
    }
  }

  async giveToken(key: string, issued: IssuedToken | null): Promise<void> {
    this.#tokens.give(key, issued);
  }

  async takeSlot(holder: string, limit: number): Promise<boolean> {
    const deadline = Date.now() + SLOT_WAIT_MS;
    while (!this.#slots.take(holder, limit, Date.now())) {
      const left = deadline - Date.now();
      if (left <= 0) {
        return false;
      }
      await workerEffects.sleep(Math.min(left, SLOT_POLL_MS));
    }
    return true;
  }

  async giveBackSlot(holder: string): Promise<void> {
    this.#slots.giveBack(holder);
  }

  async wait(perSecond: number): Promise<number> {
    return this.#pace.wait(perSecond, Date.now());
  }

  async learnedPlan(): Promise<LearnedPlan | null> {
    return this.#kept<LearnedPlan>("plan");
  }

  async learnPlan(learned: LearnedPlan): Promise<void> {
    this.ctx.storage.kv.put("plan", learned);
  }

  async learnedReferrers(): Promise<LearnedReferrers | null> {
    return this.#kept<LearnedReferrers>("referrers");
  }

  async learnReferrers(learned: LearnedReferrers): Promise<void> {
    this.ctx.storage.kv.put("referrers", learned);
  }

  #kept<T extends { until: number }>(name: "pause" | "quota" | "plan" | "referrers"): T | null {
    const stored = this.ctx.storage.kv.get<T>(name);
    return stored !== undefined && stored.until > Date.now() ? stored : null;
  }
}
