/**
 * Decides each minute which entries of `SYNC` are due, and makes their jobs.
 *
 * A due time makes one job: its key is the entry's name and that time, so that a tick done twice finds the job of the first. Of several due
 * times that were missed only the last is made up for, whatever kept the ticks from coming. A due time at which the entry's last job is
 * still going makes none, and is not made up for.
 */
import type { SyncEntry } from "../../config/syncs.ts";
import type { CopyRequest } from "../../request/copy-request.ts";
import type { JobDocument, SubmitResult, Trigger } from "../document.ts";
import type { Idempotency } from "../idempotency.ts";
import { hasEnded } from "../state.ts";
import type { SyncRow, SyncRows } from "./sync-rows.ts";

/** Between two ticks: what Cloudflare's cron can do. */
const TICK_MS = 60_000;

/** What {@link SyncTable} works with. */
export interface SyncDeps {
  now(): number;
  /** Makes a job; with the same key twice it is one. */
  submit(request: CopyRequest, trigger: Trigger, idempotency?: Idempotency): Promise<SubmitResult>;
  /** The job of that id; null where there is none any more. */
  job(id: string): Promise<JobDocument | null>;
  /** Why the copy is not allowed, or `undefined` where it is. */
  refusal(request: CopyRequest): string | undefined;
}

/** The schedule, on rows and a clock that are given to it. */
export class SyncTable {
  readonly #rows: SyncRows;
  readonly #deps: SyncDeps;
  /** The last turn of each entry that was run, by its name. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(rows: SyncRows, deps: SyncDeps) {
    this.#rows = rows;
    this.#deps = deps;
  }

  /**
   * Makes the jobs of all entries that have come due since the last tick, as of `nowMs`: the time that the tick was for. An entry that fails is left for the
   * next tick and keeps no other from its turn.
   */
  async tick(entries: readonly SyncEntry[], nowMs: number): Promise<void> {
    this.#rows.keepOnly(entries.map(({ name }) => name));
    const outcomes = await Promise.allSettled(entries.map((entry) => this.#inTurn(entry, () => this.#tickOne(entry, nowMs))));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) {
      throw failed.reason;
    }
  }

  /** Makes the entry's job now, on somebody's wish; gives the one that is still going where there is one. */
  run(entry: SyncEntry, actor: string): Promise<JobDocument> {
    return this.#inTurn(entry, () => this.#runOne(entry, actor));
  }

  /** How the entries have fared, by name. */
  rows(): SyncRow[] {
    return this.#rows.all();
  }

  async #runOne(entry: SyncEntry, actor: string): Promise<JobDocument> {
    const going = await this.#going(this.#rows.read(entry.name));
    if (going !== undefined) {
      return going;
    }
    const result = await this.#deps.submit(entry.request, { kind: "cron", name: entry.name, actor });
    if (result.outcome === "mismatch") {
      throw new Error("A job without a key has no other to differ from");
    }
    this.#rows.started(entry.name, result.job.id, null, this.#deps.now());
    return result.job;
  }

  /** Does `work` once what came before it for this entry is over, so that it sees the job that was made there. */
  #inTurn<T>({ name }: SyncEntry, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(name) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#turns.set(name, turn);
    return turn;
  }

  async #tickOne(entry: SyncEntry, now: number): Promise<void> {
    const { name, request, schedule } = entry;
    const row = this.#rows.read(name);
    const due = schedule.lastDue(now);
    if (due === undefined || due <= (row?.seenUntil ?? now - TICK_MS)) {
      if (row === undefined) {
        // From here on it is known since when it was waited for.
        this.#rows.seen(name, now);
      }
      return;
    }
    const refusal = this.#deps.refusal(request);
    if (refusal !== undefined) {
      this.#rows.refused(name, due, refusal, now);
      return;
    }
    if ((await this.#going(row)) !== undefined) {
      this.#rows.skipped(name, now);
      return;
    }
    const trigger: Trigger = { kind: "cron", name, actor: null };
    const result = await this.#deps.submit(request, trigger, { principal: `sync:${name}`, key: String(due) });
    if (result.outcome === "mismatch") {
      // The entry was changed between two ticks of one due time; the job of the first stands.
      this.#rows.seen(name, now);
      return;
    }
    this.#rows.started(name, result.job.id, due, now);
  }

  /** The entry's last job, as long as it has not ended. */
  async #going(row: SyncRow | undefined): Promise<JobDocument | undefined> {
    const job = row === undefined || row.lastJob === null ? null : await this.#deps.job(row.lastJob);
    return job === null || hasEnded(job.status) ? undefined : job;
  }
}
