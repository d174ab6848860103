/** All rows of one job together: how it is stored, and how it is shown. */
import type { Digest } from "../oci/digest.ts";
import type { Failure } from "../oci/errors.ts";
import { destinationReference, formatReference, parseReference, type Reference, sourceReference } from "../oci/reference.ts";
import type { CopyRequest } from "../request/copy-request.ts";
import { BlobRows } from "./blobs/blob-rows.ts";
import type { ContentPage, ImagePage, JobDocument, Submission } from "./document.ts";
import { documentOf, imageDocuments } from "./document-view.ts";
import { ContentLists, type ContentQuery } from "./images/content-lists.ts";
import { ContentRows } from "./images/content-rows.ts";
import { ImageLists, type ImageQuery } from "./images/image-lists.ts";
import { ImageRows } from "./images/image-rows.ts";
import { PlanRows } from "./images/plan-rows.ts";
import { type JobRow, JobRows } from "./job-rows.ts";
import { ReferrerRows } from "./referrers/referrer-rows.ts";
import { migrateTables } from "./schema.ts";
import { ListingRows } from "./tags/listing-rows.ts";
import { SurveyRows } from "./tags/survey-rows.ts";

/** All rows of one job. Making it brings tables of an older version up to date; an object that never held a job is left empty. */
export class JobStore {
  readonly jobs: JobRows;
  readonly images: ImageRows;
  readonly lists: ImageLists;
  readonly listing: ListingRows;
  readonly survey: SurveyRows;
  readonly content: ContentRows;
  readonly tree: ContentLists;
  readonly blobs: BlobRows;
  readonly referrers: ReferrerRows;
  readonly plans: PlanRows;

  constructor(sql: SqlStorage) {
    migrateTables(sql);
    this.jobs = new JobRows(sql);
    this.images = new ImageRows(sql);
    this.lists = new ImageLists(sql);
    this.listing = new ListingRows(sql);
    this.survey = new SurveyRows(sql);
    this.content = new ContentRows(sql);
    this.tree = new ContentLists(sql);
    this.blobs = new BlobRows(sql);
    this.referrers = new ReferrerRows(sql);
    this.plans = new PlanRows(sql);
  }

  /** Stores a submission as a queued job: no await in between, so that all of it is one atomic write. */
  insert(submission: Submission, nowMs: number): void {
    this.jobs.insert(submission, nowMs);
    if (submission.request.tags !== undefined) {
      for (const text of submission.request.destination) {
        const { registry, repository } = parseReference(text);
        this.images.addTarget(registry, repository);
      }
      this.listing.begin();
      return;
    }
    const source = sourceReference(submission.request.source);
    const image = this.images.addImage(formatReference(source));
    for (const text of submission.request.destination) {
      const reference = destinationReference(text, source);
      this.images.addDestination({
        image,
        target: this.images.addTarget(reference.registry, reference.repository),
        reference: formatReference(named(reference, source, submission.request)),
        tag: reference.tag ?? null,
        asserted: reference.digest ?? null,
      });
    }
  }

  /** The job's row, of an object that is known to have one. */
  row(): JobRow {
    return this.jobs.read() as JobRow;
  }

  /** For a retry: what failed is pending again. */
  reopen({ request }: JobRow): void {
    this.referrers.reopenFailed();
    this.images.reopenFailed(request.tags !== undefined);
    if (request.tags !== undefined) {
      this.listing.restart();
    }
  }

  /** What a job failed with, where a destination has failed. */
  failure(): Failure | null {
    return this.lists.failure(this.row().request.tags !== undefined);
  }

  /** One page of the job's images. */
  imagePage(query: ImageQuery): ImagePage {
    const { cursor, ...list } = this.lists.page(query);
    return { images: imageDocuments(list), cursor };
  }

  /** One page of the manifests that the job copies. */
  contentPage(query: ContentQuery): ContentPage {
    return this.tree.page(query);
  }

  /** The job as the API shows it, with so many images at most. `liveBytes` are those sent by carriers at work that no row has taken over yet. */
  document(job: JobRow, liveBytes: number, mostImages: number): JobDocument {
    return documentOf({
      job,
      ...this.lists.shown(mostImages),
      ...(job.request.tags === undefined ? {} : { counts: this.lists.counts() }),
      manifests: this.content.totals(),
      totals: this.blobs.totals(),
      ...(job.request.dryRun ? { plan: this.plans.total() } : {}),
      ...(job.request.referrers ? { referrers: this.referrers.totals() } : {}),
      liveBytes,
    });
  }
}

/** The reference by which a destination can be read after the copy: by the source's digest where it has no tag and keeps that. */
function named(destination: Reference, source: Reference, { index }: CopyRequest): Reference {
  const isByDigest = destination.tag === undefined && destination.digest === undefined && source.digest !== undefined;
  return isByDigest && index !== "single" && index !== "rewrite" ? { ...destination, digest: source.digest as Digest } : destination;
}
