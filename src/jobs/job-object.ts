import { DurableObject } from "cloudflare:workers";
import { configOf } from "../config/config.ts";
import { destinationOf, jobCallbacksOf, ledgerOf, registryHost, stageBucket } from "./bindings.ts";
import { CARRIERS_BYTES, MemoryGate } from "./blobs/memory-gate.ts";
import { Crowd } from "./crowd.ts";
import type { ContentPage, ImagePage, JobDocument, RetryOutcome, Submission, SubmitResult } from "./document.ts";
import type { EpilogueDeps } from "./epilogue.ts";
import { Admission } from "./hosts/admission.ts";
import { openDirectory, openRepository, TELLS_PAUSES } from "./hosts/connections.ts";
import { quotaNotes } from "./hosts/quota-notes.ts";
import { slotsOf } from "./hosts/spare-host.ts";
import type { ContentQuery } from "./images/content-lists.ts";
import type { ImageQuery } from "./images/image-lists.ts";
import { acceptedEvent, type EventLog, jobEvent } from "./ledger/event-log.ts";
import { RequestTally } from "./ledger/request-tally.ts";
import { workerLog } from "./ledger/worker-log.ts";
import { JobRunner } from "./runner.ts";
import { workerEffects } from "./worker-effects.ts";

/** Pause after a wake-up that could not even read its rows or configuration. */
const WAKE_AGAIN_MS = 10_000;

/** What this process knows of the hosts; for all its jobs. */
let admission: Admission | undefined;

/** What carriers take in this process; for all its jobs. */
const memory = new MemoryGate(CARRIERS_BYTES, workerEffects.now);

/** Submissions to this process; for all its jobs. */
const crowd = new Crowd();

const DAY_MS = 24 * 60 * 60 * 1000;

/** One copy job, under its id as name: a thin shell that gives the runner its storage, alarm and connections. */
export class CopyJob extends DurableObject<Cloudflare.Env> {
  #made: JobRunner | undefined;

  /** Stores the job and sets it going; see {@link JobRunner.submit}. A job that was made is logged. */
  async submit(submission: Submission): Promise<SubmitResult> {
    const result = await this.#runner().submit(submission);
    if (result.outcome === "created") {
      const { event, fields } = acceptedEvent(result.job);
      workerLog(configOf(this.env))("info", event, fields);
    }
    return result;
  }

  /** The job as it is now; null where none was ever submitted under this id, or it was forgotten. */
  read(): Promise<JobDocument | null> {
    return this.#runner().read();
  }

  /** Ends the job where it has not ended, and gives it then; null where there is none. */
  cancel(): Promise<JobDocument | null> {
    return this.#runner().cancel();
  }

  /** Takes up an ended job again; the outcome says where that can't be done. */
  retry(): Promise<RetryOutcome> {
    return this.#runner().retry();
  }

  /** One page of the job's images; null where there is no job. */
  async images(query: ImageQuery): Promise<ImagePage | null> {
    return this.#runner().look((store) => store.imagePage(query));
  }

  /** One page of the manifests that the job copies; null where there is no job. */
  async content(query: ContentQuery): Promise<ContentPage | null> {
    return this.#runner().look((store) => store.contentPage(query));
  }

  /** The job at its end, or as it is after `ms` milliseconds; null where there is none. */
  waitForEnd(ms: number): Promise<JobDocument | null> {
    return this.#runner().waitForEnd(ms);
  }

  /** The job's event stream as a response; null where there is no job. See {@link Watchers.stream}. */
  events(lastEventId: number | null): Promise<Response | null> {
    return this.#runner().events(lastEventId);
  }

  /** Does what is due, see {@link JobRunner.wake}. Never throws. */
  override async alarm(): Promise<void> {
    try {
      await this.#runner().wake();
    } catch {
      // An alarm that throws is dropped after six retries, some two minutes; one that is set again is not.
      await this.ctx.storage.setAlarm(Date.now() + WAKE_AGAIN_MS);
    }
  }

  #runner(): JobRunner {
    this.#made ??= this.#make();
    return this.#made;
  }

  #make(): JobRunner {
    const config = configOf(this.env);
    const hostOf = (registry: string) => registryHost(this.env, registry);
    admission ??= new Admission(hostOf, workerEffects);
    const tally = new RequestTally();
    // What the runtime counts for each invocation, of which the job makes most by these ways.
    let subrequests = 0;
    const counted = <T>(work: T): T => {
      subrequests++;
      return work;
    };
    const effects = { ...workerEffects, fetch: (url: string, init: RequestInit) => counted(workerEffects.fetch(url, init)) };
    const connector = { config, effects, hostOf, tally, onQuota: quotaNotes(admission, workerEffects), retry: TELLS_PAUSES };
    const { storage } = this.ctx;
    return new JobRunner({
      sql: storage.sql,
      setAlarm: (at) => storage.setAlarm(at),
      clear: () => storage.deleteAll(),
      effects: workerEffects,
      openSource: (name, signal) => openRepository(connector, "source", name, signal),
      openTarget: (name, signal) => openRepository(connector, "destination", name, signal),
      openDirectory: (side, name, signal) => openDirectory(connector, side, name, signal),
      subrequests: () => subrequests,
      destination: (name) => destinationOf(this.env, name, () => void subrequests++),
      admission,
      carry: async (task, report) => {
        const { requests, ...result } = await counted(this.ctx.exports.Carrier.carry(task, report));
        tally.add(requests);
        return result;
      },
      ledger: this.#ledger(tally, workerLog(config)),
      // Each call takes a new stub, as with the ledger.
      outbox: {
        take: (callback) => jobCallbacksOf(this.env, callback.job).take(callback),
        tryOnce: (callback) => jobCallbacksOf(this.env, callback.job).tryOnce(callback),
      },
      memory,
      slots: slotsOf(config.registries, (registry) => counted(hostOf(registry)), workerEffects),
      canStage: stageBucket(this.env) !== undefined,
      sliceMs: config.sliceSeconds * 1000,
      startDelay: () => crowd.delay(workerEffects.now()),
      patienceMs: config.patienceSeconds * 1000,
      keepMs: config.jobTtlDays * DAY_MS,
    });
  }

  /** The way to the ledger. What the job tells it goes into the log too, and the requests that were counted since go with it. */
  #ledger(tally: RequestTally, log: EventLog): EpilogueDeps["ledger"] {
    // A stub that failed once keeps failing: each call takes a new one.
    const ledger = () => ledgerOf(this.env);
    let logged = "";
    return {
      record: async (summary, version) => {
        const news = jobEvent(summary);
        // The ledger may be told more than once of what is the same to an operator.
        const text = JSON.stringify(news);
        if (news !== undefined && text !== logged) {
          logged = text;
          log(news.level, news.event, news.fields);
        }
        const requests = tally.take();
        try {
          await ledger().record(summary, version, requests);
        } catch (error) {
          tally.add(requests);
          throw error;
        }
      },
      forget: (id) => ledger().forget(id),
    };
  }
}
