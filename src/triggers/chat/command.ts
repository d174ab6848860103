/** The one grammar of all chat commands. Pure. */
import { type CopyRequest, readCopyRequest } from "../../request/copy-request.ts";

export type Command =
  | { verb: "copy"; request: CopyRequest }
  | { verb: "status" | "cancel"; job: string }
  | { verb: "compare"; left: string; right: string }
  | { verb: "help" };

/** `fault` is one sentence that points at what is wrong. */
export type ReadCommand = { ok: true; command: Command } | { ok: false; fault: string };

/** What `help` says, and what follows every fault. */
export const USAGE = [
  "copy SOURCE DESTINATION [--platform os/arch]… [--tags FILTER] [--referrers] [--dry-run]",
  "status JOB",
  "cancel JOB",
  "compare LEFT RIGHT",
  "help",
].join("\n");

/** Reads a command's words. */
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

/** `--name=value` and `--name value` are the same; references hold no `--`. */
function splitFlag(word: string): [string, string?] {
  const equals = word.startsWith("--") ? word.indexOf("=") : -1;
  return equals < 0 ? [word] : [word.slice(0, equals), word.slice(equals + 1)];
}

/** `all`; a semver range, which begins with a comparison; else globs or `/regexes/`, divided by commas. */
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
  return `"${word.slice(0, 80)}"`;
}
