/** The schedule: what is copied at which times, how that went, and running it now. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { SyncDocument } from "../api/sync-document.ts";
import type { JobDocument } from "../jobs/document.ts";
import { Moment } from "./moment.tsx";
import { Notice, TroubleNotice } from "./notice.tsx";
import { usePolled } from "./polled.ts";
import { Reference } from "./reference.tsx";
import { linkToJob } from "./route.ts";
import { type Trouble, useService } from "./service.ts";
import { Status } from "./status.tsx";
import { To } from "./to.tsx";

/** Pause between two requests for the schedule, in milliseconds. */
const POLL_MS = 5_000;

/** The page `#/syncs`. */
export function SyncsPage(): JSX.Element {
  const { value, trouble, refresh } = usePolled<{ syncs: SyncDocument[] }>("/syncs", () => POLL_MS);
  return (
    <>
      <div class="page-head">
        <h1>Syncs</h1>
      </div>
      <TroubleNotice trouble={trouble} />
      {value === undefined ? (
        trouble === undefined ? (
          <p class="muted">Loading …</p>
        ) : null
      ) : (
        <Schedule syncs={value.syncs} refresh={refresh} />
      )}
    </>
  );
}

function Schedule({ syncs, refresh }: { syncs: readonly SyncDocument[]; refresh(): void }): JSX.Element {
  return syncs.length === 0 ? (
    <p class="empty">
      Nothing is scheduled. Entries come from the variable <code>SYNC</code>.
    </p>
  ) : (
    <ul class="syncs">
      {syncs.map((sync) => (
        <Sync key={sync.name} sync={sync} refresh={refresh} />
      ))}
    </ul>
  );
}

function Sync({ sync, refresh }: { sync: SyncDocument; refresh(): void }): JSX.Element {
  const { name, schedule, request, nextRunAt, links } = sync;
  const service = useService();
  const [isBusy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>();
  const run = async (): Promise<void> => {
    setBusy(true);
    const answer = await service.post<JobDocument>(links.run);
    setBusy(false);
    setTrouble(answer.ok ? undefined : answer.trouble);
    refresh();
  };
  return (
    <li class="panel sync" aria-labelledby={`sync-${name}`}>
      <div class="sync-head">
        <h2 id={`sync-${name}`}>{name}</h2>
        <button type="button" disabled={isBusy} aria-label={`Run now: ${name}`} onClick={() => void run()}>
          Run now
        </button>
      </div>
      <p class="sync-what">
        <Reference text={request.source} />
        {[request.destination].flat().map((destination, place) => (
          <span key={destination}>
            {place === 0 ? <To /> : ", "}
            <Reference text={destination} />
          </span>
        ))}
      </p>
      <dl class="facts">
        <div>
          <dt>Schedule</dt>
          <dd>
            <code>{schedule}</code> <span class="muted">UTC</span>
          </dd>
        </div>
        <div>
          <dt>Next run</dt>
          <dd>{nextRunAt === null ? "never again" : <Moment at={nextRunAt} />}</dd>
        </div>
        <div>
          <dt>Last run</dt>
          <dd>
            <LastRun last={sync.last} />
          </dd>
        </div>
      </dl>
      {sync.last === null || sync.last.refusal === null ? null : (
        <Notice tone="bad" title="The last due time made no job">
          <p>{sync.last.refusal}</p>
          <p class="remedy">The entry is tried again at its next time; mend it in SYNC, or the rules in POLICY.</p>
        </Notice>
      )}
      <TroubleNotice trouble={trouble} />
    </li>
  );
}

function LastRun({ last }: { last: SyncDocument["last"] }): JSX.Element {
  if (last === null || last.startedAt === null) {
    return <>not yet</>;
  }
  return (
    <span class="last-run">
      <Moment at={last.startedAt} />
      {last.job === null ? null : (
        <>
          {last.job.status === null ? <span class="muted">job forgotten by now</span> : <Status state={last.job.status} />}
          {last.job.status === null ? null : (
            <a href={linkToJob(last.job.id)}>
              Job<span class="visually-hidden"> of the last run</span>
            </a>
          )}
        </>
      )}
      {last.skipped === 0 ? null : (
        <span class="muted">{`${last.skipped} due ${last.skipped === 1 ? "time" : "times"} skipped while it was going`}</span>
      )}
    </span>
  );
}
