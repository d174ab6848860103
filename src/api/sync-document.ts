/** What an entry of the schedule looks like from outside. Types only. */
import type { JobStatus } from "../jobs/document.ts";
import type { CopyRequest } from "../request/copy-request.ts";

/** One entry of `SYNC`, as `GET /syncs` shows it. */
export interface SyncDocument {
  name: string;
  /** The cron pattern, in UTC. */
  schedule: string;
  request: CopyRequest;
  /** When it is due next; null where that never comes again. */
  nextRunAt: string | null;
  last: {
    /** The due time that was last acted upon; null where only a wish was. */
    dueAt: string | null;
    /** When its last job was made; null where none ever was. */
    startedAt: string | null;
    job: { id: string; status: JobStatus | null; links: { self: string } } | null;
    /** Due times that passed while that job was still going. */
    skipped: number;
    /** Why the last due time made no job. */
    refusal: string | null;
  } | null;
  links: { run: string };
}
