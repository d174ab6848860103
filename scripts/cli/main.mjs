// The commands of the client.
import { copyBody, HELP, readArguments } from "./arguments.mjs";
import { DONE, Exit, FAILED, USAGE } from "./exit-status.mjs";
import { followJob } from "./follow.mjs";
import { Service } from "./service.mjs";
import { comparisonText, jobsTable, jobText } from "./words.mjs";

/** @typedef {Record<string, any>} Json */

/**
 * Runs the command and returns the exit status.
 * @param {readonly string[]} args
 * @param {NodeJS.Process} process
 * @returns {Promise<number>}
 */
export async function main(args, process) {
  try {
    const line = readArguments(args);
    if (line.command === "help") {
      process.stdout.write(`${HELP}\n`);
      return DONE;
    }
    return await run(line, process);
  } catch (error) {
    if (!(error instanceof Exit)) {
      throw error;
    }
    process.stderr.write(`transship: ${error.message}\n${error.status === USAGE ? "Try transship --help\n" : ""}`);
    return error.status;
  }
}

/**
 * @param {import("./arguments.mjs").CommandLine} line
 * @param {NodeJS.Process} process
 */
async function run(line, process) {
  const { command, operands, options } = line;
  const { env, stdout } = process;
  const service = new Service(text(options.url) ?? env.TRANSSHIP_URL, text(options.token) ?? env.TRANSSHIP_TOKEN);
  const print = (/** @type {Json} */ value, /** @type {(value: any) => string} */ words) => {
    stdout.write(`${options.json ? JSON.stringify(value) : words(value)}\n`);
  };
  const [first = "", second = ""] = operands;
  const path = `/jobs/${encodeURIComponent(first)}`;
  switch (command) {
    case "copy": {
      const key = text(options.key);
      const job = await service.request("POST", "/copy", copyBody(line), key === undefined ? {} : { "idempotency-key": key });
      return options["no-wait"] ? show(job, print) : show(await followJob(service, job, process, Boolean(options.json)), print);
    }
    case "watch":
    case "status": {
      const job = await service.request("GET", path);
      const waits = command === "watch" || options.wait;
      return show(waits && job.finishedAt === null ? await followJob(service, job, process, Boolean(options.json)) : job, print);
    }
    case "list": {
      const query = new URLSearchParams(Object.entries({ status: text(options.status), limit: text(options.limit) }).filter(isGiven));
      print(await service.request("GET", `/jobs?${query}`), ({ jobs }) => jobsTable(jobs));
      return DONE;
    }
    case "cancel":
      print(await service.request("POST", `${path}/cancel`), jobText);
      return DONE;
    case "compare": {
      const [platform] = Array.isArray(options.platform) ? options.platform : [];
      const query = new URLSearchParams({ left: first, right: second, ...(platform === undefined ? {} : { platform }) });
      print(await service.request("GET", `/compare?${query}`), comparisonText);
      return DONE;
    }
    default:
      return USAGE;
  }
}

/**
 * @param {Json} job
 * @param {(value: Json, words: (value: any) => string) => void} print
 */
function show(job, print) {
  print(job, jobText);
  return job.status === "failed" || job.status === "cancelled" ? FAILED : DONE;
}

/**
 * @param {unknown} value
 * @returns {string | undefined}
 */
function text(value) {
  return typeof value === "string" ? value : undefined;
}

/**
 * @param {[string, string | undefined]} entry
 * @returns {entry is [string, string]}
 */
function isGiven(entry) {
  return entry[1] !== undefined;
}
