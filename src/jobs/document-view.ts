/** A job's rows as the documents that the API gives out (contract §3). Pure. */
import type { TransferPlan } from "../copy/transfer-plan.ts";
import { formatReference, parseReference } from "../oci/reference.ts";
import type { BlobTotals } from "./blobs/blob-rows.ts";
import type { DestinationStatus, ImageDocument, JobDocument, JobSummary, Progress } from "./document.ts";
import { problemOfFailure } from "./failure-problem.ts";
import type { ImageList } from "./images/image-lists.ts";
import type { DestinationRow, ImageRow } from "./images/image-rows.ts";
import { changesDigest } from "./images/select-image.ts";
import type { JobRow } from "./job-rows.ts";
import { shownRequest } from "./shown-request.ts";

/** What a document is made of: a job's rows, as {@link JobStore.document} reads them. */
export interface JobView {
  job: JobRow;
  /** The images to show, … */
  images: readonly ImageRow[];
  /** … with the destinations of exactly these. */
  destinations: readonly DestinationRow[];
  /** Of a job over many tags, of which `images` are only some. */
  counts?: NonNullable<Progress["images"]>;
  manifests: Progress["manifests"];
  totals: BlobTotals;
  referrers?: NonNullable<Progress["referrers"]>;
  /** Bytes sent by carriers at work that no row has taken over yet. */
  liveBytes: number;
  /** Of a dry run. */
  plan?: TransferPlan;
}

/** Returns the job as the API shows it. */
export function documentOf(view: JobView): JobDocument {
  const { job, images, destinations, counts, manifests, totals, referrers, liveBytes, plan } = view;
  const first = counts === undefined ? images[0] : undefined;
  return {
    id: job.id,
    status: job.status,
    source: first?.source ?? formatReference(parseReference(job.request.source)),
    digest: first?.digest ?? null,
    mediaType: first?.mediaType ?? null,
    digestPreserved: keepsDigests(view),
    images: imageDocuments({ images, destinations }),
    progress: {
      ...(counts === undefined ? {} : { images: counts }),
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
      images: `/jobs/${job.id}/images`,
      cancel: `/jobs/${job.id}/cancel`,
      retry: `/jobs/${job.id}/retry`,
    },
  };
}

/** Whether every image that is shown is everywhere what it is at the source, as far as that is known; a list of referrers may have been added to. */
function keepsDigests({ job, images, destinations }: JobView): boolean {
  const digests = new Map(images.map(({ id, digest }) => [id, digest]));
  const isChanged = ({ image, status, digest }: DestinationRow) =>
    (status === "copied" || status === "unchanged") && digest !== null && digest !== digests.get(image);
  return !images.some((image) => changesDigest(image, job.request)) && !destinations.some(isChanged);
}

/** Returns the job as lists show it: with the names of its destinations in place of its images and request. */
export function summaryOf(document: JobDocument): JobSummary {
  const { images, request, ...rest } = document;
  const destinations =
    request.tags === undefined
      ? images.flatMap((image) => image.destinations.map(({ reference }) => reference))
      : [request.destination].flat().map((text) => formatReference(parseReference(text)));
  return { ...rest, destinations };
}

/** Images, each with its destinations. */
export function imageDocuments({ images, destinations }: ImageList): ImageDocument[] {
  const byImage = Map.groupBy(destinations, ({ image }) => image);
  return images.map((image) => imageDocument(image, byImage.get(image.id) ?? []));
}

function imageDocument(image: ImageRow, destinations: readonly DestinationRow[]): ImageDocument {
  return {
    source: image.source,
    digest: image.digest,
    destinations: destinations.map(({ reference, tag, digest, status, error, plan }) => ({
      // Without a tag or digest of its own it would mean "latest", which is not what was written.
      reference: tag === null && digest !== null && !reference.includes("@") ? `${reference}@${digest}` : reference,
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
