/** What a job looks like from outside: the documents of contract §3, and the requests that make them (§2). */
import type { TransferPlan } from "../copy/transfer-plan.ts";
import type { CopyErrorCode, Side, Upstream } from "../oci/errors.ts";
import type { CopyRequest } from "../request/copy-request.ts";

/** What a job can be (contract §3); the steps between them stand in `state.ts`. */
export const JOB_STATUSES = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** What came of asking for a retry: `not-retryable` where the job has not ended, or has succeeded; `unknown` where there is no such job. */
export type RetryOutcome = { outcome: "retried" | "not-retryable"; job: JobDocument } | { outcome: "unknown" };

/** What a destination can be (contract §3). */
export const DESTINATION_STATUSES = ["pending", "copied", "unchanged", "skipped", "superseded", "failed"] as const;
export type DestinationStatus = (typeof DESTINATION_STATUSES)[number];

/** RFC 9457, with the extensions of contract §6. Stands in a job's `error` and is the body of every API error. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: CopyErrorCode | ApiErrorCode;
  errors?: { detail: string; pointer: string }[];
  side?: Side;
  registry?: string;
  upstream?: Upstream;
}

/** Codes of the API itself, besides those of copies (contract §6). */
export const API_ERROR_CODES = [
  "invalid-request",
  "unauthorized",
  "forbidden",
  "not-found",
  "conflict",
  "idempotency-mismatch",
  "too-large",
  "rate-limited",
  "internal",
] as const;
export type ApiErrorCode = (typeof API_ERROR_CODES)[number];

export interface DestinationDocument {
  reference: string;
  digest: string | null;
  status: DestinationStatus;
  error: Problem | null;
  /** In a dry run: what a copy to this destination alone would do. */
  plan?: TransferPlan;
}

export interface ImageDocument {
  source: string;
  digest: string | null;
  destinations: DestinationDocument[];
}

/** One page of a job's images. */
export interface ImagePage {
  images: ImageDocument[];
  /** Where the next page begins; null on the last. */
  cursor: string | null;
}

/** A manifest at one destination repository: still to be put, there before the job, or put by it. */
export interface ManifestPlace {
  repository: string;
  status: "pending" | "existing" | "done";
}

/** A blob at one destination repository: still to be brought, or how it came to be there. */
export interface BlobPlace {
  repository: string;
  status: "pending" | "copied" | "mounted" | "existing";
  /** Whether it came from the stage. */
  staged: boolean;
  /** Bytes that were sent there. */
  sent: number;
}

/** A manifest that a job copies. `at` is empty where nothing had to be looked at, as at a tag that is unchanged, or for a layer that stays where it is. */
export interface ManifestDocument {
  digest: string;
  mediaType: string;
  size: number;
  at: ManifestPlace[];
  /** Of an index: what it names, in its order, with the platform that each is for. At most 1,000. */
  manifests: { digest: string; platform: string | null }[];
  /** Config and layers, in their order. At most 1,000. */
  blobs: { digest: string; mediaType: string; size: number; at: BlobPlace[] }[];
}

/** One page of a job's content, parents before children. */
export interface ContentPage {
  manifests: ManifestDocument[];
  /** Where the next page begins; null on the last. */
  cursor: string | null;
}

export interface Progress {
  /** Of a job over many tags: `done` are those of which every destination has ended, `failed` those of which one has failed. */
  images?: { total: number; done: number; failed: number };
  manifests: { total: number; done: number };
  blobs: { total: number; done: number; copied: number; mounted: number; existing: number; staged: number };
  /** Bytes. `copied` counts what really crossed the wire to a destination. */
  bytes: { total: number; done: number; copied: number };
  /** Signatures, SBOMs and attestations that were found, at each destination repository; only where they were asked for. Their manifests and blobs count above too. */
  referrers?: { total: number; done: number };
}

export interface Trigger {
  kind: "api" | "webhook" | "chat" | "cron";
  name: string;
  actor: string | null;
}

export interface JobDocument {
  id: string;
  status: JobStatus;
  source: string;
  digest: string | null;
  mediaType: string | null;
  digestPreserved: boolean;
  /** Of a job over many tags at most 100 (see `ImageLists.shown`); `links.images` leads to all. */
  images: ImageDocument[];
  progress: Progress;
  /** In a dry run: what the whole copy would do, as far as that is known. */
  plan?: TransferPlan;
  waiting: { until: string; reason: string } | null;
  error: Problem | null;
  request: CopyRequest;
  labels: Record<string, string>;
  trigger: Trigger;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  links: { self: string; events: string; images: string; cancel: string; retry: string };
}

/** A job in a list: the document without its images and request. `destinations` of a job over many tags are its repositories. */
export type JobSummary = Omit<JobDocument, "images" | "request"> & { destinations: string[] };

/** One page of `GET /jobs`, newest first. */
export interface JobPage {
  jobs: JobSummary[];
  /** Where the next page begins; null where there is none. */
  cursor: string | null;
}

/** What the API hands to a `CopyJob` to be stored. */
export interface Submission {
  id: string;
  request: CopyRequest;
  /** Hash of the request; another one under the same idempotency key is a mismatch. */
  fingerprint: string;
  trigger: Trigger;
}

export type SubmitResult = { outcome: "created" | "known"; job: JobDocument } | { outcome: "mismatch" };
