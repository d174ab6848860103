/** A job's rows as the documents that the API gives out (contract §3). Pure. */

import type { TransferPlan } from "../copy/transfer-plan.ts";
import { redactUrl } from "../net/redact.ts";
import type { CopyRequest } from "../request/copy-request.ts";
import type { BlobTotals } from "./blob-rows.ts";
import type { DestinationStatus, ImageDocument, JobDocument, JobSummary, Progress } from "./document.ts";
import { problemOfFailure } from "./failure-problem.ts";
import type { DestinationRow, ImageRow } from "./image-rows.ts";
import type { JobRow } from "./job-rows.ts";
import { changesDigest } from "./select-image.ts";

export interface JobView {
  job: JobRow;
  images: readonly ImageRow[];
  destinations: readonly DestinationRow[];
  manifests: Progress["manifests"];
  totals: BlobTotals;
  referrers?: NonNullable<Progress["referrers"]>;
  /** Bytes sent by carriers at work that no row has taken over yet. */
  liveBytes: number;
  /** Of a dry run. */
  plan?: TransferPlan;
}

export function documentOf(view: JobView): JobDocument {
  const { job, images, destinations, manifests, totals, referrers, liveBytes, plan } = view;
  const first = images[0];
  return {
    id: job.id,
    status: job.status,
    source: first?.source ?? job.request.source,
    digest: first?.digest ?? null,
    mediaType: first?.mediaType ?? null,
    digestPreserved: !images.some((image) => changesDigest(image, job.request)),
    images: images.map((image) => imageDocument(image, destinations)),
    progress: {
      manifests,
      blobs: totals.blobs,
      bytes: {
        total: totals.bytes.total,
        done: Math.min(totals.bytes.total, totals.bytes.done + liveBytes),
        copied: totals.bytes.copied + liveBytes,
      },
      ...(referrers === undefined ? {} : { referrers }),
    },
    ...(plan === undefined ? {} : { plan }),
    waiting: job.waiting === null ? null : { until: time(job.waiting.until), reason: job.waiting.reason },
    error: job.error === null ? null : problemOfFailure(job.error),
    request: shownRequest(job.request),
    labels: job.request.labels ?? {},
    trigger: job.trigger,
    createdAt: time(job.createdAt),
    startedAt: job.startedAt === null ? null : time(job.startedAt),
    finishedAt: job.finishedAt === null ? null : time(job.finishedAt),
    links: {
      self: `/jobs/${job.id}`,
      events: `/jobs/${job.id}/events`,
      cancel: `/jobs/${job.id}/cancel`,
      retry: `/jobs/${job.id}/retry`,
    },
  };
}

/** The request as it may be shown: a callback's query is where its secrets are. */
function shownRequest(request: CopyRequest): CopyRequest {
  const { callback } = request;
  return callback === undefined ? request : { ...request, callback: { ...callback, url: redactUrl(callback.url) } };
}

export function summaryOf(document: JobDocument): JobSummary {
  const { images, request: _, ...rest } = document;
  return { ...rest, destinations: images.flatMap((image) => image.destinations.map(({ reference }) => reference)) };
}

function imageDocument(image: ImageRow, destinations: readonly DestinationRow[]): ImageDocument {
  return {
    source: image.source,
    digest: image.digest,
    destinations: destinations
      .filter((row) => row.image === image.id)
      .map(({ reference, digest, status, error, plan }) => ({
        reference,
        digest: SHOWS_DIGEST.includes(status) ? digest : null,
        status,
        error: error === null ? null : problemOfFailure(error),
        ...(plan === null ? {} : { plan }),
      })),
  };
}

/** States in which it is known what the destination stands for. */
const SHOWS_DIGEST: readonly DestinationStatus[] = ["copied", "unchanged", "skipped"];

function time(ms: number): string {
  return new Date(ms).toISOString();
}
