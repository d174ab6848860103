/**
 * One job from submission to its end, on rows, a clock and an alarm that are given to it.
 *
 * Work is done in slices. `submit` and `retry` begin the first one themselves; every other is begun by the object's alarm, through
 * `wake`, since nothing but an alarm keeps a Durable Object alive for long. Before any work the next alarm is set (a dead man's
 * switch), so whatever happens to the process, the alarm resumes from the rows. A slice never throws.
 */
import { CopyError, type Failure } from "../oci/errors.ts";
import { giveBackUploads } from "./blobs/give-back-uploads.ts";
import { CallbackNews, type NewsDeps } from "./callbacks/callback-news.ts";
import type { JobDocument, RetryOutcome, Submission, SubmitResult } from "./document.ts";
import { Epilogue, type EpilogueDeps, LEDGER_RETRY_MS } from "./epilogue.ts";
import { keepAlive, SWITCH_MS } from "./heartbeat.ts";
import { MAX_IN_EVENT, MAX_SHOWN } from "./images/image-lists.ts";
import type { JobRow } from "./job-rows.ts";
import { JobStore } from "./job-store.ts";
import { LiveState } from "./live-state.ts";
import { afterDeaths, afterSetback, askedPause } from "./patience.ts";
import { runSlice, type SliceDeps } from "./slice.ts";
import { hasEnded } from "./state.ts";
import { Watchers } from "./watchers.ts";

/** An alarm that comes this much before the end of a wait comes in time. */
const EARLY_MS = 1_000;

/** When the alarm takes over a slice that was begun by a request. */
const ALARM_AFTER_MS = 1_000;

/** How long the answer to a submission waits for the ledger, so that who lists the jobs next finds this one. A ledger that is slower is told afterwards. */
const LISTED_MS = 500;

/** Pause after a slice that could not even keep its rows. */
const DRIVE_AGAIN_MS = 10_000;

/** How long `cancel` waits for carriers to stop before it answers. */
const CANCEL_WAIT_MS = 2_000;

/** Everything that {@link JobRunner} is given. */
export interface RunnerDeps extends SliceDeps, EpilogueDeps, NewsDeps {
  sql: SqlStorage;
  /** Sets the one alarm of the object, in place of the one before. */
  setAlarm(atMs: number): Promise<void>;
  /** How long a job is tried again without anything going forward, in milliseconds. */
  patienceMs: number;
  /** Milliseconds after which a job that comes now should begin. */
  startDelay(): number;
}

/** One job, as its object holds it. All state is in the rows, so that a new one goes on where a dead process left off. */
export class JobRunner {
  readonly #deps: RunnerDeps;
  readonly #store: JobStore;
  readonly #watchers: Watchers;
  readonly #news: CallbackNews;
  readonly #epilogue: Epilogue;
  readonly #live = new LiveState();
  #slice: { cancel: AbortController; done: Promise<void> } | undefined;

