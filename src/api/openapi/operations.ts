/** What each endpoint of the API does, in the words of the OpenAPI document. A test holds the list to the router's. */

import type { SchemaName } from "./components.ts";
import { COMPARISON_EXAMPLE, COPY_EXAMPLES, JOB_EXAMPLE, SYNC_EXAMPLE } from "./examples.ts";

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  description: string;
  required?: true;
  schema: Record<string, unknown>;
  example?: string | number;
}

export interface Answer {
  description: string;
  schema?: SchemaName;
  /** @default application/json */
  mediaType?: string;
  example?: unknown;
  /** Headers besides those of all answers, with what they say. */
  headers?: Readonly<Record<string, string>>;
}

export interface Operation {
  method: "get" | "post";
  /** With OpenAPI's braces. */
  path: string;
  id: string;
  tag: "Copies" | "Jobs" | "Digests" | "Schedules" | "Triggers" | "Service";
  summary: string;
  description?: string;
  /** Answers without a token: the platform's own signature counts, or nobody need say who they are. */
  isOpen?: true;
  parameters?: readonly Parameter[];
  /** The request's body, by media type; with examples by name. */
  body?: { schema?: SchemaName; mediaTypes: readonly string[]; examples?: Readonly<Record<string, unknown>> };
  answers: Readonly<Record<number, Answer>>;
  /** Statuses of problem documents besides 401, 403 where they apply, and 500. */
  problems: readonly number[];
}

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
    schema: { type: "string", pattern: "^wait=\\d+$" },
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

/** A request may come as query parameters as well, for callers that can set a URL and no body. */
const COPY_QUERY: readonly Parameter[] = [
  {
    name: "source",
    in: "query",
    description:
      "With any query parameter the body is not read: every field may stand here, repeated names for arrays, labels.NAME, tags.latest, callback.url.",
    schema: { type: "string" },
  },
];

const LOCATION = { Location: "Where the job is.", "Retry-After": "Seconds after which it is worth looking." };

export const OPERATIONS: readonly Operation[] = [
  {
    method: "post",
    path: "/copy",
    id: "copy",
    tag: "Copies",
    summary: "Copy an image or artifact from any registry to any other, byte for byte",
    description:
      "202 means that the job is stored durably: from then on it ends as succeeded, failed or cancelled, whatever happens to the process that took it.",
    parameters: [...COPY_HEADERS, ...COPY_QUERY],
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
        schema: { type: "string", enum: ["queued", "running", "succeeded", "failed", "cancelled"] },
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
  {
    method: "get",
    path: "/compare",
    id: "compare",
    tag: "Digests",
    summary: "Say why two references have different digests",
    parameters: [
      {
        name: "left",
        in: "query",
        required: true,
        description: "A reference.",
        schema: { type: "string" },
        example: "docker.io/library/busybox:1.36",
      },
      {
        name: "right",
        in: "query",
        required: true,
        description: "Another.",
        schema: { type: "string" },
        example: "registry.example.com/mirror/busybox:1.36",
      },
      {
        name: "platform",
        in: "query",
        description: "The platform to compare; linux/amd64 where both have it.",
        schema: { type: "string" },
        example: "linux/amd64",
      },
    ],
    answers: { 200: { description: "The verdict.", schema: "Comparison", example: COMPARISON_EXAMPLE } },
    problems: [403, 404, 422, 429, 502, 504],
  },
  {
    method: "get",
    path: "/syncs",
    id: "listSyncs",
    tag: "Schedules",
    summary: "Show the schedule",
    answers: { 200: { description: "Every entry of SYNC.", schema: "SyncList", example: { syncs: [SYNC_EXAMPLE] } } },
    problems: [],
  },
  {
    method: "post",
    path: "/syncs/{name}/run",
    id: "runSync",
    tag: "Schedules",
    summary: "Run an entry of the schedule now",
    parameters: [
      { name: "name", in: "path", required: true, description: "The entry's name.", schema: { type: "string" }, example: "base-images" },
    ],
    answers: {
      200: { description: "The job, which has ended already.", schema: "Job", example: JOB_EXAMPLE },
      202: {
        description: "The job; the one that is still going, where there is one.",
        schema: "Job",
        example: { ...JOB_EXAMPLE, status: "queued", finishedAt: null },
        headers: LOCATION,
      },
    },
    problems: [403, 404],
  },
  {
    method: "post",
    path: "/chat/{platform}",
    id: "chat",
    tag: "Triggers",
    summary: "Take a command from a chat platform, in the platform's own form and signature",
    isOpen: true,
    parameters: [
      {
        name: "platform",
        in: "path",
        required: true,
        description: "Which platform.",
        schema: { type: "string", enum: ["slack", "discord", "mattermost", "teams", "telegram"] },
        example: "slack",
      },
    ],
    body: { mediaTypes: ["application/json", "application/x-www-form-urlencoded"] },
    answers: { 200: { description: "What the platform shows.", example: { response_type: "ephemeral", text: "help" } } },
    problems: [400, 401, 404, 413],
  },
  {
    method: "get",
    path: "/healthz",
    id: "health",
    tag: "Service",
    summary: "Whether this instance can work",
    isOpen: true,
    answers: {
      200: { description: "It can.", schema: "Health", example: { status: "pass" } },
      503: { description: "It can't, and why.", schema: "Health", example: { status: "fail", output: "SYNC at #/0/schedule is required" } },
    },
    problems: [],
  },
  {
    method: "get",
    path: "/openapi.json",
    id: "openapi",
    tag: "Service",
    summary: "This document",
    isOpen: true,
    answers: { 200: { description: "OpenAPI 3.1.", mediaType: "application/openapi+json" } },
    problems: [],
  },
  {
    method: "get",
    path: "/docs",
    id: "docs",
    tag: "Service",
    summary: "This document as a page",
    isOpen: true,
    answers: { 200: { description: "HTML without scripts.", mediaType: "text/html" } },
    problems: [],
  },
  {
    method: "get",
    path: "/.well-known/api-catalog",
    id: "apiCatalog",
    tag: "Service",
    summary: "Where the documents of this API are (RFC 9727)",
    isOpen: true,
    answers: { 200: { description: "A set of links.", mediaType: "application/linkset+json" } },
    problems: [],
  },
];

function summaryExample(): unknown {
  const { images, request: _, ...rest } = JOB_EXAMPLE;
  return { ...rest, destinations: images.flatMap(({ destinations }) => destinations.map(({ reference }) => reference)) };
}
