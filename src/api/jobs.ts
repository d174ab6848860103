/** `/jobs`: lists, shows, follows, cancels and retries jobs (contract §3). */
import { ApiError } from "./api-error.ts";
import { authorizeCopy } from "./authorize.ts";
import { jobAnswer } from "./copy.ts";
import type { Call, JobHandle } from "./deps.ts";
import { matchesEtag, weakEtag } from "./etag.ts";
import { contentQuery, imageQuery, jobQuery, nextLink } from "./job-query.ts";
import { jsonResponse } from "./json-response.ts";

/** `GET /jobs`: 200 with one page, newest first. `cursor` and `Link` lead to the next page; on the last, `cursor` is null and there is no `Link`. */
export async function listJobs({ url, deps }: Call): Promise<Response> {
  const query = jobQuery(url.searchParams);
  const page = await deps.list(query);
  return jsonResponse(200, { jobs: page.jobs, cursor: page.cursor }, nextLink("/jobs", query, page.cursor));
}

/**
 * `GET /jobs/{id}/images`: 200 with one page of the job's images, in the order in which they were found; with `status`, only images with such a
 * destination.
 */
export async function listImages(call: Call): Promise<Response> {
  const query = imageQuery(call.url.searchParams);
  const { images, cursor } = found(await handleOf(call).images(query));
  return jsonResponse(200, { images, cursor }, nextLink(`/jobs/${call.params.id}/images`, query, cursor));
}

/** `GET /jobs/{id}/content`: 200 with one page of the manifests that the job copies, parents before children, with their blobs and the state of each. */
export async function listContent(call: Call): Promise<Response> {
  const query = contentQuery(call.url.searchParams);
  const { manifests, cursor } = found(await handleOf(call).content(query));
  return jsonResponse(200, { manifests, cursor }, nextLink(`/jobs/${call.params.id}/content`, query, cursor));
}

/** `GET /jobs/{id}`: 200 with the job, or 304 where `If-None-Match` says that the caller has this state of it. */
export async function getJob(call: Call): Promise<Response> {
  const job = found(await handleOf(call).read());
  const etag = weakEtag(JSON.stringify(job));
  return matchesEtag(call.request.headers.get("if-none-match"), etag)
    ? new Response(null, { status: 304, headers: { etag } })
    : jsonResponse(200, job, { etag });
}

/** `POST /jobs/{id}/cancel`: 200 with the cancelled job, 202 while it still cleans up, 409 where it has succeeded or failed. */
export async function cancelJob(call: Call): Promise<Response> {
  const handle = handleOf(call);
  authorizeCopy(found(await handle.read()).request, call.principal, undefined);
  const job = found(await handle.cancel());
  if (job.status === "succeeded" || job.status === "failed") {
    throw new ApiError({ kind: "conflict", detail: `The job has already ${job.status}.` });
  }
  return jobAnswer(job);
}

/** `POST /jobs/{id}/retry`: 202 with the job, queued again; 409 where it has not ended, or has succeeded. */
export async function retryJob(call: Call): Promise<Response> {
  const handle = handleOf(call);
  const before = found(await handle.read());
  authorizeCopy(before.request, call.principal, call.config.policy);
  const result = await handle.retry();
  switch (result.outcome) {
    case "retried":
      return jobAnswer(result.job);
    case "not-retryable":
      throw new ApiError({
        kind: "conflict",
        detail: `The job ${result.job.status === "succeeded" ? "has succeeded" : "has not ended"}; there is nothing to try again.`,
      });
    case "unknown":
      throw notFound();
  }
}

/** `GET /jobs/{id}/events`: a stream of the job's events; only those after `Last-Event-ID` (or `?lastEventId=`), where that is given. */
export async function jobEvents(call: Call): Promise<Response> {
  const last = call.request.headers.get("last-event-id") ?? call.url.searchParams.get("lastEventId") ?? "";
  // With an id that is none of ours the stream starts at its beginning.
  const stream = found(await handleOf(call).events(/^\d{1,15}$/.test(last) ? Number(last) : null));
  // Copied, since the headers of a response from another object can't be changed, and the router adds some.
  return new Response(stream.body, stream);
}

function handleOf({ deps, params }: Call): JobHandle {
  return found(deps.job(params.id ?? ""));
}

function found<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) {
    throw notFound();
  }
  return value;
}

function notFound(): ApiError {
  return new ApiError({ kind: "not-found", detail: "There is no job with this id." });
}
