/** The images of a job over many tags, page by page; a state can be chosen to filter them. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ImagePage, JobDocument, Progress } from "../jobs/document.ts";
import { ChoiceField } from "./field.tsx";
import { ImageList } from "./job-images.tsx";
import { TroubleNotice } from "./notice.tsx";
import { usePolled } from "./polled.ts";

const STATES = ["", "failed", "pending", "copied", "unchanged", "skipped", "superseded"] as const;

/** Images on a page. */
const PAGE = 50;

/** Pause between two requests while the job goes on, in milliseconds. */
const POLL_MS = 2_000;

/** The section "Images" of a job over many tags. `counts` is of all its images, whichever are shown. */
export function ManyImages({ job, counts }: { job: JobDocument; counts: NonNullable<Progress["images"]> }): JSX.Element {
  const [state, setState] = useState<(typeof STATES)[number]>("");
  const [cursor, setCursor] = useState<string>();
  const isGoing = job.status === "queued" || job.status === "running";
  const query = new URLSearchParams({
    limit: String(PAGE),
    ...(state === "" ? {} : { status: state }),
    ...(cursor === undefined ? {} : { cursor }),
  });
  const { value, trouble } = usePolled<ImagePage>(`${job.links.images}?${query}`, () => (isGoing ? POLL_MS : null), job.status);
  return (
    <section class="panel many-images" aria-labelledby="images-title">
      <h2 id="images-title">{`Images: ${counts.done} of ${counts.total} done${counts.failed > 0 ? `, ${counts.failed} failed` : ""}`}</h2>
      <ChoiceField
        label="Show"
        value={state}
        onInput={(next) => {
          setState(next);
          setCursor(undefined);
        }}
        choices={STATES.map((one) => [one, one === "" ? "all images" : `those with a destination that is ${one}`] as const)}
      />
      <TroubleNotice trouble={trouble} />
      {value === undefined ? <p class="muted">Loading …</p> : <ImageList job={job} images={value.images} />}
      {value?.images.length === 0 ? <p class="muted">None.</p> : null}
      <div class="actions">
        {cursor === undefined ? null : (
          <button type="button" onClick={() => setCursor(undefined)}>
            First images
          </button>
        )}
        {value === undefined || value.cursor === null ? null : (
          <button type="button" onClick={() => setCursor(value.cursor ?? undefined)}>
            More images
          </button>
        )}
      </div>
    </section>
  );
}
