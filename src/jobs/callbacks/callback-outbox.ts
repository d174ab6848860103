/**
 * Delivers the callbacks of one job, at least once, on rows and an alarm that are given to it.
 *
 * Apart from the job, so that a receiver that does not answer keeps no job awake, and a job that is forgotten loses no callback.
 */
import type { Effects } from "../../net/effects.ts";
import { parseRetryAfter } from "../../net/retry-after.ts";
import { type Callback, callbackHeaders } from "./callback-request.ts";
import type { CallbackRows, PendingCallback } from "./callback-rows.ts";
import { pauseAfter, verdictOf } from "./callback-schedule.ts";

/** A receiver that has not answered by then has failed (Standard Webhooks: 15 to 30 s). */
const ANSWER_MS = 20_000;

/** The dead man's switch: an attempt whose process died is made again this long after it began. */
const SWITCH_MS = 2 * ANSWER_MS;

/** How long an outbox without anything to do remembers that a receiver is gone. */
const REMEMBER_MS = 24 * 60 * 60 * 1000;

/** What {@link CallbackOutbox} works with. */
export interface OutboxDeps {
  effects: Effects;
  /** Sets the one alarm of the object, in place of the one before. */
  setAlarm(atMs: number): Promise<void>;
  /** Forgets everything, the alarm included. */
  clear(): Promise<void>;
  /** Secret that callbacks are signed with (`whsec_…`). Without one they are not signed. */
  secret: string | undefined;
  /** Why nothing may be sent to that URL, or `undefined` where it may. */
  refusal(url: string): string | undefined;
}

/** One job's callbacks, delivered in the order in which their events happened. An attempt whose end is unknown is made again, under the same id. */
export class CallbackOutbox {
  readonly #rows: CallbackRows;
  readonly #deps: OutboxDeps;

  constructor(rows: CallbackRows, deps: OutboxDeps) {
    this.#rows = rows;
    this.#deps = deps;
  }

  /** Stores a callback; from then on it is delivered some day, or given up after the last attempt. The same id again changes nothing. */
  async take(callback: Callback): Promise<void> {
    const { effects, setAlarm } = this.#deps;
    this.#rows.add(callback, effects.now());
    // Not where nothing was taken: the alarm that is set then is the one that forgets, and it is to come in its time.
    if (this.#rows.pending().length > 0) {
      await setAlarm(effects.now());
    }
  }

  /** Tries once and does not store anything: for progress, of which the next is better than the last. Never rejects. */
  async tryOnce(callback: Callback): Promise<void> {
    // What is due before it comes first: nobody hears of progress before they heard of the start.
    if (this.#rows.pending().length === 0 && this.#deps.refusal(callback.url) === undefined) {
      await this.#attempt(callback).catch(() => {});
    }
  }

  /** What the alarm does: one attempt for what is due, in order. Never rejects but where the storage fails. */
  async wake(): Promise<void> {
    const { effects, setAlarm, clear } = this.#deps;
    const due = this.#rows.pending();
    if (due.length === 0) {
      await clear();
      return;
    }
    await setAlarm(effects.now() + SWITCH_MS);
    for (const callback of due) {
      // The order holds: what happened later waits for what failed before it.
      if (callback.nextAt > effects.now() || !(await this.#deliver(callback))) {
        break;
      }
    }
    const [next] = this.#rows.pending();
    await setAlarm(next === undefined ? effects.now() + REMEMBER_MS : Math.max(next.nextAt, effects.now()));
  }

  /** Says whether the next one may be tried. */
  async #deliver(callback: PendingCallback): Promise<boolean> {
    const { effects, refusal } = this.#deps;
    if (refusal(callback.url) !== undefined) {
      this.#rows.end(callback.id, "given-up");
      return true;
    }
    const attempts = callback.attempts + 1;
    let askedMs: number | undefined;
    try {
      const response = await this.#attempt(callback);
      const verdict = verdictOf(response.status);
      if (verdict !== "failed") {
        this.#rows.end(callback.id, verdict);
        return verdict === "delivered";
      }
      askedMs = parseRetryAfter(response.headers.get("retry-after"), effects.now());
    } catch {
      // Not reached, or no answer in time: the same as a bad one.
    }
    const pause = pauseAfter(attempts, effects.random(), askedMs);
    if (pause === undefined) {
      this.#rows.end(callback.id, "given-up");
      return true;
    }
    this.#rows.postpone(callback.id, attempts, effects.now() + pause);
    return false;
  }

  async #attempt(callback: Callback): Promise<Response> {
    const { effects, secret } = this.#deps;
    const late = new AbortController();
    const cancel = effects.after(ANSWER_MS, () => late.abort());
    try {
      const response = await effects.fetch(callback.url, {
        method: "POST",
        redirect: "manual",
        headers: callbackHeaders(callback, secret, effects.now()),
        body: callback.body,
        signal: late.signal,
      });
      await response.body?.cancel();
      return response;
    } finally {
      cancel();
    }
  }
}
