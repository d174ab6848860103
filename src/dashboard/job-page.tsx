/** One job: what it is asked to do, how far it is, what is wrong and what can be done. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { JobDocument } from "../jobs/document.ts";
import { ContentTree } from "./content-tree.tsx";
import { useJob } from "./follow-job.ts";
import { JobFacts } from "./job-facts.tsx";
import { JobImages } from "./job-images.tsx";
import { JobPlan } from "./job-plan.tsx";
import { JobProgress } from "./job-progress.tsx";
import { ManyImages } from "./many-images.tsx";
import { useNow } from "./moment.tsx";
import { Notice, ProblemNotice, TroubleNotice } from "./notice.tsx";
import { Digest, Reference } from "./reference.tsx";
import { linkTo } from "./route.ts";
import { type Trouble, useService } from "./service.ts";
import { Status, stateOf } from "./status.tsx";
import { relativeTime } from "./words.ts";

/** The page `#/jobs/ID`, kept up to date while the job goes on. */
export function JobPage({ id }: { id: string }): JSX.Element {
  const { job, trouble, samples, replace } = useJob(id);
  if (job === undefined) {
    return (
      <>
        <h1>Job</h1>
        {trouble === undefined ? <p class="muted">Loading …</p> : <TroubleNotice trouble={trouble} />}
        {trouble?.status === 404 ? (
          <p>
            Ended jobs are kept for <code>JOB_TTL_DAYS</code>. <a href={linkTo("/jobs")}>All jobs</a>
          </p>
        ) : null}
      </>
    );
  }
  return (
    <article class="job-page">
      <header class="job-head">
        <div>
          <p class="job-state" role="status">
            <Status state={stateOf(job)} />
            {job.request.dryRun ? <span class="chip">dry run</span> : null}
          </p>
          <h1 class="job-title">
            <Reference text={job.source} />
          </h1>
          {job.digest === null ? <p class="muted">not resolved yet</p> : <Digest digest={job.digest} />}
        </div>
        <Actions job={job} replace={replace} />
      </header>
      <TroubleNotice trouble={trouble} />
      <Waiting job={job} />
      {job.error === null ? null : <ProblemNotice problem={job.error} />}
      {job.digestPreserved ? null : (
        <Notice tone="info" title="The destination's digest is another one">
          <p>That is what the chosen platforms ask for: their own manifest, or a new index over them, is tagged in place of the whole.</p>
        </Notice>
      )}
      {job.plan === undefined || job.status !== "succeeded" ? null : <JobPlan job={job} />}
      <JobProgress job={job} samples={samples} />
      {job.progress.images === undefined ? (
        <JobImages job={job} images={job.images} />
      ) : (
        <ManyImages job={job} counts={job.progress.images} />
      )}
      <ContentTree job={job} />
      <JobFacts job={job} />
    </article>
  );
}

function Waiting({ job: { waiting, status } }: { job: JobDocument }): JSX.Element | null {
  const now = useNow(1_000);
  if (waiting === null || status !== "running") {
    return null;
  }
  return (
    <Notice tone="warn" title={`Waiting for a registry; it goes on ${relativeTime(Date.parse(waiting.until), now)}`}>
      <p>{waiting.reason}</p>
      <p class="remedy">There is nothing to do: the job goes on by itself. Cancel it to stop waiting.</p>
    </Notice>
  );
}

/** What can be done with a job in its state. */
function Actions({ job, replace }: { job: JobDocument; replace(job: JobDocument): void }): JSX.Element {
  const service = useService();
  const [isBusy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>();
  const isGoing = job.status === "queued" || job.status === "running";
  const act = async (path: string): Promise<void> => {
    setBusy(true);
    const answer = await service.post<JobDocument>(path);
    setBusy(false);
    setTrouble(answer.ok ? undefined : answer.trouble);
    if (answer.ok) {
      replace(answer.value);
    }
  };
  return (
    <div class="job-actions">
      <div class="actions">
        {isGoing ? (
          <button type="button" class="danger" disabled={isBusy} onClick={() => void act(job.links.cancel)}>
            Cancel
          </button>
        ) : null}
        {job.status === "failed" || job.status === "cancelled" ? (
          <button type="button" class="primary" disabled={isBusy} onClick={() => void act(job.links.retry)}>
            Retry
          </button>
        ) : null}
        <a class="button" href={linkTo("/copy", { job: job.id })}>
          Copy again …
        </a>
      </div>
      <TroubleNotice trouble={trouble} />
    </div>
  );
}
