/** Follows a job by its server-sent events. */
import type { JobDocument, Progress } from "../../src/jobs/document.ts";

/** Calls `seen` with each progress of a job and returns the job at its end. Rejects where the stream breaks off before that. */
export async function followJob(url: string, job: JobDocument, seen: (progress: Progress) => void): Promise<JobDocument> {
  const answer = await fetch(new URL(job.links.events, url), { headers: { accept: "text/event-stream" } });
  if (!answer.ok || answer.body === null) {
    throw new Error(`${job.links.events} answered ${answer.status}: ${await answer.text()}`);
  }
  let text = "";
  for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    // An event ends with an empty line; what follows the last one is not complete yet.
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const name = /^event: (.*)$/m.exec(event)?.[1];
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (name === undefined || data === undefined) {
        continue;
      }
      const { progress } = JSON.parse(data) as { progress: Progress };
      seen(progress);
      if (name === "end") {
        return JSON.parse(data) as JobDocument;
      }
    }
  }
  throw new Error("The job's events broke off before its end");
}
