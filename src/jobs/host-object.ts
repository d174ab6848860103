import { DurableObject } from "cloudflare:workers";
import { Pace, Slots } from "./host-limits.ts";
import type { HostLink, LearnedPlan, Pause } from "./host-link.ts";
import { workerEffects } from "./worker-effects.ts";

/** Longest time that a call waits for a slot before it says no. */
const SLOT_WAIT_MS = 1_000;

/** Between two looks for a free slot. */
const SLOT_POLL_MS = 50;

/**
 * One registry host, under its name: patience with it is a matter of all jobs.
 *
 * A pause is stored, since a registry that said "in an hour" means it across restarts, and so is the upload plan that the host was found
 * to need, so that no upload has to fail first to learn it. Slots and pace are only asked for where `REGISTRIES` sets them.
 */
export class RegistryHost extends DurableObject implements HostLink {
  readonly #slots = new Slots();
  readonly #pace = new Pace();

  async paused(): Promise<Pause | null> {
    const pause = this.ctx.storage.kv.get<Pause>("pause");
    return pause !== undefined && pause.until > Date.now() ? pause : null;
  }

  async pause(pause: Pause): Promise<void> {
    const before = this.ctx.storage.kv.get<Pause>("pause");
    if (before === undefined || before.until < pause.until) {
      this.ctx.storage.kv.put("pause", pause);
    }
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
    const learned = this.ctx.storage.kv.get<LearnedPlan>("plan");
    return learned !== undefined && learned.until > Date.now() ? learned : null;
  }

  async learnPlan(learned: LearnedPlan): Promise<void> {
    this.ctx.storage.kv.put("plan", learned);
  }
}
