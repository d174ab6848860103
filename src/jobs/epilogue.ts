/** What is left to do for a job that is over: the ledger and the callback have to know, and some day the job is forgotten. */
import type { Effects } from "../net/effects.ts";
import type { CallbackNews } from "./callbacks/callback-news.ts";
import type { JobDocument, JobSummary } from "./document.ts";
import { summaryOf } from "./document-view.ts";
import type { JobRow } from "./job-rows.ts";
import type { JobStore } from "./job-store.ts";
import { hasEnded } from "./state.ts";

/** Pause before the ledger and the callback are told again after they could not be reached. */
export const LEDGER_RETRY_MS = 5_000;

/** Least time between two tellings of how far a job is, in milliseconds. A thousand jobs at work are then a hundred writes a second for the ledger. */
const PROGRESS_PACE_MS = 10_000;

/** What {@link Epilogue} works with. */
export interface EpilogueDeps {
  effects: Effects;
  /** The list of jobs. `record` keeps a summary unless it knows one of the same `version` or a later one; `forget` drops it. Both may reject. */
  ledger: { record(summary: JobSummary, version: number): Promise<void>; forget(id: string): Promise<void> };
  /** Forgets everything, the alarm included. */
  clear(): Promise<void>;
  /** How long an ended job is kept, in milliseconds. */
  keepMs: number;
}

/** Tells of a job's states wherever they have to be known, and has an ended job forgotten in its time. */
export class Epilogue {
  readonly #store: JobStore;
  readonly #deps: EpilogueDeps;
  readonly #document: (job: JobRow) => JobDocument;
  readonly #news: CallbackNews;
  /** The version that the ledger knows, as far as this process knows. */
  #told = 0;
  /** The last that it was told, or is being told. */
  #telling: { version: number; done: Promise<boolean> } | undefined;
  /** When it was last told, in milliseconds since the epoch. */
  #toldAt = 0;

  constructor(store: JobStore, deps: EpilogueDeps, document: (job: JobRow) => JobDocument, news: CallbackNews) {
    this.#store = store;
    this.#deps = deps;
    this.#document = document;
    this.#news = news;
  }

  /** Tells the ledger and the callback what they don't know yet; says whether they know all now. Never rejects: the job does not depend on it. */
  async tell(): Promise<boolean> {
    const known = await Promise.all([this.tellLedger(), this.#news.tell(this.#store.row().request)]);
    return known.every((all) => all);
  }

  /**
   * Tells the ledger what it does not know yet; says whether it knows all now. Never rejects: the job does not depend on it.
   *
   * That it knows is stored only of an ended job, which has nothing else to wake for: one that goes on tells it again anyway.
   */
  tellLedger(): Promise<boolean> {
    const job = this.#store.row();
    if (Math.max(job.listedVersion, this.#told) >= job.version) {
      return Promise.resolve(true);
    }
    if (this.#telling?.version !== job.version) {
      this.#telling = { version: job.version, done: this.#tell(job) };
    }
    return this.#telling.done;
  }

  /** Something has moved: tells the ledger how far the job is, at most once each {@link PROGRESS_PACE_MS}, so that lists show it. */
  progress(): void {
    if (this.#toldAt + PROGRESS_PACE_MS <= this.#deps.effects.now()) {
      this.#store.jobs.touch();
      void this.tellLedger();
    }
  }

  async #tell(job: JobRow): Promise<boolean> {
    this.#toldAt = this.#deps.effects.now();
    try {
      await this.#deps.ledger.record(summaryOf(this.#document(job)), job.version);
      this.#told = Math.max(this.#told, job.version);
      if (hasEnded(job.status)) {
        this.#store.jobs.listed(job.version);
      }
      return true;
    } catch {
      if (this.#telling?.version === job.version) {
        this.#telling = undefined;
      }
      return false;
    }
  }

  /** Tells the ledger, and forgets the job when its time is over; gives the time of the next look, or nothing where nothing is left. */
  async afterEnd(): Promise<number | undefined> {
    const { effects, keepMs, ledger, clear } = this.#deps;
    const told = await this.tell();
    const now = effects.now();
    const { id, status, finishedAt } = this.#store.row();
    const expires = (finishedAt ?? now) + keepMs;
    if (!hasEnded(status)) {
      return now;
    }
    if (now < expires) {
      return told ? expires : now + LEDGER_RETRY_MS;
    }
    await ledger.forget(id);
    // A retry may have come in between.
    if (hasEnded(this.#store.row().status)) {
      await clear();
      // What comes under this id next begins with version 1 again.
      this.#told = 0;
      this.#telling = undefined;
    }
    return undefined;
  }
}
