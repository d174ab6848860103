/** Reads the bench's command line. */
import { parseArgs } from "node:util";

const SUITES = ["large", "small", "unchanged", "blob"] as const;

/** The name of a suite, as on the command line. */
export type SuiteName = (typeof SUITES)[number];

/** The command line, read. */
export interface BenchOptions {
  suites: readonly SuiteName[];
  /** Bytes of the image in `large` and `blob`; unset: what the suite has of its own. */
  bytes?: number;
  layers?: number;
  runs?: number;
  json: boolean;
  /** Where the registries keep their blobs, on a real disk; unset: the system's folder for temporary files. */
  folder?: string;
}

/** The answer to `--help`. */
export const USAGE = `npm run bench [-- options]
  --suite NAME    ${SUITES.join(", ")} or all; may be repeated (default: all)
  --size SIZE     of the image in large (default: 1GiB) and blob (default: 4GiB)
  --layers N      of the image in large (default: 8)
  --runs N        measured runs of each copier (default: large 5, small 15, unchanged 15, blob 1)
  --folder DIR    where the registries store, up to twice the size (default: the folder for temporary files)
  --json          results as JSON on standard output, progress on standard error
  --help`;

/** Reads the command line. Throws an Error that says what is wrong with it. */
export function parseOptions(args: readonly string[]): BenchOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      suite: { type: "string", multiple: true, default: ["all"] },
      size: { type: "string" },
      layers: { type: "string" },
      runs: { type: "string" },
      folder: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    return "help";
  }
  const named = values.suite.flatMap((value) => value.split(","));
  const unknown = named.find((name) => name !== "all" && !(SUITES as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw new Error(`--suite: ${unknown} is none of ${SUITES.join(", ")}, all`);
  }
  return {
    suites: named.includes("all") ? SUITES : SUITES.filter((name) => named.includes(name)),
    json: values.json,
    ...(values.size === undefined ? {} : { bytes: parseSize(values.size) }),
    ...(values.layers === undefined ? {} : { layers: parseCount("--layers", values.layers) }),
    ...(values.runs === undefined ? {} : { runs: parseCount("--runs", values.runs) }),
    ...(values.folder === undefined ? {} : { folder: values.folder }),
  };
}

/** Reads `64KiB`, `1GiB`, `1.5GB`, `4096`. Throws on anything else. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([KMGT])(i?)B?|B)?$/i.exec(text);
  if (match === null) {
    throw new Error(`--size: ${text} is not a size such as 64KiB or 1GiB`);
  }
  const power = match[2] === undefined ? 0 : "KMGT".indexOf(match[2].toUpperCase()) + 1;
  return Math.round(Number(match[1]) * (match[3] === "i" ? 1024 : 1000) ** power);
}

/** Reads a whole number from 1 to 1000; throws an Error that begins with `name`, the option, for anything else. */
export function parseCount(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 1000) {
    throw new Error(`${name}: ${text} is not a number from 1 to 1000`);
  }
  return count;
}
