/** transship as a copier: the Worker in its runtime, asked as a user asks it. */
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import type { JobDocument } from "../../src/jobs/document.ts";
import { startWorker } from "../../test/support/workerd.ts";
import type { Copier, CopyTask } from "./copier.ts";
import { measureService } from "./service-cost.ts";

/** Pause between two requests for a job that takes longer than one request may wait, in milliseconds. */
const POLL_MS = 50;

/** Starts the Worker, allowed to talk to these registries on loopback over plain HTTP. */
export async function startTransshipCopier(registries: readonly string[]): Promise<Copier> {
  const worker = await startWorker({ vars: openTo(registries) });
  return {
    name: "transship",
    version: (createRequire(import.meta.url)("../../package.json") as { version: string }).version,
    kind: "service",
    skipsExisting: true,
    copy: (task, signal) => measureService(worker.pid, () => copyByJob(worker.url, task, signal)),
    stop: () => worker.stop(),
  };
}

/** Variables of a Worker that anybody may ask, and that may talk to these registries on loopback over plain HTTP. */
export function openTo(registries: readonly string[]): Record<string, string> {
  return {
    ALLOW_ANONYMOUS: "true",
    REGISTRIES: JSON.stringify(Object.fromEntries(registries.map((host) => [host, { http: true, private: true }]))),
  };
}

/** Posts the copy and follows its job to the end. Rejects with the job's problem where it did not succeed. */
export async function copyByJob(url: string, task: CopyTask, signal: AbortSignal): Promise<void> {
  const answer = await fetch(`${url}/copy`, {
    method: "POST",
    headers: { "content-type": "application/json", prefer: "wait=60" },
    body: JSON.stringify({
      source: `${task.from}/${task.sourceRepository}:${task.tag}`,
      destination: `${task.to}/${task.destinationRepository}:${task.tag}`,
    }),
    signal,
  });
  let job = await read(answer);
  while (job.status === "queued" || job.status === "running") {
    await sleep(POLL_MS, undefined, { signal });
    job = await read(await fetch(new URL(job.links.self, url), { signal }));
  }
  if (job.status !== "succeeded") {
    throw new Error(`the job ended as ${job.status}: ${job.error?.detail ?? JSON.stringify(job.images)}`);
  }
}

async function read(answer: Response): Promise<JobDocument> {
  if (!answer.ok) {
    throw new Error(`${answer.status} ${await answer.text()}`);
  }
  return (await answer.json()) as JobDocument;
}