  constructor(deps: RunnerDeps) {
    this.#deps = deps;
    this.#store = new JobStore(deps.sql);
    this.#news = new CallbackNews(deps.sql, deps, () => this.#document(this.#store.row()));
    this.#epilogue = new Epilogue(this.#store, deps, (job) => this.#document(job), this.#news);
    this.#watchers = new Watchers(() => {
      const job = this.#store.row();
      return { document: this.#document(job, hasEnded(job.status) ? MAX_SHOWN : MAX_IN_EVENT), version: job.version };
    }, deps.effects);
  }

  /** Stores a job and sets its alarm; the same submission again gives the same job. */
  async submit(submission: Submission): Promise<SubmitResult> {
    const known = this.#store.jobs.read();
    if (known !== undefined) {
      return known.fingerprint === submission.fingerprint ? { outcome: "known", job: this.#document(known) } : { outcome: "mismatch" };
    }
    const now = this.#deps.effects.now();
    this.#store.insert(submission, now);
    const job = this.#document(this.#store.row());
    await this.#begin();
    return { outcome: "created", job };
  }

  /** The job as it is now; null where there is none. One whose process died is woken at once, before its switch goes off. */
  async read(): Promise<JobDocument | null> {
    const job = this.#store.jobs.read();
    if (job === undefined) {
      return null;
    }
    if (job.status === "running" && job.waiting === null && this.#slice === undefined) {
      await this.#deps.setAlarm(this.#deps.effects.now());
    }
    return this.#document(job);
  }

  /** What `work` reads from the job's rows. */
  look<T>(work: (store: JobStore) => T): T | null {
    return this.#store.jobs.read() === undefined ? null : work(this.#store);
  }

  /** The job at its end, or as it is after `ms` milliseconds; null where there is none. */
  async waitForEnd(ms: number): Promise<JobDocument | null> {
    if ((await this.read()) === null) {
      return null;
    }
    await this.#watchers.waitForEnd(ms);
    return this.read();
  }

  /** The job's event stream as a response, see {@link Watchers.stream}; null where there is no job. */
  async events(lastEventId: number | null): Promise<Response | null> {
    return (await this.read()) === null ? null : this.#watchers.stream(lastEventId);
  }

  /** Ends a job that has not ended; carriers at work are stopped first. */
  async cancel(): Promise<JobDocument | null> {
    const job = this.#store.jobs.read();
    if (job === undefined || hasEnded(job.status)) {
      return this.read();
    }
    this.#store.jobs.askCancel();
    if (this.#slice !== undefined) {
      this.#slice.cancel.abort(new CopyError(CANCELLED));
      await Promise.race([this.#slice.done, this.#deps.effects.sleep(CANCEL_WAIT_MS)]);
    }
    if (this.#slice === undefined) {
      // None was at work, or it had ended by itself when the cancel came, with more to do.
      await this.#end("cancelled", CANCELLED);
    }
    return this.read();
  }

  /** Takes up an ended job again: what failed is tried from where it stands. */
  async retry(): Promise<RetryOutcome> {
    const job = this.#store.jobs.read();
    if (job === undefined) {
      return { outcome: "unknown" };
    }
    if (!this.#store.jobs.move("queued", this.#deps.effects.now())) {
      return { outcome: "not-retryable", job: this.#document(job) };
    }
    this.#store.reopen(job);
    const queued = this.#document(this.#store.row());
    await this.#begin();
    return { outcome: "retried", job: queued };
  }

  /**
   * Sets a stored job going; what was stored just now and the alarm are one write.
   *
   * The first slice begins here and not in the alarm, which takes some 20 ms to come: most jobs find nothing to do and end in less. The
   * alarm comes a second later and takes over keeping the object alive, which nothing but an alarm does for long. In a crowd of
   * submissions the job begins by its alarm, and later.
   */
  async #begin(): Promise<void> {
    const { effects, setAlarm, startDelay } = this.#deps;
    const delay = startDelay();
    const alarm = setAlarm(effects.now() + (delay === 0 ? ALARM_AFTER_MS : delay));
    if (delay === 0) {
      void this.#drive(this.#store.row());
    }
    await alarm;
    await Promise.race([this.#epilogue.tellLedger(), effects.sleep(LISTED_MS)]);
  }

  /** What the alarm does: keeps the object alive while a slice is at work, and begins the next one where none is. */
  async wake(): Promise<void> {
    const { effects, setAlarm } = this.#deps;
    if (this.#store.jobs.read() === undefined) {
      return;
    }
    await setAlarm(effects.now() + SWITCH_MS);
    const job = this.#store.row();
    if (this.#slice !== undefined) {
      await this.#slice.done;
    } else if (job.waiting !== null && job.waiting.until > effects.now() + EARLY_MS && !job.cancelAsked) {
      await setAlarm(job.waiting.until);
    } else {
      await this.#drive(job);
    }
  }

  /** Does what is due and sets the alarm for what comes next. Never rejects. */
  #drive(job: JobRow): Promise<void> {
    const { effects, setAlarm } = this.#deps;
    const cancel = new AbortController();
    if (job.cancelAsked) {
      cancel.abort(new CopyError(CANCELLED));
    }
    const over = new AbortController();
    void keepAlive(this.#deps, over.signal);
    const done = (hasEnded(job.status) ? this.#epilogue.afterEnd() : this.#work(job, cancel.signal))
      .catch(() => effects.now() + DRIVE_AGAIN_MS)
      .then(async (next) => {
        over.abort();
        // A retry may have begun the next one already; the alarm is that one's then.
        if (this.#slice === slice) {
          this.#slice = undefined;
          if (next !== undefined) {
            const isAsked = !hasEnded(this.#store.row().status) && this.#store.row().cancelAsked;
            await setAlarm(isAsked ? effects.now() : next);
          }
        }
      })
      // An alarm that could not be set: the switch of this slice still is.
      .catch(() => {});
    const slice = { cancel, done };
    this.#slice = slice;
    return done;
  }

  /** One slice of work; gives the time of the next one, or of the next look at an ended job. */
  async #work(job: JobRow, cancelled: AbortSignal): Promise<number | undefined> {
    const { admission, effects } = this.#deps;
    this.#store.jobs.move("running", effects.now());
    this.#store.jobs.stopWaiting();
    void this.#epilogue.tellLedger();
    this.#watchers.poke();
    void this.#news.tell(job.request);
    const showing = (change: () => void) => {
      change();
      this.#watchers.poke();
      this.#news.progress(job.request);
      this.#epilogue.progress();
    };
    const events = {
      forward: () => showing(() => this.#store.jobs.goForward()),
      sending: (bytes: number) => showing(() => this.#live.sent(bytes)),
      pausing: (failure: Failure) => showing(() => this.#live.pause(failure, effects.now(), admission)),
    };
    const fatal = afterDeaths(job.wakes);
    if (fatal !== undefined) {
      return await this.#giveUp(fatal);
    }
    this.#store.jobs.woke();
    const outcome = await runSlice(this.#store.row(), this.#store, this.#deps, events, cancelled);
    this.#live.forgetBytes();
    this.#store.jobs.sleeps(outcome.next === "again");
    switch (outcome.next) {
      case "end":
        await this.#end(outcome.status, outcome.failure);
        return await this.#epilogue.afterEnd();
      case "again":
        return effects.now();
      case "trouble":
        return await this.#setBack(outcome.failure);
    }
  }

  /** Decides between another try and the end; gives the time of the next try. */
  async #setBack(failure: Failure): Promise<number | undefined> {
    const { admission, effects, patienceMs } = this.#deps;
    const now = effects.now();
    const verdict = afterSetback(failure, this.#store.row(), patienceMs, now, effects.random());
    if (verdict.next === "give-up") {
      return await this.#giveUp(failure);
    }
    const asked = askedPause(failure, now);
    this.#store.jobs[asked === undefined ? "setBack" : "pause"](now, verdict.until, verdict.reason);
    // A pause that was found already noted comes without an answer of the registry's.
    if (asked !== undefined && failure.registry !== undefined && failure.upstream !== undefined) {
      await admission.pause(failure.registry, asked);
    }
    this.#watchers.poke();
    // That a job waits is worth a write: it is what the operator looks for.
    void this.#epilogue.tellLedger();
    return verdict.until;
  }

  /** Ends the job and every destination of it that has not ended. */
  async #giveUp(failure: Failure): Promise<number | undefined> {
    this.#store.images.endPending(failure);
    await this.#end("failed", this.#store.failure() ?? failure);
    return await this.#epilogue.afterEnd();
  }

  async #end(status: "succeeded" | "failed" | "cancelled", failure: Failure | null): Promise<void> {
    if (!this.#store.jobs.move(status, this.#deps.effects.now(), failure)) {
      return;
    }
    if (status === "cancelled" && failure !== null) {
      this.#store.images.endPending(failure);
    }
    if (status === "succeeded") {
      this.#store.content.dropBytes();
    }
    this.#watchers.ended();
    await giveBackUploads(this.#store, this.#deps);
    if (!(await this.#epilogue.tell())) {
      await this.#deps.setAlarm(this.#deps.effects.now() + LEDGER_RETRY_MS);
    }
  }

  #document(job: JobRow, mostImages = MAX_SHOWN): JobDocument {
    return this.#store.document(this.#live.shown(job, this.#deps.effects.now()), this.#live.bytes, mostImages);
  }
}

const CANCELLED: Failure = { code: "cancelled", message: "The job was cancelled", retry: "never" };
