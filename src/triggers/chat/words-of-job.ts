/** A job as text for a chat: plain, and the same for all platforms. Pure. */
import type { JobDocument } from "../../jobs/document.ts";

/** Most destinations that one answer names. */
const MAX_LINES = 8;

/** Returns the job in a few lines: its state, what was copied where, what it waits for or why it failed. */
export function jobText(job: JobDocument): string {
  const { id, source, status, error, waiting, images } = job;
  const destinations = images.flatMap((image) => image.destinations);
  const lines = destinations
    .slice(0, MAX_LINES)
    .map(({ reference, status: state, error: cause }) => `→ ${reference}: ${state}${cause === null ? "" : `: ${cause.detail}`}`);
  return [
    `${headline(job)} ${source}`,
    ...lines,
    ...(destinations.length > MAX_LINES ? [`… and ${destinations.length - MAX_LINES} more`] : []),
    ...(job.digest === null ? [] : [job.digest]),
    ...(waiting === null ? [] : [`Waiting until ${waiting.until}: ${waiting.reason}`]),
    ...(error === null || status === "cancelled" || lines.some((line) => line.includes(error.detail)) ? [] : [error.detail]),
    `Job ${id}`,
  ].join("\n");
}

function headline({ status, progress: { bytes, blobs }, request, startedAt, finishedAt }: JobDocument): string {
  const took = startedAt === null || finishedAt === null ? "" : ` in ${duration(Date.parse(finishedAt) - Date.parse(startedAt))}`;
  switch (status) {
    case "queued":
      return "Queued:";
    case "running":
      return bytes.total === 0 ? "Looking at" : `Copying, ${percent(bytes)} of ${size(bytes.total)} (${blobs.done}/${blobs.total} blobs):`;
    case "succeeded":
      return request.dryRun ? "Would copy" : `Done${took}, ${size(bytes.copied)} sent:`;
    case "failed":
      return `Failed${took}:`;
    case "cancelled":
      return "Cancelled:";
  }
}

function percent({ done, total }: { done: number; total: number }): string {
  return `${Math.floor((100 * done) / total)} %`;
}

/** A number of bytes with a decimal unit (1 kB is 1000 B), as registries' pages show it. */
export function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return power === 0 ? `${bytes} B` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** A duration, in milliseconds, as text in its two largest units. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
