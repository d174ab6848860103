/** What a job looks like from outside: the documents of contract §3, and the requests that make them (§2). Types only. */
import type { TransferPlan } from "../copy/transfer-plan.ts";
import type { CopyErrorCode, Side, Upstream } from "../oci/errors.ts";
import type { CopyRequest } from "../request/copy-request.ts";

export type JobStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled";

export type DestinationStatus = "pending" | "copied" | "unchanged" | "skipped" | "superseded" | "failed";

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

export type ApiErrorCode =
  | "invalid-request"
  | "unauthorized"
  | "forbidden"
  | "not-found"
  | "conflict"
  | "idempotency-mismatch"
  | "too-large"
  | "rate-limited"
  | "internal";

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

/** What the API hands to a `CopyJob` to be stored. */
export interface Submission {
  id: string;
  request: CopyRequest;
  /** Hash of the request; another one under the same idempotency key is a mismatch. */
  fingerprint: string;
  trigger: Trigger;
}

export type SubmitResult = { outcome: "created" | "known"; job: JobDocument } | { outcome: "mismatch" };
