/** The result of a dry run, and the way to the copy itself. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { TransferPlan } from "../copy/transfer-plan.ts";
import type { JobDocument } from "../jobs/document.ts";
import { freshKey, recallRequest } from "./copy-request.ts";
import { TroubleNotice } from "./notice.tsx";
import { linkTo, linkToJob } from "./route.ts";
import { type Trouble, useService } from "./service.ts";
import { useShown } from "./shown.ts";
import { planInWords } from "./transfer-words.ts";
import { bytesInWords } from "./words.ts";

/** What a copy would move, and a button that starts it; nothing where the job has no plan. */
export function JobPlan({ job }: { job: JobDocument }): JSX.Element | null {
  const service = useService();
  const [trouble, setTrouble] = useState<Trouble>();
  const [key] = useState(freshKey);
  const shown = useShown();
  const { plan } = job;
  if (plan === undefined) {
    return null;
  }
  const request = recallRequest(job);
  const start = async (): Promise<void> => {
    const answer = await service.post<JobDocument>("/copy", { ...request, dryRun: false }, { "idempotency-key": key });
    if (answer.ok && shown.current) {
      location.hash = linkToJob(answer.value.id);
    } else if (!answer.ok) {
      setTrouble(answer.trouble);
    }
  };
  return (
    <section class="panel plan" aria-labelledby="plan-title">
      <h2 id="plan-title">What a copy would move</h2>
      <p class="plan-sum">
        <strong>{bytesInWords(plan.bytes.copy)}</strong> {`A copy ${planInWords(plan)}.`}
      </p>
      <PlanTable plan={plan} />
      <div class="actions">
        {request === undefined ? (
          <a class="button primary" href={linkTo("/copy", { job: job.id })}>
            Start this copy …
          </a>
        ) : (
          <button type="button" class="primary" onClick={() => void start()}>
            Start this copy
          </button>
        )}
      </div>
      <TroubleNotice trouble={trouble} />
    </section>
  );
}

/** The plan's counts: what would be sent, mounted, and what is there. */
function PlanTable({ plan: { blobs, manifests, tags } }: { plan: TransferPlan }): JSX.Element {
  return (
    <table class="plan-table">
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Would be sent</th>
          <th scope="col">Mounted</th>
          <th scope="col">There already</th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">Blobs</th>
          <td>{blobs.copy}</td>
          <td>{blobs.mount}</td>
          <td>{blobs.existing}</td>
        </tr>
        <tr>
          <th scope="row">Manifests</th>
          <td>{manifests.put}</td>
          <td>–</td>
          <td>{manifests.existing}</td>
        </tr>
        <tr>
          <th scope="row">Tags</th>
          <td>{tags}</td>
          <td>–</td>
          <td>–</td>
        </tr>
      </tbody>
    </table>
  );
}
