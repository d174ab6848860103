/** The way to the job objects, by id. */
import type { CopyRequest } from "../request/copy-request.ts";
import type { SubmitResult, Trigger } from "./document.ts";
import type { Idempotency } from "./idempotency.ts";
import { idOfKey, isJobId, timeOrderedId } from "./job-id.ts";

/** A copy request that was checked and is allowed, with where it came from. */
export interface CopySubmission {
  request: CopyRequest;
  trigger: Trigger;
  /** Hash of the request, which tells a repeated request from another one under the same key. */
  fingerprint: string;
  /** Makes the same key of the same principal the same job. */
  idempotency?: Idempotency;
}

/** Stores a copy request as a job; once this resolves the job ends some day, whatever happens to the process. */
export async function submitCopy(env: Cloudflare.Env, submission: CopySubmission): Promise<SubmitResult> {
  const { request, trigger, fingerprint, idempotency } = submission;
  const id =
    idempotency === undefined
      ? timeOrderedId(Date.now(), crypto.getRandomValues(new Uint8Array(10)))
      : await idOfKey(idempotency.principal, idempotency.key);
  return env.COPY_JOBS.getByName(id).submit({ id, request, fingerprint, trigger });
}

/** The object of a job, or `undefined` where the text can't be a job's id. That the job exists, only the object can tell. */
export function findJob(env: Cloudflare.Env, id: string) {
  return isJobId(id) ? env.COPY_JOBS.getByName(id) : undefined;
}
