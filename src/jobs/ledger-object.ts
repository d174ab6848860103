import { DurableObject } from "cloudflare:workers";
import { Batch } from "./batch.ts";
import type { JobSummary } from "./document.ts";
import { LedgerRows, type ListPage, type ListQuery } from "./ledger-rows.ts";
import { workerEffects } from "./worker-effects.ts";

/** The list of jobs. Told by each job and never asked on the way of a copy; the jobs are the truth. */
export class JobLedger extends DurableObject {
  readonly #rows = new LedgerRows(this.ctx.storage.sql);
  readonly #news = new Batch<{ summary: JobSummary; version: number }>((items) => {
    for (const { summary, version } of items) {
      this.#rows.record(summary, version);
    }
  }, workerEffects);

  record(summary: JobSummary, version: number): Promise<void> {
    return this.#news.add({ summary, version });
  }

  async forget(id: string): Promise<void> {
    await this.#news.settled();
    this.#rows.forget(id);
  }

  async list(query: ListQuery): Promise<ListPage> {
    await this.#news.settled();
    return this.#rows.list(query);
  }
}
