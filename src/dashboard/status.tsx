/** States, each as a sign and a word, so that none can be told by its colour only. */
import type { JSX } from "preact";
import type { DestinationStatus, JobStatus } from "../jobs/document.ts";

type Sign = "ring" | "turning" | "check" | "cross" | "bar" | "equal" | "skip";

const SIGNS: Readonly<Record<JobStatus | DestinationStatus | "done" | "waiting" | "mounted" | "existing", { sign: Sign; tone: string }>> = {
  queued: { sign: "ring", tone: "calm" },
  running: { sign: "turning", tone: "busy" },
  waiting: { sign: "ring", tone: "warn" },
  succeeded: { sign: "check", tone: "good" },
  failed: { sign: "cross", tone: "bad" },
  cancelled: { sign: "bar", tone: "calm" },
  pending: { sign: "ring", tone: "calm" },
  copied: { sign: "check", tone: "good" },
  done: { sign: "check", tone: "good" },
  mounted: { sign: "check", tone: "good" },
  existing: { sign: "equal", tone: "good" },
  unchanged: { sign: "equal", tone: "good" },
  skipped: { sign: "skip", tone: "calm" },
  superseded: { sign: "skip", tone: "warn" },
};

const PATHS: Readonly<Record<Sign, string>> = {
  ring: "",
  turning: "",
  check: "m4.6 8.2 2.3 2.3 4.6-4.8",
  cross: "m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2",
  bar: "M4.8 8h6.4",
  equal: "M5 6.4h6M5 9.6h6",
  skip: "m5 5 3 3-3 3m4-6 3 3-3 3",
};

/** Everything that has a sign: states of jobs, destinations, manifests and blobs. */
export type State = keyof typeof SIGNS;

/** The sign with its word; `children` stand in place of the word. */
export function Status({ state, children }: { state: State; children?: JSX.Element | string }): JSX.Element {
  const { sign, tone } = SIGNS[state] ?? { sign: "ring", tone: "calm" };
  return (
    <span class={`status ${tone}`}>
      <svg class={sign} viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.6" />
        {sign === "turning" ? <path class="arc" d="M8 1.4A6.6 6.6 0 0 1 14.6 8" /> : <path d={PATHS[sign]} />}
      </svg>
      {children ?? state}
    </span>
  );
}

/** The state to show of a job: a running one may be waiting for a registry. */
export function stateOf({ status, waiting }: { status: JobStatus; waiting: unknown }): State {
  return status === "running" && waiting !== null ? "waiting" : status;
}
