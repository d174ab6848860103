import { DurableObject } from "cloudflare:workers";
import { configOf } from "../../config/config.ts";
import type { SyncEntry } from "../../config/syncs.ts";
import { fingerprintOf } from "../../request/fingerprint.ts";
import { permissionFaults, policyPermission } from "../../request/permission.ts";
import type { JobDocument } from "../document.ts";
import { findJob, submitCopy } from "../submit.ts";
import { type SyncRow, SyncRows } from "./sync-rows.ts";
import { SyncTable } from "./sync-table.ts";

/** The schedule of the whole service: one object, woken once a minute where `SYNC` has entries. */
export class SyncSchedule extends DurableObject<Cloudflare.Env> {
  readonly #table = new SyncTable(new SyncRows(this.ctx.storage.sql), {
    now: () => Date.now(),
    submit: (request, trigger, idempotency) =>
      submitCopy(this.env, {
        request,
        trigger,
        fingerprint: fingerprintOf(request),
        ...(idempotency === undefined ? {} : { idempotency }),
      }),
    job: async (id) => (await findJob(this.env, id)?.read()) ?? null,
    refusal: (request) => permissionFaults(request, [policyPermission(configOf(this.env))])[0]?.detail,
  });

  /** Makes the jobs that are due at that time, in milliseconds since the epoch; to be called once a minute. See {@link SyncTable.tick}. */
  tick(scheduledMs: number): Promise<void> {
    return this.#table.tick(configOf(this.env).syncs, scheduledMs);
  }

  /** Runs an entry now; `null` where there is none of that name. */
  async run(name: string, actor: string): Promise<JobDocument | null> {
    const entry = this.#entry(name);
    return entry === undefined ? null : await this.#table.run(entry, actor);
  }

  /** How the entries have fared. */
  async rows(): Promise<SyncRow[]> {
    return this.#table.rows();
  }

  #entry(name: string): SyncEntry | undefined {
    return configOf(this.env).syncs.find((entry) => entry.name === name);
  }
}
