// Follows a job to its end: a bar on a terminal, a line for each change elsewhere. Ctrl-C asks whether to cancel the job.
import { createInterface } from "node:readline/promises";
import { progressLine, stateLine } from "./words.mjs";

/** @typedef {Record<string, any>} Json */
/** @typedef {import("./service.mjs").Service} Service */

/** Seconds that the shown rate is the mean of. */
const RATE_SECONDS = 5;

/**
 * Returns the job at its end, or as it was last seen where the user stops following it.
 * @param {Service} service
 * @param {Json} job
 * @param {NodeJS.Process} process
 * @param {boolean} quiet
 */
export async function followJob(service, job, process, quiet) {
  const { stderr, stdin } = process;
  const isTerminal = Boolean(stderr.isTTY) && !quiet;
  let last = job;
  let shown = "";
  let leave = () => {};
  /** @type {Promise<"left">} */
  const left = new Promise((resolve) => {
    leave = () => resolve("left");
  });
  let asking = false;
  const interrupted = async () => {
    if (asking || !isTerminal || !stdin.isTTY) {
      leave();
      return;
    }
    asking = true;
    const questions = createInterface({ input: stdin, output: stderr });
    const answer = await questions.question("\nCancel the job? [y/N] ").catch(() => "");
    questions.close();
    asking = false;
    if (/^y(es)?$/i.test(answer.trim())) {
      await service.request("POST", `/jobs/${job.id}/cancel`);
    } else {
      leave();
    }
  };
  process.on("SIGINT", interrupted);
  const events = service.follow(job.id);
  const rate = meanRate();
  try {
    for (;;) {
      const next = await Promise.race([events.next(), left]);
      if (next === "left" || next.done) {
        if (next === "left") {
          stderr.write(`${isTerminal ? "\n" : ""}The job goes on: transship watch ${job.id}\n`);
        }
        return last;
      }
      last = { ...last, ...next.value };
      const line = isTerminal ? progressLine(last, stderr.columns ?? 80, rate(last.progress.bytes.done)) : stateLine(last);
      if (!quiet && !asking && line !== shown && last.finishedAt === null) {
        stderr.write(isTerminal ? `\r\u001b[K${line}` : `${line}\n`);
        shown = line;
      }
    }
  } finally {
    process.off("SIGINT", interrupted);
    if (isTerminal && shown !== "") {
      stderr.write("\r\u001b[K");
    }
  }
}

/** @returns {(bytes: number) => number} bytes per second over the last seconds */
function meanRate() {
  /** @type {{ at: number, bytes: number }[]} */
  const seen = [];
  return (bytes) => {
    const at = Date.now() / 1000;
    seen.push({ at, bytes });
    while (seen.length > 2 && (seen[0]?.at ?? at) < at - RATE_SECONDS) {
      seen.shift();
    }
    const [first = { at, bytes }] = seen;
    return at - first.at < 0.5 ? 0 : Math.max(0, (bytes - first.bytes) / (at - first.at));
  };
}
