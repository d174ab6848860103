/** What differs between two JSON documents, field by field. Pure. */
import { isRecord } from "../oci/manifest-json.ts";

/** One place where the sides differ. */
export interface Difference {
  /** What the path is a place in: what the references stand for (an index at one side, a manifest at the other), the indexes, or the manifests or the configs of the images that were compared. */
  document: "root" | "index" | "manifest" | "config";
  /**
   * JSON pointer (RFC 6901) to the place in both documents, where neither `leftPath` nor `rightPath` says otherwise. In an index within the index it goes
   * on after the pointer to that one's entry: `/manifests/0/manifests/2` is, in the document that entry 0 names, entry 2.
   */
  path: string;
  /** `null` for an entry of an index that is at right only, where left has another one at `path`; else unset. */
  leftPath?: null;
  /**
   * Of an entry of an index: its place at right, where that is not `path`; `null` where it is at left only, and right has another one at `path`. The place
   * in left's document is always `path`.
   */
  rightPath?: string | null;
  /** What is there; `null` where nothing is. Of `root`, the media type that the registry gives, whether or not the document repeats it. */
  left: unknown;
  /** The same value as at left where an entry of an index only stands in another order. */
  right: unknown;
}

/** Most differences that are listed of one document; a rebuilt image differs in every line of its history. */
export const MAX_DIFFERENCES = 100;

/** Longest value that is given whole, in characters of its JSON. */
const MAX_VALUE_LENGTH = 500;

/** Two values at one place, below which they may differ. */
interface Place {
  path: string;
  left: unknown;
  right: unknown;
}

/** Lists the places at which two values differ, the deepest that tell it, at most {@link MAX_DIFFERENCES}; in the order of left's fields and then of right's. */
export function fieldDifferences(document: Difference["document"], left: unknown, right: unknown): Difference[] {
  const found: Difference[] = [];
  addFields(found, document, { path: "", left, right });
  return found;
}

/** One difference, with long values cut off. */
export function difference(document: Difference["document"], { path, left, right }: Place): Difference {
  return { document, path, left: shown(left), right: shown(right) };
}

function addFields(found: Difference[], document: Difference["document"], place: Place): void {
  const { path, left, right } = place;
  if (found.length === MAX_DIFFERENCES) {
    return;
  }
  const [lefts, rights] = [childrenOf(left), childrenOf(right)];
  if (lefts === undefined || rights === undefined || Array.isArray(left) !== Array.isArray(right)) {
    if ((left ?? null) !== (right ?? null)) {
      found.push(difference(document, place));
    }
    return;
  }
  for (const name of new Set([...lefts.keys(), ...rights.keys()])) {
    addFields(found, document, { path: `${path}/${escaped(name)}`, left: lefts.get(name), right: rights.get(name) });
  }
}

function childrenOf(value: unknown): Map<string, unknown> | undefined {
  if (Array.isArray(value)) {
    return new Map(value.map((each, index) => [String(index), each]));
  }
  return isRecord(value) ? new Map(Object.entries(value)) : undefined;
}

function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** The value, or the beginning of its JSON where it is long. */
function shown(value: unknown): unknown {
  const text = JSON.stringify(value ?? null);
  if (text.length <= MAX_VALUE_LENGTH) {
    return value ?? null;
  }
  return `${(typeof value === "string" ? value : text).slice(0, MAX_VALUE_LENGTH)}…`.toWellFormed();
}
