import { DurableObject } from "cloudflare:workers";
import type { JobSummary } from "./document.ts";
import { LedgerRows, type ListPage, type ListQuery } from "./ledger-rows.ts";

/** The list of jobs. Told afterwards by each job and never asked on the way of a copy; the jobs are the truth. */
export class JobLedger extends DurableObject {
  readonly #rows = new LedgerRows(this.ctx.storage.sql);

  async record(summary: JobSummary, version: number): Promise<void> {
    this.#rows.record(summary, version);
  }

  async forget(id: string): Promise<void> {
    this.#rows.forget(id);
  }

  async list(query: ListQuery): Promise<ListPage> {
    return this.#rows.list(query);
  }
}
