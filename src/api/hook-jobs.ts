/**
 * One push, one job: however often and by how many events a push is told, the jobs that are asked for twice are the same job.
 *
 * A job's id is made from the hook, the whole request and the moment of the push in the sender's words (`jobs/job-id.ts`), so no table of deliveries is needed and no object that
 * all of them pass. The moment is part of it since the same digest may be pushed again after another one: that is a new push, and a new job, which costs
 * two requests where nothing has changed.
 */

import type { JobDocument, Trigger } from "../jobs/document.ts";
import { hasEnded } from "../jobs/state.ts";
import { fingerprintOf } from "../request/fingerprint.ts";
import type { WantedCopy } from "../triggers/hooks/push-requests.ts";
import { ApiError } from "./api-error.ts";
import type { ApiDeps } from "./deps.ts";

/** When an answer is given, jobs stored or not: the most impatient sender (distribution) waits a second. */
const ANSWER_MS = 800;

/** Tries to store a job. */
const TRIES = 3;

/** For senders that tell no moment: deliveries of one minute may be of one push … */
const CLOCK_MS = 60_000;

/** … whose jobs are looked through, in turn, for one that has not begun to read; then there is a new one. */
const MAX_TURNS = 8;

export interface SubmittedPushes {
  /** Links to the jobs. */
  jobs: string[];
  /** Jobs that were still being stored when the answer was due. */
  pending: number;
}

/**
 * Stores the jobs, side by side, and gives their links; at the latest after {@link ANSWER_MS}, while the rest goes on. Fails with `unavailable` where one could not be stored: the
 * same delivery again then finds those that were.
 */
export async function submitPushes(copies: readonly WantedCopy[], hookName: string, deps: ApiDeps): Promise<SubmittedPushes> {
  const links = new Set<string>();
  let open = copies.length;
  let failed = 0;
  const submissions = copies.map(async (copy) => {
    try {
      links.add((await submitPush(copy, hookName, deps)).links.self);
    } catch (error) {
      failed++;
      deps.onUnexpected?.(error);
    } finally {
      open--;
    }
  });
  const all = Promise.all(submissions);
  if (copies.length > 0) {
    deps.waitUntil(all);
    await Promise.race([all, deps.sleep(ANSWER_MS)]);
  }
  if (failed > 0) {
    throw new ApiError({
      kind: "unavailable",
      detail: "Not every job of this delivery could be stored; send it again.",
      retryAfterSeconds: 1,
    });
  }
  return { jobs: [...links], pending: open };
}

async function submitPush(copy: WantedCopy, hookName: string, deps: ApiDeps): Promise<JobDocument> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await (copy.moment === undefined ? jobOfNow(copy, hookName, deps) : jobOfMoment(copy, copy.moment, hookName, deps));
    } catch (error) {
      if (attempt === TRIES) {
        throw error;
      }
    }
  }
}

/** The job of a push that the sender tells from all others. One that has failed is taken up again: whoever sends an old delivery once more wants that. */
async function jobOfMoment(copy: WantedCopy, moment: string, hookName: string, deps: ApiDeps): Promise<JobDocument> {
  const job = await stored(copy, hookName, deps, moment);
  if (job.status !== "failed") {
    return job;
  }
  const retried = await deps.job(job.id)?.retry();
  return retried === undefined || retried.outcome === "unknown" ? job : retried.job;
}

/**
 * The job of a push that can't be told from the one before it: one that is sure to see what is there now, since it has not yet asked the source for the tag, or
 * goes by digest and has not ended.
 */
async function jobOfNow(copy: WantedCopy, hookName: string, deps: ApiDeps): Promise<JobDocument> {
  const minute = Math.floor(deps.now() / CLOCK_MS);
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const job = await stored(copy, hookName, deps, `minute ${minute}.${turn}`);
    if (!hasEnded(job.status) && (job.digest === null || copy.request.source.includes("@"))) {
      return job;
    }
  }
  return await stored(copy, hookName, deps, undefined);
}

async function stored({ request, actor }: WantedCopy, hookName: string, deps: ApiDeps, moment: string | undefined): Promise<JobDocument> {
  const trigger: Trigger = { kind: "webhook", name: hookName, actor };
  // The request is in the key: what rules said before they were changed is another job.
  const key = moment === undefined ? undefined : { principal: `webhook:${hookName}`, key: `${fingerprintOf(request)} ${moment}` };
  const result = await deps.submit(request, trigger, key);
  if (result.outcome === "mismatch") {
    throw new Error("One key for two requests");
  }
  return result.job;
}
