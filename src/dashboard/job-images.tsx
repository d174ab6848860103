/** What is copied where: each source image, and under it the destinations with the state of each. */
import type { JSX } from "preact";
import type { DestinationDocument, ImageDocument, JobDocument } from "../jobs/document.ts";
import { ProblemNotice } from "./notice.tsx";
import { Reference, ShortDigest } from "./reference.tsx";
import { linkTo } from "./route.ts";
import { Status } from "./status.tsx";
import { planInWords } from "./transfer-words.ts";

/** A dry run ends with the states that a copy would end with. */
const IN_DRY_RUN: Readonly<Partial<Record<DestinationDocument["status"], string>>> = { copied: "would copy", skipped: "would skip" };

const MEANINGS: Readonly<Partial<Record<DestinationDocument["status"], string>>> = {
  unchanged: "had this digest already",
  skipped: "has another digest, left alone (overwrite: never)",
  superseded: "a newer copy was written to this tag meanwhile",
};

/** The section "Images" of a job that has few enough to show them all. */
export function JobImages({ job, images }: { job: JobDocument; images: readonly ImageDocument[] }): JSX.Element {
  return (
    <section class="panel" aria-labelledby="images-title">
      <h2 id="images-title">Images</h2>
      <ImageList job={job} images={images} />
    </section>
  );
}

/** Images with their destinations, without the section around them. */
export function ImageList({ job, images }: { job: JobDocument; images: readonly ImageDocument[] }): JSX.Element {
  return (
    <ul class="images">
      {images.map((image) => (
        <Image key={image.source} image={image} job={job} />
      ))}
    </ul>
  );
}

function Image({ image, job }: { image: ImageDocument; job: JobDocument }): JSX.Element {
  return (
    <li>
      <div class="image-source">
        <Reference text={image.source} />
        {image.digest === null ? null : <ShortDigest digest={image.digest} />}
      </div>
      <ul class="destinations">
        {image.destinations.map((destination) => (
          <Destination key={destination.reference} destination={destination} image={image} job={job} />
        ))}
      </ul>
    </li>
  );
}

function Destination({
  destination,
  image,
  job,
}: {
  destination: DestinationDocument;
  image: ImageDocument;
  job: JobDocument;
}): JSX.Element {
  const { reference, digest, status, error, plan } = destination;
  const meaning = MEANINGS[status];
  return (
    <li class="destination">
      <div class="destination-line">
        <Status state={status}>{(job.request.dryRun ? IN_DRY_RUN[status] : undefined) ?? status}</Status>
        <Reference text={reference} />
        <span class="destination-end">
          {digest === null ? null : <ShortDigest digest={digest} />}
          {digest === null || digest === image.digest || job.request.dryRun ? null : (
            <a href={linkTo("/compare", { left: `${nameOf(image)}`, right: `${reference}` })}>Why is the digest another?</a>
          )}
        </span>
      </div>
      {meaning === undefined ? null : <p class="muted">{meaning}</p>}
      {plan === undefined ? null : <p class="muted">{planInWords(plan)}</p>}
      {/* The job's own error is shown above, in full. */}
      {error === null || error.detail === job.error?.detail ? null : <ProblemNotice problem={error} />}
    </li>
  );
}

/** The source by its digest, where that is known: its tag may have moved since. */
function nameOf({ source, digest }: ImageDocument): string {
  return digest === null || source.includes("@") ? source : `${source}@${digest}`;
}
