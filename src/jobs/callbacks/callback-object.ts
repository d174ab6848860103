import { DurableObject } from "cloudflare:workers";
import { callbackFault } from "../../config/callbacks.ts";
import { configOf } from "../../config/config.ts";
import { workerEffects } from "../worker-effects.ts";
import { CallbackOutbox } from "./callback-outbox.ts";
import type { Callback } from "./callback-request.ts";
import { CallbackRows } from "./callback-rows.ts";

/** Pause after a wake-up that could not even read its rows or configuration. */
const WAKE_AGAIN_MS = 60_000;

/** The callbacks of one job, under its id as name. Only jobs that asked for callbacks have one. */
export class JobCallbacks extends DurableObject<Cloudflare.Env> {
  /** Stores a callback, to be delivered from here on; see {@link CallbackOutbox.take}. */
  take(callback: Callback): Promise<void> {
    return this.#outbox().take(callback);
  }

  /** Tries to deliver a callback once; see {@link CallbackOutbox.tryOnce}. */
  tryOnce(callback: Callback): Promise<void> {
    return this.#outbox().tryOnce(callback);
  }

  /** Delivers what is due. Never throws. */
  override async alarm(): Promise<void> {
    try {
      await this.#outbox().wake();
    } catch {
      // An alarm that throws is dropped after six retries; one that is set again is not.
      await this.ctx.storage.setAlarm(Date.now() + WAKE_AGAIN_MS);
    }
  }

  #outbox(): CallbackOutbox {
    const { storage } = this.ctx;
    const config = configOf(this.env);
    return new CallbackOutbox(new CallbackRows(storage.sql), {
      effects: workerEffects,
      setAlarm: (at) => storage.setAlarm(at),
      clear: () => storage.deleteAll(),
      secret: config.callbackSecret,
      refusal: (url) => callbackFault(url, config.registries),
    });
  }
}
