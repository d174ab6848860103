import { WorkerEntrypoint } from "cloudflare:workers";
import { configOf } from "../../config/config.ts";
import { HashMemory } from "../../copy/hash-memory.ts";
import { withSharedTimer } from "../../net/shared-timer.ts";
import { CopyError, type Failure, failureOf } from "../../oci/errors.ts";
import type { StageProgress } from "../../oci/stage.ts";
import type { BlobUpload } from "../../oci/store.ts";
import { registryHost, stageOf } from "../bindings.ts";
import { TELLS_PAUSES } from "../hosts/connections.ts";
import { type RequestCounts, RequestTally } from "../ledger/request-tally.ts";
import { workerEffects } from "../worker-effects.ts";
import type { CarryReport, CarryResult, CarryTask } from "./carry-task.ts";
import { runErrand } from "./errands.ts";

/** A report is due after this many bytes … */
const REPORT_BYTES = 8 * 1024 * 1024;

/** … and after this time, so that an order is heard also while nothing moves. */
const REPORT_MS = 500;

/** From this size on a blob's upload is told of at once: a process that dies is likely to die during one that lasts. */
const LASTING_BYTES = 1024 * 1024;

/** Running digests of half-staged blobs, for the next slice in this process. */
const memory = new HashMemory();

/**
 * Runs one errand, for one blob or for a few hundred tags, in an invocation of its own, with its own CPU budget and its own six connections.
 *
 * A plain entrypoint and no Durable Object: those have a limit on the request bodies that they send.
 */
export class Carrier extends WorkerEntrypoint<Cloudflare.Env> {
  /** Runs the errand, telling `report` how it goes and doing what that orders; gives a failure rather than throwing it, and the requests that it made. */
  async carry(task: CarryTask, report: CarryReport): Promise<CarryResult & { requests: RequestCounts }> {
    const tally = new RequestTally();
    const result = await this.#carry(task, report, tally);
    return { ...result, requests: tally.take() };
  }

  async #carry(task: CarryTask, report: CarryReport, tally: RequestTally): Promise<CarryResult> {
    const stop = new AbortController();
    let sent = 0;
    let progress: StageProgress | undefined;
    let pause: Failure | undefined;
    let upload: BlobUpload | undefined;
    let told: string | undefined;
    let hasTime = true;
    let isLeft = false;
    const tell = async () => {
      const location = upload?.location;
      const news = {
        sent,
        ...(progress === undefined ? {} : { progress }),
        ...(pause === undefined ? {} : { pause }),
        ...(location === undefined || location === told ? {} : { upload: location }),
      };
      sent = 0;
      progress = undefined;
      pause = undefined;
      told = location;
      // Where the job that asked is gone, its next slice asks again.
      const order = await report(news).catch(() => "stop" as const);
      hasTime &&= order === "go-on";
      if (order === "leave" && !stop.signal.aborted) {
        isLeft = true;
        stop.abort(new CopyError({ code: "timeout", message: "The slice ended in the middle of the blob", retry: "later" }));
      }
      if (order === "stop") {
        stop.abort(new CopyError({ code: "cancelled", message: "The job no longer wants this", retry: "never" }));
      }
    };
    const timer = setInterval(() => this.ctx.waitUntil(tell()), REPORT_MS);
    try {
      return await runErrand(task, {
        config: configOf(this.env),
        effects: withSharedTimer(workerEffects),
        retry: TELLS_PAUSES,
        tally,
        hostOf: (registry) => registryHost(this.env, registry),
        stage: stageOf(this.env),
        memory,
        signal: stop.signal,
        hasTime: () => hasTime,
        isLeft: () => isLeft,
        leave: (work) => this.ctx.waitUntil(work),
        onPause: (failure) => {
          pause = failure;
          this.ctx.waitUntil(tell());
        },
        onUpload: (begun) => {
          upload = begun;
          if (task.errand !== "tags" && task.blob.size >= LASTING_BYTES) {
            this.ctx.waitUntil(tell());
          }
        },
        onSent: (bytes) => {
          sent += bytes;
          if (sent >= REPORT_BYTES) {
            this.ctx.waitUntil(tell());
          }
        },
        onProgress: (newest) => {
          progress = newest;
          return tell();
        },
      });
    } catch (error) {
      return { outcome: "failed", failure: failureOf(error) };
    } finally {
      clearInterval(timer);
      if (sent > 0 || progress !== undefined) {
        await tell();
      }
    }
  }
}
