/** All rows of one job together: how it is stored, and how it is shown. */
import { destinationReference, formatReference, sourceReference } from "../oci/reference.ts";
import { BlobRows } from "./blob-rows.ts";
import { ContentRows } from "./content-rows.ts";
import type { JobDocument, Submission } from "./document.ts";
import { documentOf } from "./document-view.ts";
import { ImageRows } from "./image-rows.ts";
import { type JobRow, JobRows } from "./job-rows.ts";
import { PlanRows } from "./plan-rows.ts";
import { ReferrerRows } from "./referrer-rows.ts";
import { migrateTables } from "./schema.ts";

export class JobStore {
  readonly jobs: JobRows;
  readonly images: ImageRows;
  readonly content: ContentRows;
  readonly blobs: BlobRows;
  readonly referrers: ReferrerRows;
  readonly plans: PlanRows;

  constructor(sql: SqlStorage) {
    migrateTables(sql);
    this.jobs = new JobRows(sql);
    this.images = new ImageRows(sql);
    this.content = new ContentRows(sql);
    this.blobs = new BlobRows(sql);
    this.referrers = new ReferrerRows(sql);
    this.plans = new PlanRows(sql);
  }

  /** Stores a submission as a queued job: no await in between, so that all of it is one atomic write. */
  insert(submission: Submission, nowMs: number): void {
    this.jobs.insert(submission, nowMs);
    const source = sourceReference(submission.request.source);
    const image = this.images.addImage(formatReference(source));
    for (const text of submission.request.destination) {
      const reference = destinationReference(text, source);
      this.images.addDestination({
        image,
        target: this.images.addTarget(reference.registry, reference.repository),
        reference: formatReference(reference),
        tag: reference.tag ?? null,
        asserted: reference.digest ?? null,
      });
    }
  }

  /** The job's row, of an object that is known to have one. */
  row(): JobRow {
    return this.jobs.read() as JobRow;
  }

  /** The job as the API shows it. `liveBytes` are those sent by carriers at work that no row has taken over yet. */
  document(job: JobRow, liveBytes: number): JobDocument {
    return documentOf({
      job,
      images: this.images.images(),
      destinations: this.images.destinations(),
      manifests: this.content.totals(),
      totals: this.blobs.totals(),
      ...(job.request.dryRun ? { plan: this.plans.total() } : {}),
      ...(job.request.referrers ? { referrers: this.referrers.totals() } : {}),
      liveBytes,
    });
  }
}
