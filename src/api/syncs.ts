/** `/syncs`: shows the schedule with the last run of each entry, and runs an entry now. */
import type { SyncEntry } from "../config/syncs.ts";
import type { JobStatus } from "../jobs/document.ts";
import type { SyncRow } from "../jobs/schedule/sync-rows.ts";
import { shownRequest } from "../jobs/shown-request.ts";
import { ApiError } from "./api-error.ts";
import { authorizeCopy } from "./authorize.ts";
import { jobAnswer } from "./copy.ts";
import type { ApiDeps, Call } from "./deps.ts";
import { jsonResponse } from "./json-response.ts";
import type { SyncDocument } from "./sync-document.ts";

/** `GET /syncs`: 200 with all entries, in the order of the configuration. */
export async function listSyncs({ config, deps }: Call): Promise<Response> {
  const rows = config.syncs.length === 0 ? [] : await deps.syncs.rows();
  const nowMs = deps.now();
  const documents = config.syncs.map(async (entry) => {
    const row = rows.find(({ name }) => name === entry.name);
    return syncDocument(entry, row, await lastStatus(row, deps), nowMs);
  });
  return jsonResponse(200, { syncs: await Promise.all(documents) });
}

/** `POST /syncs/{name}/run`: 202 with the new job, or with the last one where that is still going; 404 where there is no such entry. */
export async function runSync({ config, principal, params, deps }: Call): Promise<Response> {
  const entry = config.syncs.find(({ name }) => name === params.name);
  if (entry === undefined) {
    throw unknownSync();
  }
  authorizeCopy(entry.request, principal, config.policy);
  const job = await deps.syncs.run(entry.name, principal.name);
  if (job === null) {
    throw unknownSync();
  }
  return jobAnswer(job);
}

/** The status of the entry's last job; null where there is none, or it is kept no longer. */
async function lastStatus(row: SyncRow | undefined, deps: ApiDeps): Promise<JobStatus | null> {
  const job = row === undefined || row.lastJob === null ? null : await deps.job(row.lastJob)?.read();
  return job?.status ?? null;
}

/** The document of an entry. Pure. */
function syncDocument(entry: SyncEntry, row: SyncRow | undefined, status: JobStatus | null, nowMs: number): SyncDocument {
  const { name, pattern, schedule, request } = entry;
  const hasRun = row !== undefined && (row.lastDue !== null || row.lastStartedAt !== null);
  return {
    name,
    schedule: pattern,
    request: shownRequest(request),
    nextRunAt: timeOf(schedule.nextDue(nowMs)),
    last: hasRun
      ? {
          dueAt: timeOf(row.lastDue),
          startedAt: timeOf(row.lastStartedAt),
          job: row.lastJob === null ? null : { id: row.lastJob, status, links: { self: `/jobs/${row.lastJob}` } },
          skipped: row.skipped,
          refusal: row.refusal,
        }
      : null,
    links: { run: `/syncs/${encodeURIComponent(name)}/run` },
  };
}

function timeOf(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : new Date(ms).toISOString();
}

function unknownSync(): ApiError {
  return new ApiError({ kind: "not-found", detail: "SYNC has no entry of this name." });
}
