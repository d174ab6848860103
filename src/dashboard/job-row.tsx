/** One job in the list. */
import type { JSX } from "preact";
import type { JobDocument, JobSummary } from "../jobs/document.ts";
import { adviceFor } from "./advice.ts";
import { Moment } from "./moment.tsx";
import { fractionDone } from "./pace.ts";
import { usePolled } from "./polled.ts";
import { ProgressBar } from "./progress-bar.tsx";
import { Reference } from "./reference.tsx";
import { linkToJob } from "./route.ts";
import { Status, stateOf } from "./status.tsx";
import { To } from "./to.tsx";
import { bytesInWords, bytesOfBytes, counted, durationInWords } from "./words.ts";

/** A row of the list. `isFollowed`: the job itself is polled for its progress, since the list is told of its beginning and end only. */
export function JobRow({ job, isFollowed }: { job: JobSummary; isFollowed: boolean }): JSX.Element {
  const [first = "", ...others] = job.destinations;
  return (
    <li class="job">
      <Status state={stateOf(job)} />
      <div class="job-what">
        <a href={linkToJob(job.id)}>
          <Reference text={job.source} />
        </a>
        <span class="job-to">
          <To />
          <Reference text={first} />
          {others.length === 0 ? null : <span class="more">{` and ${counted(others.length, "other")}`}</span>}
        </span>
      </div>
      <div class="job-progress">{isFollowed ? <Moving job={job} /> : <Outcome job={job} />}</div>
      <span class="job-trigger">
        {job.plan === undefined ? null : <span class="chip">dry run</span>}
        {`${job.trigger.kind} · ${job.trigger.actor ?? job.trigger.name}`}
      </span>
      <span class="job-when">
        <Moment at={job.createdAt} />
        {job.finishedAt === null ? null : (
          <span class="muted">{durationInWords((Date.parse(job.finishedAt) - Date.parse(job.createdAt)) / 1000)}</span>
        )}
      </span>
    </li>
  );
}

/** Pause between two requests for the job, in milliseconds. */
const POLL_MS = 1_500;

function Moving({ job }: { job: JobSummary }): JSX.Element {
  const { value } = usePolled<JobDocument>(job.links.self, () => POLL_MS);
  return <Outcome job={value === undefined ? job : { ...job, progress: value.progress, waiting: value.waiting }} />;
}

/** How far the job is; where it has ended, its result. */
function Outcome({ job }: { job: JobSummary }): JSX.Element {
  const { status, progress, waiting, error, plan } = job;
  const { bytes } = progress;
  switch (status) {
    case "queued":
      return <span class="muted">not begun</span>;
    case "running":
      return (
        <>
          <ProgressBar fraction={fractionDone(progress)} label={`Progress of ${job.source}`} tone={waiting === null ? "busy" : "warn"} />
          <span class="muted">
            {waiting !== null ? waiting.reason : bytes.total === 0 ? "looking at what is there" : bytesOfBytes(bytes.done, bytes.total)}
          </span>
        </>
      );
    case "succeeded":
      return (
        <span class="muted">
          {plan !== undefined
            ? `would copy ${bytesInWords(plan.bytes.copy)}`
            : bytes.copied > 0
              ? `${bytesInWords(bytes.copied)} copied`
              : "nothing had to be copied"}
        </span>
      );
    case "failed":
      return <span class="bad-text">{error === null ? "see its destinations" : (adviceFor(error.code)?.meaning ?? error.title)}</span>;
    case "cancelled":
      return <span class="muted">{bytes.copied > 0 ? `after ${bytesInWords(bytes.copied)}` : "before anything was sent"}</span>;
  }
}
