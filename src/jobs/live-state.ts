/** What a job knows of its carriers at work and no row has yet: it is shown, and lost with the process. */
import type { Failure } from "../oci/errors.ts";
import type { Admission } from "./hosts/admission.ts";
import type { JobRow } from "./job-rows.ts";
import { askedPause, waitingReason } from "./patience.ts";

/** The live state of one job. */
export class LiveState {
  #bytes = 0;
  #waiting: JobRow["waiting"] = null;

  /** Bytes sent by carriers at work. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts bytes that were sent; a negative number takes back those that a row has taken over. */
  sent(bytes: number): void {
    this.#bytes += bytes;
  }

  /** No carrier is at work any more. */
  forgetBytes(): void {
    this.#bytes = 0;
  }

  /** Notes a pause that a failure asks for and a carrier keeps in the middle of a blob, and has every other job keep it too. */
  pause(failure: Failure, nowMs: number, admission: Pick<Admission, "pause">): void {
    const asked = askedPause(failure, nowMs);
    if (asked === undefined || failure.registry === undefined) {
      return;
    }
    if (asked.until > (this.#waiting?.until ?? 0)) {
      this.#waiting = { until: asked.until, reason: waitingReason(failure) };
    }
    void admission.pause(failure.registry, asked).catch(() => {});
  }

  /** The row as documents show it: waiting for the pause that is being kept, where the job as a whole does not wait. */
  shown(job: JobRow, nowMs: number): JobRow {
    const isKept = job.status === "running" && job.waiting === null && this.#waiting !== null && this.#waiting.until > nowMs;
    return isKept ? { ...job, waiting: this.#waiting } : job;
  }
}
