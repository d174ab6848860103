/** One job as it goes on, from its event stream. */
import { useCallback, useEffect, useState } from "preact/hooks";
import type { JobDocument } from "../jobs/document.ts";
import { EventStreamReader, type ServerEvent } from "./event-stream.ts";
import { type Sample, withSample } from "./pace.ts";
import { type Service, type Trouble, useAccess, useService } from "./service.ts";

/** Pause before a lost stream is asked for again where the service has not said how long, in milliseconds. */
const RECONNECT_MS = 1_000;
/** Longest such pause: it doubles while nothing comes. */
const MAX_RECONNECT_MS = 30_000;

/** A job as {@link useJob} knows it. */
export interface FollowedJob {
  job: JobDocument | undefined;
  /** Why nothing is shown, or why nothing new comes. */
  trouble: Trouble | undefined;
  /** How many bytes had crossed the wire at each of some recent moments, for the rate. */
  samples: readonly Sample[];
  /** Shows the job as an action has answered it, and follows it from there. */
  replace(job: JobDocument): void;
}

/** Follows a job for as long as the component is shown. A stream that is lost is asked for again. */
export function useJob(id: string): FollowedJob {
  const service = useService();
  const { generation } = useAccess();
  const [job, setJob] = useState<JobDocument>();
  const [trouble, setTrouble] = useState<Trouble>();
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const [round, setRound] = useState(0);
  // `generation` changes with the token, `round` with each replaced job: either needs a new stream.
  useEffect(() => {
    const stop = new AbortController();
    const take = (event: ServerEvent) => {
      setTrouble(undefined);
      setJob((known) => changedBy(event, known));
      setSamples((known) => withSample(known, event, Date.now()));
    };
    void follow(service, id, take, setTrouble, stop.signal);
    return () => stop.abort();
  }, [service, id, generation, round]);
  const replace = useCallback((next: JobDocument) => {
    setJob(next);
    setSamples([]);
    setRound((number) => number + 1);
  }, []);
  return { job: job?.id === id ? job : undefined, trouble, samples, replace };
}

function changedBy({ name, data }: ServerEvent, known: JobDocument | undefined): JobDocument | undefined {
  switch (name) {
    case "job":
    case "end":
      return JSON.parse(data) as JobDocument;
    case "progress":
      return known === undefined ? undefined : { ...known, ...(JSON.parse(data) as Pick<JobDocument, "progress" | "waiting">) };
    default:
      return known;
  }
}

/** Reads the job's events until its end, and reconnects where the stream is lost. Gives up where the service refuses. */
async function follow(
  service: Service,
  id: string,
  take: (event: ServerEvent) => void,
  fail: (trouble: Trouble) => void,
  signal: AbortSignal,
): Promise<void> {
  const reader = new EventStreamReader();
  let pauseMs = RECONNECT_MS;
  while (!signal.aborted) {
    const headers = { accept: "text/event-stream", ...(reader.lastEventId === "" ? {} : { "last-event-id": reader.lastEventId }) };
    const answer = await service.send(`/jobs/${encodeURIComponent(id)}/events`, { headers, signal });
    if (signal.aborted) {
      return;
    }
    if (answer instanceof Response) {
      // No content: the end was seen already.
      if (answer.status === 204 || answer.body === null || (await readEvents(answer.body, reader, take))) {
        return;
      }
      pauseMs = reader.retryMs ?? RECONNECT_MS;
    } else {
      fail(answer);
      if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) {
        return;
      }
      pauseMs = Math.min(2 * pauseMs, MAX_RECONNECT_MS);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** Reads one stream to its end; true where that was the job's end. */
async function readEvents(
  body: ReadableStream<Uint8Array>,
  reader: EventStreamReader,
  take: (event: ServerEvent) => void,
): Promise<boolean> {
  const text = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  try {
    for (;;) {
      const { done, value } = await text.read();
      if (done) {
        return false;
      }
      for (const event of reader.push(value)) {
        take(event);
        if (event.name === "end") {
          await text.cancel();
          return true;
        }
      }
    }
  } catch {
    // A connection that broke, or a page that was left.
    return false;
  }
}
