/** `POST /copy`: stores a request as a job, and waits for its end where the caller prefers that. */
import { callbackFault } from "../config/callbacks.ts";
import type { Config } from "../config/config.ts";
import type { JobDocument } from "../jobs/document.ts";
import { hasEnded } from "../jobs/state.ts";
import { type CopyRequest, readCopyRequest } from "../request/copy-request.ts";
import { type Fault, pointerTo } from "../schema/validate.ts";
import { ApiError, invalidRequest } from "./api-error.ts";
import { authorizeCopy } from "./authorize.ts";
import type { Call } from "./deps.ts";
import { idempotencyKey } from "./idempotency-key.ts";
import { jsonResponse } from "./json-response.ts";
import { preferredWait } from "./prefer.ts";
import { readFields } from "./request-fields.ts";

/** The `Retry-After` of a new job: seconds after which it is worth looking at. */
const RETRY_AFTER_SECONDS = 1;

/** 202 with the stored job; 200 with the finished one where the caller waits and sees the end (contract §2). */
export async function postCopy(call: Call): Promise<Response> {
  const { request, config, principal, deps } = call;
  const key = idempotencyKey(request.headers.get("idempotency-key"));
  const wait = preferredWait(request.headers.get("prefer"));
  const copy = await copyRequest(call);
  authorizeCopy(copy, principal, config.policy);
  const result = await deps.submit(
    copy,
    { kind: "api", name: principal.name, actor: null },
    key === undefined ? undefined : { principal: `api:${principal.name}`, key },
  );
  if (result.outcome === "mismatch") {
    throw new ApiError({ kind: "idempotency-mismatch" });
  }
  const job = wait === undefined ? result.job : await afterWait(call, result.job, wait);
  return wait === undefined ? acceptedJob(job) : jobAnswer(job, { "preference-applied": `wait=${wait}` });
}

/** Reads the request. Fails with `invalid` and every fault in the fields and in how they were sent. */
async function copyRequest({ request, url, config }: Call): Promise<CopyRequest> {
  const { fields, faults } = await readFields(request, url);
  const read = readCopyRequest(fields);
  const told = new Set(faults.map(({ pointer }) => pointer));
  const found = read.ok ? callbackFaults(read.request, config) : read.faults;
  const all = [...faults, ...found.filter(({ pointer }) => !told.has(pointer))];
  if (!read.ok || all.length > 0) {
    throw invalidRequest(all);
  }
  return read.request;
}

/** What is wrong with the request's callback in this configuration. */
export function callbackFaults({ callback }: CopyRequest, { registries }: Config): Fault[] {
  const detail = callback === undefined ? undefined : callbackFault(callback.url, registries);
  return detail === undefined ? [] : [{ detail, pointer: pointerTo("callback", "url") }];
}

/** The answer to a request that started or changed a job and knows how it stands: 200 where it has ended, else {@link acceptedJob}. */
export function jobAnswer(job: JobDocument, headers: Readonly<Record<string, string>> = {}): Response {
  return hasEnded(job.status) ? jsonResponse(200, job, headers) : acceptedJob(job, headers);
}

/** 202 with the job, its address, and when to look there. */
function acceptedJob(job: JobDocument, headers: Readonly<Record<string, string>> = {}): Response {
  return jsonResponse(202, job, { ...headers, location: job.links.self, "retry-after": String(RETRY_AFTER_SECONDS) });
}

/** The job once it has ended, or after `seconds`. Where waiting fails, the job as it was before: it is stored, so the request has not failed. */
async function afterWait({ deps }: Call, job: JobDocument, seconds: number): Promise<JobDocument> {
  if (hasEnded(job.status) || seconds === 0) {
    return job;
  }
  try {
    return (await deps.job(job.id)?.waitForEnd(seconds * 1000)) ?? job;
  } catch (error) {
    deps.onUnexpected?.(error);
    return job;
  }
}
