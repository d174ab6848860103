/** What a job's page says besides its state, progress and content. */
import type { ComponentChildren, JSX } from "preact";
import type { JobDocument } from "../jobs/document.ts";
import { inUtc, Moment } from "./moment.tsx";
import { CopyButton } from "./reference.tsx";

/** The section "About this job": its id, who asked for it, when, and its request. */
export function JobFacts({ job }: { job: JobDocument }): JSX.Element {
  const { id, mediaType, trigger, labels, createdAt, startedAt, finishedAt, request } = job;
  return (
    <section class="panel" aria-labelledby="facts-title">
      <h2 id="facts-title">About this job</h2>
      <dl class="facts">
        <Fact name="Id">
          <span class="digest-line">
            <code>{id}</code>
            <CopyButton text={id} what="job's id" />
          </span>
        </Fact>
        <Fact name="Started by">{`${trigger.kind} · ${trigger.name}${trigger.actor === null ? "" : ` · ${trigger.actor}`}`}</Fact>
        {mediaType === null ? null : (
          <Fact name="Media type">
            <code>{mediaType}</code>
          </Fact>
        )}
        <Fact name="Created">
          {inUtc(createdAt)} (<Moment at={createdAt} />)
        </Fact>
        {startedAt === null ? null : <Fact name="Begun">{inUtc(startedAt)}</Fact>}
        {finishedAt === null ? null : <Fact name="Ended">{inUtc(finishedAt)}</Fact>}
        {Object.keys(labels).length === 0 ? null : (
          <Fact name="Labels">
            <ul class="labels">
              {Object.entries(labels).map(([name, value]) => (
                <li key={name} class="chip">
                  {`${name} = ${value}`}
                </li>
              ))}
            </ul>
          </Fact>
        )}
      </dl>
      <details>
        <summary>The request</summary>
        {/* Scrolls sideways, so a keyboard must be able to reach it. */}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: see above */}
        <pre tabIndex={0}>{JSON.stringify(request, null, 2)}</pre>
      </details>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
