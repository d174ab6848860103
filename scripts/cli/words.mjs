// A job in words, a bar, a table. Pure.

/** @typedef {Record<string, any>} Json */

/** Cells of a progress bar. */
const BAR = 28;

/**
 * Terminal text must not come from outside as it is: control characters could move the cursor or change colours.
 * @param {unknown} text
 */
export function plain(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return String(text ?? "").replace(/[\u0000-\u001f\u007f-\u009f]/g, "�");
}

/**
 * One line of how a running job stands, for a terminal of so many columns.
 * @param {Json} job
 * @param {number} columns
 * @param {number} bytesPerSecond
 */
export function progressLine({ status, waiting, progress }, columns, bytesPerSecond) {
  const { bytes, blobs, manifests } = progress;
  if (waiting) {
    return `waiting until ${plain(waiting.until)}: ${plain(waiting.reason)}`.slice(0, columns - 1);
  }
  if (bytes.total === 0) {
    return `${plain(status)}: ${manifests.total === 0 ? "looking" : `${manifests.done}/${manifests.total} manifests`}`;
  }
  const part = bytes.done / bytes.total;
  const left = bytesPerSecond > 0 ? `, ${duration(((bytes.total - bytes.done) / bytesPerSecond) * 1000)} left` : "";
  const filled = Math.round(part * BAR);
  const rate = bytesPerSecond > 0 ? ` ${size(bytesPerSecond)}/s${left}` : "";
  return `[${"#".repeat(filled)}${"-".repeat(BAR - filled)}] ${Math.floor(part * 100)} % of ${size(bytes.total)}, ${blobs.done}/${blobs.total} blobs${rate}`.slice(
    0,
    columns - 1,
  );
}

/**
 * What a line of a log says of a running job; the same text means that nothing has changed.
 * @param {Json} job
 */
export function stateLine({ status, waiting, progress }) {
  const { bytes, blobs, manifests } = progress;
  const tenth = bytes.total === 0 ? 0 : Math.floor((10 * bytes.done) / bytes.total) * 10;
  return waiting
    ? `waiting until ${plain(waiting.until)}: ${plain(waiting.reason)}`
    : `${plain(status)}: ${tenth} % of ${size(bytes.total)}, ${blobs.done}/${blobs.total} blobs, ${manifests.done}/${manifests.total} manifests`;
}

/**
 * A job, whole.
 * @param {Json} job
 */
export function jobText(job) {
  const { id, status, source, digest, images, progress, plan, error, startedAt, finishedAt } = job;
  const took = startedAt && finishedAt ? ` in ${duration(Date.parse(finishedAt) - Date.parse(startedAt))}` : "";
  const destinations = (images ?? []).flatMap((/** @type {Json} */ image) => image.destinations);
  const lines = destinations.map(
    (/** @type {Json} */ { reference, status: state, error: cause }) =>
      `  ${plain(state).padEnd(10)} ${plain(reference)}${cause ? `: ${plain(cause.detail)}` : ""}`,
  );
  const { bytes, blobs } = progress;
  return [
    `${plain(status)}${took}: ${plain(source)}`,
    ...(digest ? [`  digest     ${plain(digest)}`] : []),
    ...lines,
    plan
      ? `  would send ${size(plan.bytes.copy)} in ${plan.blobs.copy} blobs; ${plan.blobs.mount} mounted, ${plan.blobs.existing} there`
      : `  sent       ${size(bytes.copied)}; blobs: ${blobs.copied} copied, ${blobs.mounted} mounted, ${blobs.existing} there`,
    ...(error ? [`  error      ${plain(error.code)}: ${plain(error.detail)}`] : []),
    `  job        ${plain(id)}`,
  ].join("\n");
}

/**
 * A page of jobs, a line each.
 * @param {readonly Json[]} jobs
 */
export function jobsTable(jobs) {
  const rows = jobs.map(({ id, status, createdAt, source, destinations }) =>
    [id, status, createdAt, source, destinations.join(" ")].map(plain),
  );
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/**
 * A comparison for a person.
 * @param {Json} comparison
 */
export function comparisonText({ left, right, verdict, explanation, differences }) {
  const side = (/** @type {string} */ name, /** @type {Json} */ { reference, digest, platforms }) =>
    `  ${name.padEnd(6)} ${plain(reference)}\n         ${plain(digest)} ${plain(platforms.join(" "))}`;
  const lines = differences.slice(0, 20).map((/** @type {Json} */ { document, path, left: one, right: other }) => {
    return `  ${plain(document)}${plain(path)}: ${plain(JSON.stringify(one))} | ${plain(JSON.stringify(other))}`;
  });
  const more = differences.length > 20 ? [`  … and ${differences.length - 20} more`] : [];
  return [
    plain(verdict),
    side("left", left),
    side("right", right),
    "",
    plain(explanation),
    ...(lines.length > 0 ? ["", ...lines, ...more] : []),
  ].join("\n");
}

/** @param {number} bytes */
function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return power === 0 ? `${Math.round(bytes)} B` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** @param {number} ms */
function duration(ms) {
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return hours > 0
    ? `${hours} h ${minutes} min`
    : minutes > 0
      ? `${minutes} min ${seconds % 60} s`
      : ms < 1000
        ? `${Math.round(ms)} ms`
        : `${seconds} s`;
}
