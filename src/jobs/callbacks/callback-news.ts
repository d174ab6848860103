/** Which of a job's events its callback is still to be told, and telling them. The job's side of {@link CallbackOutbox}. */
import type { Effects } from "../../net/effects.ts";
import type { CopyRequest } from "../../request/copy-request.ts";
import type { JobDocument } from "../document.ts";
import { hasEnded } from "../state.ts";
import type { Callback, CallbackEvent } from "./callback-request.ts";

/** Least time between two callbacks that tell of progress. */
const PROGRESS_PACE_MS = 5_000;

/** The object that delivers a job's callbacks. */
export interface OutboxLink {
  /** Stores a callback; once this resolves it is no longer the job's concern. */
  take(callback: Callback): Promise<void>;
  /** Tries to deliver a callback once and stores nothing. What the receiver does is no failure. */
  tryOnce(callback: Callback): Promise<void>;
}

/** What {@link CallbackNews} works with. */
export interface NewsDeps {
  effects: Effects;
  outbox: OutboxLink;
}

/**
 * Tells a job's callback of its events. Those that were handed over are noted in the job's own database, in the table `told`, so that each
 * is told once.
 */
export class CallbackNews {
  readonly #sql: SqlStorage;
  readonly #deps: NewsDeps;
  readonly #document: () => JobDocument;
  #lastProgress = 0;
  #telling = Promise.resolve(true);

  constructor(sql: SqlStorage, deps: NewsDeps, document: () => JobDocument) {
    this.#sql = sql;
    this.#deps = deps;
    this.#document = document;
  }

  /** Hands over what the callback is still to be told; says whether that is all now. Never rejects: the job does not depend on it. */
  tell(request: CopyRequest): Promise<boolean> {
    if (request.callback === undefined) {
      return Promise.resolve(true);
    }
    // One after the other: two at once would both hand over the same news, and the one under way may have begun before the latest.
    this.#telling = this.#telling.then(() => this.#tellAll(request));
    return this.#telling;
  }

  /** Tells of progress, at most once each {@link PROGRESS_PACE_MS}, where the caller wants to hear of it. Delivered once or not at all. */
  progress(request: CopyRequest): void {
    const { effects, outbox } = this.#deps;
    const now = effects.now();
    if (!wanted(request).includes("progress") || this.#lastProgress + PROGRESS_PACE_MS > now) {
      return;
    }
    this.#lastProgress = now;
    void outbox.tryOnce(callbackOf(request, this.#document(), "progress", `progress.${now}`, now)).catch(() => {});
  }

  async #tellAll(request: CopyRequest): Promise<boolean> {
    const { effects, outbox } = this.#deps;
    const document = this.#document();
    try {
      for (const { event, key } of eventsOf(document)) {
        if (wanted(request).includes(event) && !this.#isTold(key)) {
          await outbox.take(callbackOf(request, document, event, key, effects.now()));
          this.#sql.exec("INSERT OR IGNORE INTO told (news) VALUES (?)", key);
        }
      }
      return true;
    } catch {
      return false;
    }
  }

  #isTold(key: string): boolean {
    this.#sql.exec("CREATE TABLE IF NOT EXISTS told (news TEXT PRIMARY KEY) STRICT");
    return this.#sql.exec("SELECT 1 FROM told WHERE news = ?", key).toArray().length > 0;
  }
}

/** What has happened to a job, oldest first. A job that is tried again begins and ends again: each is told by the time of it. */
function eventsOf({ status, startedAt, finishedAt }: JobDocument): { event: CallbackEvent; key: string }[] {
  return [
    ...(startedAt === null ? [] : [{ event: "started" as const, key: `started.${Date.parse(startedAt)}` }]),
    ...(hasEnded(status) ? [{ event: "completed" as const, key: `completed.${Date.parse(finishedAt ?? "")}` }] : []),
  ];
}

function wanted({ callback }: CopyRequest): readonly CallbackEvent[] {
  return callback === undefined ? [] : (callback.events ?? ["completed"]);
}

function callbackOf({ callback }: CopyRequest, document: JobDocument, event: CallbackEvent, key: string, nowMs: number): Callback {
  return {
    id: `${document.id}.${key}`,
    event,
    job: document.id,
    body: JSON.stringify(document),
    subject: document.source,
    occurredAt: nowMs,
    url: callback?.url ?? "",
    format: callback?.format ?? "standard",
  };
}
