import { DurableObject } from "cloudflare:workers";
import type { JobPage, JobSummary } from "../document.ts";
import { workerEffects } from "../worker-effects.ts";
import { Batch } from "./batch.ts";
import { LedgerRows, type ListQuery } from "./ledger-rows.ts";
import { MetricRows } from "./metric-rows.ts";
import { incrementsOfRequests, incrementsOfSweep } from "./metrics.ts";
import { type RequestCounts, RequestTally } from "./request-tally.ts";

/** The list of jobs. Told by each job and never asked on the way of a copy; the jobs are the truth. */
export class JobLedger extends DurableObject {
  readonly #rows = new LedgerRows(this.ctx.storage.sql);
  readonly #metrics = new MetricRows(this.ctx.storage.sql);
  readonly #news = new Batch<{ summary: JobSummary; version: number; requests: RequestCounts }>((items) => {
    const counts = new RequestTally();
    for (const { summary, version, requests } of items) {
      this.#metrics.add(this.#rows.record(summary, version));
      counts.add(requests);
    }
    this.#metrics.add(incrementsOfRequests(counts.take()));
  }, workerEffects);

  /** Keeps a job's summary, and counts the requests that it made since it last told. */
  record(summary: JobSummary, version: number, requests: RequestCounts): Promise<void> {
    return this.#news.add({ summary, version, requests });
  }

  /** Counts a sweep of the stage, and keeps where the next one goes on; null: at the beginning. */
  async swept(result: { deleted: number; aborted: number }, cursor: string | null): Promise<void> {
    this.#metrics.add(incrementsOfSweep(result));
    this.ctx.storage.kv.put("sweep", cursor);
  }

  /** Where the next sweep of the stage goes on, or null where it begins anew. */
  async sweepCursor(): Promise<string | null> {
    return this.ctx.storage.kv.get<string | null>("sweep") ?? null;
  }

  /** Every series that is counted, and how many jobs have not ended. */
  async metrics(): Promise<Record<string, number>> {
    await this.#news.settled();
    return Object.fromEntries([...this.#metrics.all(), ...this.#rows.openJobs()]);
  }

  /** Drops a job from the list. What it added to the counters stays. */
  async forget(id: string): Promise<void> {
    await this.#news.settled();
    this.#rows.forget(id);
  }

  /** One page of the jobs, newest first. */
  async list(query: ListQuery): Promise<JobPage> {
    await this.#news.settled();
    return this.#rows.list(query);
  }
}
