/** The document of an entry of the schedule. Types only. */
import type { JobStatus } from "../jobs/document.ts";
import type { ShownRequest } from "../request/copy-request.ts";

/** One entry of `SYNC`, as `GET /syncs` shows it. */
export interface SyncDocument {
  name: string;
  /** The cron pattern, in UTC. */
  schedule: string;
  request: ShownRequest;
  /** When it is due next; null where it never is again. */
  nextRunAt: string | null;
  last: {
    /** The due time of the last scheduled run; null where it was only ever run on request. */
    dueAt: string | null;
    /** When its last job was made; null where there was none. */
    startedAt: string | null;
    job: { id: string; status: JobStatus | null; links: { self: string } } | null;
    /** How many due times passed while that job was still going. */
    skipped: number;
    /** Why the last due time made no job. */
    refusal: string | null;
  } | null;
  links: { run: string };
}
