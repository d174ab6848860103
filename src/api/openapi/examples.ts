/** The examples of the OpenAPI document. Tests send each request among them, and check each answer against its schema. */
import type { Comparison } from "../../compare/compare.ts";
import type { ContentPage, JobDocument, Problem } from "../../jobs/document.ts";
import { problemType } from "../../jobs/failure-problem.ts";
import type { SyncDocument } from "../sync-document.ts";

const INDEX = "sha256:2a1d5fba3ac9ee3ee2d4ac9b5f0b3cbd7e19b1f9d6b8f04d8f6c1a2b3c4d5e6f";
const MANIFEST = "sha256:5c9b7e0d1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4";
const CONFIG = "sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
const JOB_ID = "0193585c-7d3e-7a51-9c2e-3f1d2b4c5a69";

/** Bodies of `POST /copy`, by what they show. */
export const COPY_EXAMPLES = {
  image: { source: "docker.io/library/busybox:1.36", destination: "registry.example.com/mirror/busybox:1.36" },
  promotion: {
    source: "ghcr.io/acme/app:2.4",
    destination: ["registry.example.com/prod/app:2.4", "registry.example.com/prod/app:latest"],
    referrers: true,
    labels: { ticket: "OPS-7" },
    callback: { url: "https://ci.example.com/hook", events: ["completed"] },
  },
  platforms: {
    source: "docker.io/library/debian:12",
    destination: "registry.example.com/base/debian",
    platforms: ["linux/amd64"],
    index: "single",
  },
  dryRun: { source: "docker.io/library/debian:12", destination: "registry.example.com/base/debian", check: "deep", dryRun: true },
};

/** A job that has succeeded. */
export const JOB_EXAMPLE: JobDocument = {
  id: JOB_ID,
  status: "succeeded",
  source: "docker.io/library/busybox:1.36",
  digest: INDEX,
  mediaType: "application/vnd.oci.image.index.v1+json",
  digestPreserved: true,
  images: [
    {
      source: "docker.io/library/busybox:1.36",
      digest: INDEX,
      destinations: [{ reference: "registry.example.com/mirror/busybox:1.36", digest: INDEX, status: "copied", error: null }],
    },
  ],
  progress: {
    manifests: { total: 9, done: 9 },
    blobs: { total: 16, done: 16, copied: 12, mounted: 2, existing: 2, staged: 0 },
    bytes: { total: 7_340_032, done: 7_340_032, copied: 6_291_456 },
  },
  waiting: null,
  error: null,
  request: { source: "docker.io/library/busybox:1.36", destination: "registry.example.com/mirror/busybox:1.36" },
  labels: {},
  trigger: { kind: "api", name: "ci", actor: null },
  createdAt: "2026-11-25T02:30:00.000Z",
  startedAt: "2026-11-25T02:30:00.012Z",
  finishedAt: "2026-11-25T02:30:03.421Z",
  links: {
    self: `/jobs/${JOB_ID}`,
    events: `/jobs/${JOB_ID}/events`,
    images: `/jobs/${JOB_ID}/images`,
    cancel: `/jobs/${JOB_ID}/cancel`,
    retry: `/jobs/${JOB_ID}/retry`,
  },
};

const MIRROR = "registry.example.com/mirror/busybox";

/** The content of a job that is under way. */
export const CONTENT_EXAMPLE: ContentPage = {
  manifests: [
    {
      digest: INDEX,
      mediaType: "application/vnd.oci.image.index.v1+json",
      size: 2295,
      at: [{ repository: MIRROR, status: "pending" }],
      manifests: [{ digest: MANIFEST, platform: "linux/amd64" }],
      blobs: [],
    },
    {
      digest: MANIFEST,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      size: 610,
      at: [{ repository: MIRROR, status: "pending" }],
      manifests: [],
      blobs: [
        {
          digest: CONFIG,
          mediaType: "application/vnd.oci.image.config.v1+json",
          size: 459,
          at: [{ repository: MIRROR, status: "copied", staged: false, sent: 459 }],
        },
      ],
    },
  ],
  cursor: null,
};

/** The comparison of an index with one of its images. */
export const COMPARISON_EXAMPLE: Comparison = {
  left: {
    reference: "docker.io/library/busybox:1.36",
    digest: INDEX,
    mediaType: "application/vnd.oci.image.index.v1+json",
    imageId: CONFIG,
    platforms: ["linux/amd64", "linux/arm64"],
  },
  right: {
    reference: "registry.example.com/mirror/busybox:1.36",
    digest: MANIFEST,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    imageId: CONFIG,
    platforms: ["linux/amd64"],
  },
  platform: "linux/amd64",
  same: { digest: false, imageId: true, layers: true, diffIds: true },
  verdict: "single-platform-of-index",
  explanation: "right is the linux/amd64 image of the index at left, byte for byte.",
  differences: [
    {
      document: "root",
      path: "/mediaType",
      left: "application/vnd.oci.image.index.v1+json",
      right: "application/vnd.oci.image.manifest.v1+json",
    },
  ],
};

/** An entry of the schedule that has run once. */
export const SYNC_EXAMPLE: SyncDocument = {
  name: "base-images",
  schedule: "30 2 * * *",
  request: { source: "docker.io/library/debian:12", destination: "registry.example.com/base/debian:12" },
  nextRunAt: "2026-11-26T02:30:00.000Z",
  last: {
    dueAt: "2026-11-25T02:30:00.000Z",
    startedAt: "2026-11-25T02:30:04.000Z",
    job: { id: JOB_ID, status: "succeeded", links: { self: `/jobs/${JOB_ID}` } },
    skipped: 0,
    refusal: null,
  },
  links: { run: "/syncs/base-images/run" },
};

/** A problem for each status of the API's errors. */
export const PROBLEM_EXAMPLES: Readonly<Record<number, Problem>> = Object.fromEntries(
  (
    [
      [400, "invalid-request", "Malformed request", "The request's body is not JSON: see line 1, column 12."],
      [401, "unauthorized", "Unauthorized", "This token is not known here."],
      [
        403,
        "forbidden",
        "Forbidden",
        "destination is not allowed by POLICY, from docker.io/library/busybox to ghcr.io/acme/busybox: no rule covers it.",
      ],
      [404, "not-found", "Not found", "There is no job with this id."],
      [405, "invalid-request", "Method not allowed", "This resource knows POST, OPTIONS."],
      [409, "conflict", "Conflict", "The job has already succeeded."],
      [413, "too-large", "Request too large", "The request's body has more than 262144 bytes."],
      [
        415,
        "invalid-request",
        "Unsupported media type",
        "The body's Content-Type must be application/json or application/x-www-form-urlencoded.",
      ],
      [422, "invalid-request", "Invalid request", "source is required."],
      [429, "rate-limited", "The registry limits the rate", "docker.io asks for a pause of 3600 seconds."],
      [500, "internal", "Internal error", "Something went wrong inside transship. Nothing about it is known to be your fault."],
      [502, "registry-unavailable", "The registry does not work", "registry.example.com answered 503 to a HEAD request."],
      [504, "timeout", "The registry takes too long", "registry.example.com did not answer within 60 seconds."],
    ] as const
  ).map(([status, code, title, detail]) => [
    status,
    {
      type: problemType(code),
      title,
      status,
      detail,
      code,
      ...(status === 422 ? { errors: [{ detail: "is required", pointer: "#/source" }] } : {}),
    },
  ]),
);
