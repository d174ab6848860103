// Reads the command line. Pure.
import { parseArgs } from "node:util";
import { Exit, USAGE } from "./exit-status.mjs";

/** The answer to `--help`. */
export const HELP = `transship COMMAND [options]

  copy SOURCE DESTINATION…   copy an image; follows the job to its end unless --no-wait
      --platform os/arch     only this platform; may be repeated
      --index KIND           sparse, single or rewrite
      --referrers            signatures, SBOMs and attestations too
      --tags FILTER          many tags: all, globs or /regexes/ divided by commas, or a semver range
      --latest N             with --tags: the newest N
      --overwrite never      leave tags alone that exist with another digest
      --check deep           look at the whole tree at the destination
      --stage KIND           auto, always or never
      --dry-run              say what would be copied, write nothing
      --label NAME=VALUE     kept with the job; may be repeated
      --callback URL         told when the job ends
      --key KEY              idempotency key: the same command again is the same job
      --no-wait              print the job and end
  status JOB                 how a job stands; --wait waits for its end
  watch JOB                  follow a job to its end
  list                       jobs, newest first; --status STATUS, --limit N
  cancel JOB                 stop a job
  compare LEFT RIGHT         why two digests differ; --platform os/arch

  --json                     the service's own JSON on standard output
  --url URL, --token TOKEN   instead of TRANSSHIP_URL and TRANSSHIP_TOKEN
  --help

Exit status: 0 done, 1 failed or refused, 2 usage, 3 the service was not reached.`;

/** Operands of each command: at least, at most. */
const OPERANDS = /** @type {const} */ ({
  copy: [2, 17],
  status: [1, 1],
  watch: [1, 1],
  list: [0, 0],
  cancel: [1, 1],
  compare: [2, 2],
});

/** @typedef {keyof typeof OPERANDS} CommandName */

/**
 * @typedef {object} CommandLine
 * @property {CommandName | "help"} command
 * @property {string[]} operands
 * @property {Record<string, string | string[] | boolean | undefined>} options
 */

const TEXT = /** @type {const} */ ({ type: "string" });
const LIST = /** @type {const} */ ({ type: "string", multiple: true });
const FLAG = /** @type {const} */ ({ type: "boolean" });

/** Options that belong to single commands; the others are everybody's. */
const OWN = /** @type {Record<string, readonly string[]>} */ ({
  copy: [
    "platform",
    "index",
    "referrers",
    "tags",
    "latest",
    "overwrite",
    "check",
    "stage",
    "dry-run",
    "label",
    "callback",
    "key",
    "wait",
    "no-wait",
  ],
  status: ["wait"],
  watch: [],
  list: ["status", "limit"],
  cancel: [],
  compare: ["platform"],
});

const COMMON = ["json", "url", "token", "help"];

/**
 * Reads the arguments; throws an {@link Exit} with status 2 for what can't be read.
 * @param {readonly string[]} args
 * @returns {CommandLine}
 */
export function readArguments(args) {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ platform: LIST, index: TEXT, referrers: FLAG, tags: TEXT, latest: TEXT, overwrite: TEXT, check: TEXT, stage: TEXT },
        ...{ "dry-run": FLAG, label: LIST, callback: TEXT, key: TEXT, wait: FLAG, "no-wait": FLAG, status: TEXT, limit: TEXT },
        ...{ json: FLAG, url: TEXT, token: TEXT, help: { ...FLAG, short: "h" } },
      },
    });
  } catch (error) {
    throw new Exit(USAGE, error instanceof Error ? error.message : String(error));
  }
  const [command = "help", ...operands] = parsed.positionals;
  if (parsed.values.help || command === "help") {
    return { command: "help", operands: [], options: {} };
  }
  if (!isCommand(command)) {
    throw new Exit(USAGE, `${command} is not a command`);
  }
  const [least, most] = OPERANDS[command];
  if (operands.length < least || operands.length > most) {
    throw new Exit(USAGE, `${command} takes ${least === most ? least : `${least} to ${most}`} operands, not ${operands.length}`);
  }
  const foreign = Object.keys(parsed.values).find((name) => !COMMON.includes(name) && !OWN[command]?.includes(name));
  if (foreign !== undefined) {
    throw new Exit(USAGE, `${command} has no option --${foreign}`);
  }
  return { command, operands, options: { ...parsed.values } };
}

/**
 * The body of `POST /copy` that the command line says.
 * @param {CommandLine} line
 * @returns {Record<string, unknown>}
 */
export function copyBody({ operands, options }) {
  const [source, ...destination] = operands;
  const { platform, index, referrers, tags, latest, overwrite, check, stage, label, callback } = options;
  const labels = Array.isArray(label) ? Object.fromEntries(label.map(labelEntry)) : undefined;
  const given = {
    platforms: platform,
    index,
    referrers,
    tags: tagsField(tags, latest),
    overwrite,
    check,
    stage,
    dryRun: options["dry-run"],
    labels,
    callback: callback === undefined ? undefined : { url: callback },
  };
  const fields = Object.entries(given).filter(([, value]) => value !== undefined);
  return { source, destination, ...Object.fromEntries(fields) };
}

/**
 * @param {unknown} filter
 * @param {unknown} latest
 */
function tagsField(filter, latest) {
  if (latest !== undefined && !/^[1-9]\d{0,5}$/.test(String(latest))) {
    throw new Exit(USAGE, "--latest must be a whole number of at least 1");
  }
  const newest = latest === undefined ? {} : { latest: Number(latest) };
  if (typeof filter !== "string") {
    return latest === undefined ? undefined : newest;
  }
  if (filter === "all") {
    return latest === undefined ? "all" : newest;
  }
  const patterns = filter.split(",").filter((pattern) => pattern !== "");
  return { ...(/^[<>=^~]/.test(filter) ? { semver: filter } : { include: patterns }), ...newest };
}

/**
 * @param {string} text
 * @returns {[string, string]}
 */
function labelEntry(text) {
  const equals = text.indexOf("=");
  if (equals <= 0) {
    throw new Exit(USAGE, `--label ${text} is not NAME=VALUE`);
  }
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/**
 * @param {string} text
 * @returns {text is CommandName}
 */
function isCommand(text) {
  return Object.hasOwn(OPERANDS, text);
}
