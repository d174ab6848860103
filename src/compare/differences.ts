/** Where two JSON documents differ. Pure. */
import { isRecord } from "../oci/manifest-json.ts";

/** A place at which the two sides say different things; `null` where one says nothing. */
export interface Difference {
  /** Which of the documents: what the reference stands for (an index at one side, a manifest at the other), the index, the manifest of the compared platform, or its config. */
  document: "root" | "index" | "manifest" | "config";
  /** JSON pointer in that document (RFC 6901). */
  path: string;
  left: unknown;
  right: unknown;
}

/** Most differences that are listed of one document; a rebuilt image differs in every line of its history. */
export const MAX_DIFFERENCES = 100;

/** Longest value that is shown, in characters of its JSON. */
const MAX_VALUE_LENGTH = 500;

/** Documents come nested as deep as their authors like; what lies deeper is compared as a whole. */
const MAX_DEPTH = 32;

/** The differences of two documents, in the order of the left one's fields and then of the right one's, at most {@link MAX_DIFFERENCES}. */
export function differencesOf(document: Difference["document"], left: unknown, right: unknown): Difference[] {
  const found: Difference[] = [];
  walk("", left, right, 0, (path, one, other) => {
    found.push({ document, path, left: shown(one), right: shown(other) });
    return found.length < MAX_DIFFERENCES;
  });
  return found;
}

type Report = (path: string, left: unknown, right: unknown) => boolean;

/** Says whether to go on. */
function walk(path: string, left: unknown, right: unknown, depth: number, report: Report): boolean {
  const isDeep = depth >= MAX_DEPTH;
  if (!isDeep && isRecord(left) && isRecord(right)) {
    const names = [...Object.keys(left), ...Object.keys(right).filter((name) => !Object.hasOwn(left, name))];
    return names.every((name) => walk(`${path}/${escaped(name)}`, own(left, name), own(right, name), depth + 1, report));
  }
  if (!isDeep && Array.isArray(left) && Array.isArray(right)) {
    const length = Math.max(left.length, right.length);
    return Array.from({ length }, (_, index) => index).every((index) =>
      walk(`${path}/${index}`, left[index], right[index], depth + 1, report),
    );
  }
  return JSON.stringify(left) === JSON.stringify(right) || report(path, left, right);
}

function own(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

function shown(value: unknown): unknown {
  if (value === undefined) {
    return null;
  }
  const text = JSON.stringify(value);
  return text.length <= MAX_VALUE_LENGTH ? value : `${text.slice(0, MAX_VALUE_LENGTH).toWellFormed()}…`;
}
