/** What a job looks like from outside: the documents of contract §3, and the requests that make them (§2). */
import type { TransferPlan } from "../copy/transfer-plan.ts";
import type { CopyErrorCode, Side, Upstream } from "../oci/errors.ts";
import type { CopyRequest, ShownRequest } from "../request/copy-request.ts";

/** What a job can be (contract §3); the steps between them stand in `state.ts`. */
export const JOB_STATUSES = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
/** State of a job. `succeeded` is final; only a retry leaves `failed` and `cancelled`. */
export type JobStatus = (typeof JOB_STATUSES)[number];

/** What came of asking for a retry: `not-retryable` where the job has not ended, or has succeeded; `unknown` where there is no such job. */
export type RetryOutcome = { outcome: "retried" | "not-retryable"; job: JobDocument } | { outcome: "unknown" };

/** What a destination can be (contract §3). */
export const DESTINATION_STATUSES = ["pending", "copied", "unchanged", "skipped", "superseded", "failed"] as const;
/** State of one destination: `pending`, or how it ended. `superseded`: a newer resolution of the source was written to its tag. */
export type DestinationStatus = (typeof DESTINATION_STATUSES)[number];

/** RFC 9457, with the extensions of contract §6. Stands in a job's `error` and is the body of every API error. */
export interface Problem {
  /** URI that names the kind of problem; see {@link problemType}. */
  type: string;
  title: string;
  /** HTTP status: that of the answer, or in a job's `error` the one that the failure would have. */
  status: number;
  /** One sentence for a person: what failed, and where it helps, what to do. */
  detail: string;
  code: CopyErrorCode | ApiErrorCode;
  /** Every fault of an invalid request; `pointer` is a JSON pointer into its body, as a URI fragment (`#/source`). */
  errors?: { detail: string; pointer: string }[];
  /** Which end of the copy failed, … */
  side?: Side;
  /** … the host of the registry there, … */
  registry?: string;
  /** … and what that registry answered. */
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
/** Code of an error of the API itself. Stable, for programs; `detail` is for people. */
export type ApiErrorCode = (typeof API_ERROR_CODES)[number];

/** One reference under which an image is to be found. */
export interface DestinationDocument {
  /** Full reference: registry, repository, tag or digest. */
  reference: string;
  /** What the reference stands for there; null in every state but `copied`, `unchanged` and `skipped`, and where that is not known. */
  digest: string | null;
  status: DestinationStatus;
  /** Why it failed; also why it was skipped, where the tag was deleted from the source meanwhile. */
  error: Problem | null;
  /** In a dry run: what a copy to this destination alone would do. */
  plan?: TransferPlan;
}

/** One image of a job, with everything that it is copied to. */
export interface ImageDocument {
  /** Full reference: registry, repository, tag or digest. */
  source: string;
  /** What the source stood for when it was resolved; null before. A destination has another one where only some platforms are copied. */
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

/** How far a job is. A manifest or blob counts once for each destination repository that needs it; what is not read yet is not in `total`. */
export interface Progress {
  /** Of a job over many tags: `done` are those of which every destination has ended, `failed` those of which one has failed. */
  images?: { total: number; done: number; failed: number };
  manifests: { total: number; done: number };
  /** `done` is how many are at their destination, however they came there; `staged` is how many of them were sent from the stage. */
  blobs: { total: number; done: number; copied: number; mounted: number; existing: number; staged: number };
  /** Bytes. `copied` counts what really crossed the wire to a destination. */
  bytes: { total: number; done: number; copied: number };
  /** Signatures, SBOMs and attestations that were found, at each destination repository; only where they were asked for. Their manifests and blobs count above too. */
  referrers?: { total: number; done: number };
}

/** What made a job, and for whom. */
export interface Trigger {
  kind: "api" | "webhook" | "chat" | "cron";
  /** The principal of the API, the webhook, the chat platform or the entry of `SYNC`. */
  name: string;
  /** Who asked by way of that, as far as it is told: a person in a chat, for one. */
  actor: string | null;
}

/** One job, as `GET /jobs/{id}` answers (contract §3). Times are ISO 8601 in UTC. */
export interface JobDocument {
  id: string;
  status: JobStatus;
  /** Full reference of the source; of a job over many tags its repository. */
  source: string;
  /** What the source stood for when it was resolved; null before, and in a job over many tags. */
  digest: string | null;
  /** Media type of the manifest with that digest; null where `digest` is. */
  mediaType: string | null;
  /** Whether destinations get the very manifest of the source; false where one is tagged that was made or picked for some platforms. */
  digestPreserved: boolean;
  /** Of a job over many tags at most 100 (see `ImageLists.shown`); `links.images` leads to all. */
  images: ImageDocument[];
  progress: Progress;
  /** In a dry run: what the whole copy would do, as far as that is known. */
  plan?: TransferPlan;
  /** Until when nothing is tried, and why; null while the job works, and once it has ended. */
  waiting: { until: string; reason: string } | null;
  /** What the job failed with, of several failures the first, or that it was cancelled; null in every other state. */
  error: Problem | null;
  request: ShownRequest;
  labels: Record<string, string>;
  trigger: Trigger;
  createdAt: string;
  /** When its first slice began, since it was last retried; null while it is queued. */
  startedAt: string | null;
  /** When it ended; null before, and again after a retry. */
  finishedAt: string | null;
  /** Paths of this API. */
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
  /** The id that the job is to have; see job-id.ts. */
  id: string;
  request: CopyRequest;
  /** Hash of the request; another one under the same idempotency key is a mismatch. */
  fingerprint: string;
  trigger: Trigger;
}

/** What came of a submission. `known`: the same request made this job before. `mismatch`: another request has this id, and nothing was stored. */
export type SubmitResult = { outcome: "created" | "known"; job: JobDocument } | { outcome: "mismatch" };
