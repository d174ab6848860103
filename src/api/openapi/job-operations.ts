/** The operations that take copies and show jobs, as the OpenAPI document describes them. */
import { DESTINATION_STATUSES, JOB_STATUSES } from "../../jobs/document.ts";
import { copyParameters } from "./copy-parameters.ts";
import { CONTENT_EXAMPLE, COPY_EXAMPLES, JOB_EXAMPLE } from "./examples.ts";
import { LOCATION, type Operation, type Parameter } from "./operation.ts";

const JOB_ID: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "The job's id.",
  schema: { type: "string", format: "uuid" },
  example: JOB_EXAMPLE.id,
};

const COPY_HEADERS: readonly Parameter[] = [
  {
    name: "Prefer",
    in: "header",
    description: "wait=N: the answer waits up to N seconds, 60 at most, for the end of the job (RFC 7240).",
    schema: { type: "string" },
    example: "wait=30",
  },
  {
    name: "Idempotency-Key",
    in: "header",
    description: "The same key with the same request gives the same job, with another request 422.",
    schema: { type: "string", minLength: 1, maxLength: 255 },
    example: '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
  },
];

/** `POST /copy`, and everything below `/jobs`. */
export const JOB_OPERATIONS: readonly Operation[] = [
  {
    method: "post",
    path: "/copy",
    id: "copy",
    tag: "Copies",
    summary: "Copy an image or artifact from any registry to any other, byte for byte",
    description:
      "202 means that the job is stored durably: from then on it ends as succeeded, failed or cancelled, whatever happens to the process that took it. The fields may stand in the URL instead of a body: names of arrays are repeated, labels.NAME is a label. Any query parameter means that the body is not read; but where the body is a copy request too, a field that stands in both is an error.",
    // Only the document needs them. Made when a process starts, they would cost every start 3 ms.
    get parameters() {
      return [...COPY_HEADERS, ...copyParameters()];
    },
    body: { schema: "CopyRequest", mediaTypes: ["application/json", "application/x-www-form-urlencoded"], examples: COPY_EXAMPLES },
    answers: {
      200: {
        description: "The job, which has ended.",
        schema: "Job",
        example: JOB_EXAMPLE,
        headers: { "Preference-Applied": "The wait that was kept." },
      },
      202: {
        description: "The job, stored.",
        schema: "Job",
        example: { ...JOB_EXAMPLE, status: "queued", digest: null, mediaType: null, startedAt: null, finishedAt: null },
        headers: LOCATION,
      },
    },
    problems: [400, 403, 413, 415, 422],
  },
  {
    method: "get",
    path: "/jobs",
    id: "listJobs",
    tag: "Jobs",
    summary: "List jobs, newest first",
    parameters: [
      {
        name: "status",
        in: "query",
        description: "Only jobs of this status.",
        schema: { type: "string", enum: [...JOB_STATUSES] },
        example: "failed",
      },
      {
        name: "limit",
        in: "query",
        description: "Jobs on a page, 100 at most.",
        schema: { type: "integer", minimum: 1, default: 50 },
        example: 20,
      },
      { name: "cursor", in: "query", description: "Where the page before ended.", schema: { type: "string" } },
    ],
    answers: {
      200: {
        description: "One page.",
        schema: "JobList",
        example: { jobs: [summaryExample()], cursor: null },
        headers: { Link: 'The next page, rel="next" (RFC 8288); missing on the last.' },
      },
    },
    problems: [422],
  },
  {
    method: "get",
    path: "/jobs/{id}",
    id: "getJob",
    tag: "Jobs",
    summary: "Look at a job",
    parameters: [JOB_ID],
    answers: {
      200: { description: "The job.", schema: "Job", example: JOB_EXAMPLE, headers: { ETag: "For If-None-Match." } },
      304: { description: "The job is as If-None-Match says." },
    },
    problems: [404],
  },
  {
    method: "get",
    path: "/jobs/{id}/images",
    id: "listImages",
    tag: "Jobs",
    summary: "List a job's images, of which the job itself shows 100 at most",
    parameters: [
      JOB_ID,
      {
        name: "status",
        in: "query",
        description: "Only images with a destination in this state.",
        schema: { type: "string", enum: [...DESTINATION_STATUSES] },
        example: "failed",
      },
      {
        name: "limit",
        in: "query",
        description: "Images on a page, 100 at most.",
        schema: { type: "integer", minimum: 1, default: 50 },
        example: 20,
      },
      { name: "cursor", in: "query", description: "Where the page before ended.", schema: { type: "string" } },
    ],
    answers: {
      200: {
        description: "One page.",
        schema: "ImageList",
        example: { images: JOB_EXAMPLE.images, cursor: null },
        headers: { Link: 'The next page, rel="next" (RFC 8288); missing on the last.' },
      },
    },
    problems: [404, 422],
  },
  {
    method: "get",
    path: "/jobs/{id}/content",
    id: "listContent",
    tag: "Jobs",
    summary: "List the manifests that a job copies, with their layers and the state of each",
    description: "Parents before children. A manifest that no other on the pages names is what a tag stands for, or is attached to one.",
    parameters: [
      JOB_ID,
      {
        name: "limit",
        in: "query",
        description: "Manifests on a page, 100 at most; a page with very many layers ends before.",
        schema: { type: "integer", minimum: 1, default: 50 },
        example: 20,
      },
      { name: "cursor", in: "query", description: "Where the page before ended.", schema: { type: "string" } },
    ],
    answers: {
      200: {
        description: "One page.",
        schema: "Content",
        example: CONTENT_EXAMPLE,
        headers: { Link: 'The next page, rel="next" (RFC 8288); missing on the last.' },
      },
    },
    problems: [404, 422],
  },
  {
    method: "post",
    path: "/jobs/{id}/cancel",
    id: "cancelJob",
    tag: "Jobs",
    summary: "Stop a job and its open uploads; nothing is tagged",
    parameters: [JOB_ID],
    answers: {
      200: { description: "The cancelled job.", schema: "Job", example: { ...JOB_EXAMPLE, status: "cancelled" } },
      202: {
        description: "The job, which is still cleaning up.",
        schema: "Job",
        example: { ...JOB_EXAMPLE, status: "running", finishedAt: null },
        headers: LOCATION,
      },
    },
    problems: [403, 404, 409],
  },
  {
    method: "post",
    path: "/jobs/{id}/retry",
    id: "retryJob",
    tag: "Jobs",
    summary: "Take up a failed or cancelled job from what is there",
    parameters: [JOB_ID],
    answers: {
      202: {
        description: "The job, queued again.",
        schema: "Job",
        example: { ...JOB_EXAMPLE, status: "queued", finishedAt: null },
        headers: LOCATION,
      },
    },
    problems: [403, 404, 409],
  },
  {
    method: "get",
    path: "/jobs/{id}/events",
    id: "jobEvents",
    tag: "Jobs",
    summary: "Follow a job by server-sent events",
    description: "job on every change, progress in between, end last; each but progress has the whole job as its data.",
    parameters: [
      JOB_ID,
      { name: "Last-Event-ID", in: "header", description: "Goes on after that event.", schema: { type: "string" }, example: "4" },
    ],
    answers: {
      200: {
        description: "The events.",
        mediaType: "text/event-stream",
        example: 'id: 7\nevent: end\ndata: {"id":"…","status":"succeeded"}\n\n',
      },
      204: { description: "There is nothing after that event: don't come back." },
    },
    problems: [404],
  },
];

function summaryExample(): unknown {
  const { images, request: _, ...rest } = JOB_EXAMPLE;
  return { ...rest, destinations: images.flatMap(({ destinations }) => destinations.map(({ reference }) => reference)) };
}
