/**
 * One push, one job: however often a push is reported, and by however many events, it makes each job once.
 *
 * A job's id is derived from the hook, the whole request and the time of the push as the sender wrote it (`jobs/job-id.ts`), so neither a table of
 * deliveries is needed nor an object that all of them pass. The time is part of it since the same digest may be pushed again after another one: that is
 * a new push and a new job, which costs two requests where nothing has changed.
 */
import type { JobDocument, Trigger } from "../jobs/document.ts";
import { hasEnded } from "../jobs/state.ts";
import type { CopyRequest } from "../request/copy-request.ts";
import { fingerprintOf } from "../request/fingerprint.ts";
import type { WantedCopy } from "../triggers/hooks/push-requests.ts";
import { ApiError } from "./api-error.ts";
import type { ApiDeps } from "./deps.ts";

/** How long an answer waits for jobs to be stored, in milliseconds: the most impatient sender (distribution) waits a second. */
const ANSWER_MS = 800;

/** Attempts to store a job. */
const TRIES = 3;

/** Without a time from the sender, two deliveries within the same such span, in milliseconds, may be of one push. */
const CLOCK_MS = 60_000;

/** Most jobs of one span that are looked at for one that covers a delivery; after that it gets a job of its own. */
const MAX_TURNS = 8;

/** What became of the copies of a delivery. */
export interface SubmittedPushes {
  /** Paths of the jobs: `/jobs/ID`. */
  jobs: string[];
  /** How many jobs were still being stored when the answer was due. */
  pending: number;
}

/**
 * Stores the jobs, all at once, and returns their paths; after {@link ANSWER_MS} it returns those that are stored, while the rest goes on in the
 * background. Fails with `unavailable` where one could not be stored: the delivery has to be sent again, and finds those that were.
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

/** The job of a push whose time or id is known. A job that has failed is retried: a delivery that is sent again asks for that. */
async function jobOfMoment(copy: WantedCopy, moment: string, hookName: string, deps: ApiDeps): Promise<JobDocument> {
  const job = await stored(copy, hookName, deps, moment);
  if (job.status !== "failed") {
    return job;
  }
  const retried = await deps.job(job.id)?.retry();
  return retried === undefined || retried.outcome === "unknown" ? job : retried.job;
}

/** The job of a push that can't be told apart from the one before it: an earlier one where that covers it. */
async function jobOfNow(copy: WantedCopy, hookName: string, deps: ApiDeps): Promise<JobDocument> {
  const minute = Math.floor(deps.now() / CLOCK_MS);
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const job = await stored(copy, hookName, deps, `minute ${minute}.${turn}`);
    if (covers(job, copy.request)) {
      return job;
    }
  }
  return await stored(copy, hookName, deps, undefined);
}

/**
 * Whether a job will see what the source stands for now: it copies by digest and has not ended, or it is still to ask the source. One that is at work may
 * have asked already, and be about to note what was there before.
 */
function covers({ status, waiting, digest, progress }: JobDocument, { source, tags }: CopyRequest): boolean {
  if (tags !== undefined) {
    return status === "queued" && (progress.images?.total ?? 0) === 0;
  }
  if (source.includes("@")) {
    return !hasEnded(status);
  }
  return digest === null && (status === "queued" || waiting !== null);
}

async function stored({ request, actor }: WantedCopy, hookName: string, deps: ApiDeps, moment: string | undefined): Promise<JobDocument> {
  const trigger: Trigger = { kind: "webhook", name: hookName, actor };
  // The request is part of the key: after a change of the rules, the same push makes another job.
  const key = moment === undefined ? undefined : { principal: `webhook:${hookName}`, key: `${fingerprintOf(request)} ${moment}` };
  const result = await deps.submit(request, trigger, key);
  if (result.outcome === "mismatch") {
    throw new Error("One key for two requests");
  }
  return result.job;
}
