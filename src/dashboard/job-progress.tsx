/** How far a job is: the bar, the rate, the time left, and what became of each kind of thing. */
import type { ComponentChildren, JSX } from "preact";
import type { JobDocument } from "../jobs/document.ts";
import { useNow } from "./moment.tsx";
import { averageRate, fractionDone, rateOf, type Sample, secondsLeft } from "./pace.ts";
import { ProgressBar } from "./progress-bar.tsx";
import { bytesInWords, bytesOfBytes, durationInWords } from "./words.ts";

/** The section "Progress" of a job; of a dry run, which moves nothing, only what was looked at. */
export function JobProgress({ job, samples }: { job: JobDocument; samples: readonly Sample[] }): JSX.Element {
  const { progress, status, request } = job;
  const { manifests, blobs, bytes, referrers } = progress;
  const tone =
    status === "failed"
      ? "bad"
      : status === "cancelled"
        ? "calm"
        : status === "succeeded"
          ? "good"
          : job.waiting === null
            ? "busy"
            : "warn";
  return (
    <section class="panel" aria-labelledby="progress-title">
      <h2 id="progress-title">{request.dryRun ? "Looked at" : "Progress"}</h2>
      {request.dryRun ? null : (
        <div class="progress">
          <ProgressBar fraction={status === "succeeded" ? 1 : fractionDone(progress)} label="Progress" tone={tone} />
          <Pace job={job} samples={samples} />
        </div>
      )}
      <dl class="counters">
        <Counter name="Manifests" value={`${manifests.done} of ${manifests.total}`} />
        <Counter name="Blobs" value={`${blobs.done} of ${blobs.total}`}>
          {parts([
            [blobs.copied, "copied"],
            [blobs.mounted, "mounted"],
            [blobs.existing, "there already"],
            [blobs.staged, "through the stage"],
          ])}
        </Counter>
        <Counter name="Content" value={bytesOfBytes(bytes.done, bytes.total)} />
        {request.dryRun ? null : <Counter name="Crossed the wire" value={bytesInWords(bytes.copied)} />}
        {referrers === undefined ? null : (
          <Counter name="Referrers" value={`${referrers.done} of ${referrers.total}`}>
            signatures, SBOMs, attestations
          </Counter>
        )}
      </dl>
    </section>
  );
}

function Counter({ name, value, children }: { name: string; value: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
        {children === undefined || children === "" ? null : <span class="muted">{children}</span>}
      </dd>
    </div>
  );
}

function parts(counts: readonly [number, string][]): string {
  return counts
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number} ${word}`)
    .join(", ");
}

function Pace({ job, samples }: { job: JobDocument; samples: readonly Sample[] }): JSX.Element {
  const now = useNow(1_000);
  const { progress, status, startedAt, finishedAt } = job;
  if (status === "queued") {
    return <p class="pace">Not begun yet</p>;
  }
  const took =
    startedAt === null || finishedAt === null ? undefined : durationInWords((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
  const rate = status === "running" ? rateOf(samples, now) : averageRate(job);
  const left = status === "running" && job.waiting === null ? secondsLeft(progress, rate) : undefined;
  const words = [
    `${Math.round(100 * (status === "succeeded" ? 1 : fractionDone(progress)))} %`,
    rate === undefined || (rate < 1 && status !== "running") ? undefined : `${bytesInWords(Math.round(rate))}/s`,
    left === undefined ? undefined : `about ${left < 10 ? `${Math.ceil(left)} s` : durationInWords(left)} left`,
    took === undefined ? undefined : `took ${took}`,
  ];
  return <p class="pace">{words.filter((word) => word !== undefined).join(" · ")}</p>;
}
