/** All jobs, newest first. */
import type { JSX } from "preact";
import type { JobPage, JobSummary } from "../jobs/document.ts";
import { JobRow } from "./job-row.tsx";
import { TroubleNotice } from "./notice.tsx";
import { usePolled } from "./polled.ts";
import { linkTo } from "./route.ts";

const FILTERS = ["", "running", "queued", "succeeded", "failed", "cancelled"] as const;

/** Jobs on a page. */
const PAGE = 50;

/** Most running jobs whose progress the list polls. */
const MAX_FOLLOWED = 8;

/** Pause between two requests for the list, in milliseconds: while a job of it is queued or running, and otherwise. */
const BUSY_MS = 1_500;
const QUIET_MS = 5_000;

/** The page `#/jobs`. `status` filters, `cursor` says which page of the list is shown; both are empty where nothing was chosen. */
export function JobsPage({ status, cursor }: { status: string; cursor: string }): JSX.Element {
  const query = new URLSearchParams({
    limit: String(PAGE),
    ...(status === "" ? {} : { status }),
    ...(cursor === "" ? {} : { cursor }),
  });
  const { value, trouble } = usePolled<JobPage>(`/jobs?${query}`, (page) => (page?.jobs.some(isGoing) ? BUSY_MS : QUIET_MS));
  return (
    <>
      <div class="page-head">
        <h1>Jobs</h1>
        <nav aria-label="Filter by status" class="filters">
          <ul>
            {FILTERS.map((filter) => (
              <li key={filter}>
                <a href={linkTo("/jobs", { status: filter })} aria-current={filter === status ? "true" : undefined}>
                  {filter === "" ? "all" : filter}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <a class="button primary" href={linkTo("/copy")}>
          New copy
        </a>
      </div>
      <TroubleNotice trouble={trouble} />
      {value === undefined ? trouble === undefined ? <p class="muted">Loading …</p> : null : <Jobs page={value} status={status} />}
      {value === undefined ? null : (
        <nav aria-label="Pages of jobs" class="pages">
          {cursor === "" ? null : <a href={linkTo("/jobs", { status })}>Newest</a>}
          {value.cursor === null ? null : <a href={linkTo("/jobs", { status, cursor: value.cursor })}>Older</a>}
        </nav>
      )}
    </>
  );
}

function Jobs({ page, status }: { page: JobPage; status: string }): JSX.Element {
  if (page.jobs.length === 0) {
    return (
      <p class="empty">
        {status === "" ? "No job yet. " : `No ${status} job. `}
        <a href={linkTo("/copy")}>Start a copy</a>
      </p>
    );
  }
  const followed = new Set(page.jobs.filter(({ status: one }) => one === "running").slice(0, MAX_FOLLOWED));
  return (
    <ul class="jobs">
      {page.jobs.map((job) => (
        <JobRow key={job.id} job={job} isFollowed={followed.has(job)} />
      ))}
    </ul>
  );
}

function isGoing({ status }: JobSummary): boolean {
  return status === "queued" || status === "running";
}
