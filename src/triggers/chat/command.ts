/** The grammar of chat commands, the same on all platforms. Pure. */
import { type CopyRequest, readCopyRequest } from "../../request/copy-request.ts";

/** A command that was understood. `job` is whatever was typed: it need not be the id of a job. */
export type Command =
  | { verb: "copy"; request: CopyRequest }
  | { verb: "status" | "cancel"; job: string }
  | { verb: "compare"; left: string; right: string }
  | { verb: "help" };

/** A command, or one sentence that says what is wrong with it. */
export type ReadCommand = { ok: true; command: Command } | { ok: false; fault: string };

/** The answer to `help`, which also follows every fault. */
export const USAGE = [
  "copy SOURCE DESTINATION [--platform os/arch]… [--tags FILTER] [--referrers] [--dry-run]",
  "status JOB",
  "cancel JOB",
  "compare LEFT RIGHT",
  "help",
].join("\n");

/** Longest part of a word that a fault repeats, in characters. */
const MAX_QUOTED_LENGTH = 80;

/** Reads the words of a command. None are `help`. */
export function readCommand(words: readonly string[]): ReadCommand {
  const [verb = "help", ...rest] = words;
  switch (verb.toLowerCase()) {
    case "copy":
      return readCopy(rest);
    case "status":
    case "cancel": {
      const [job, extra] = rest;
      return job === undefined || extra !== undefined
        ? fault(`${verb} takes one job, and ${rest.length === 0 ? "there is none" : `${quoted(extra ?? "")} is one word too many`}`)
        : { ok: true, command: { verb: verb.toLowerCase() as "status" | "cancel", job } };
    }
    case "compare": {
      const [left, right, extra] = rest;
      return left === undefined || right === undefined || extra !== undefined
        ? fault(
            `compare takes two references, and ${extra === undefined ? `there ${rest.length === 1 ? "is one" : "are none"}` : `${quoted(extra)} is one word too many`}`,
          )
        : { ok: true, command: { verb: "compare", left, right } };
    }
    case "help":
    case "--help":
      return { ok: true, command: { verb: "help" } };
    default:
      return fault(`${quoted(verb)} is not a command`);
  }
}

function readCopy(words: readonly string[]): ReadCommand {
  const references: string[] = [];
  const platforms: string[] = [];
  const options: Record<string, unknown> = {};
  for (let at = 0; at < words.length; at++) {
    const [flag = "", inline] = splitFlag(words[at] ?? "");
    const value = () => inline ?? words[++at];
    switch (flag) {
      case "--platform": {
        const platform = value();
        if (platform === undefined) {
          return fault("--platform has no platform after it");
        }
        platforms.push(...platform.split(","));
        break;
      }
      case "--tags": {
        const filter = value();
        if (filter === undefined) {
          return fault("--tags has no filter after it");
        }
        options.tags = tagsOf(filter);
        break;
      }
      case "--referrers":
        options.referrers = true;
        break;
      case "--dry-run":
        options.dryRun = true;
        break;
      default:
        if (flag.startsWith("-")) {
          return fault(`${quoted(flag)} is not an option of copy`);
        }
        references.push(words[at] ?? "");
    }
  }
  const [source, destination, extra] = references;
  if (source === undefined || destination === undefined) {
    return fault(source === undefined ? "copy has no source" : `copy has no destination after ${quoted(source)}`);
  }
  if (extra !== undefined) {
    return fault(`${quoted(extra)} is one word too many: copy takes a source and a destination`);
  }
  const read = readCopyRequest({ source, destination, ...(platforms.length > 0 ? { platforms } : {}), ...options });
  if (read.ok) {
    return { ok: true, command: { verb: "copy", request: read.request } };
  }
  const [first] = read.faults;
  return fault(
    `${first?.pointer.slice(2).replace(/^platforms\/\d+$/, "the platform") || "the command"} ${first?.detail ?? "is not valid"}`,
  );
}

/** Splits `--name=value`, which means the same as `--name value`. */
function splitFlag(word: string): [string, string?] {
  const equals = word.startsWith("--") ? word.indexOf("=") : -1;
  return equals < 0 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
}

/** Reads the value of `--tags`: `all`, a semver range, which begins with a comparison, or globs and `/regexes/`, separated by commas. */
function tagsOf(filter: string): unknown {
  if (filter === "all") {
    return "all";
  }
  return /^[<>=^~]/.test(filter) ? { semver: filter } : { include: filter.split(",").filter((pattern) => pattern !== "") };
}

function fault(text: string): ReadCommand {
  return { ok: false, fault: `${text}.` };
}

function quoted(word: string): string {
  return `"${word.slice(0, MAX_QUOTED_LENGTH)}"`;
}
