/** What differs between two documents, field by field. Pure. */
import type { Descriptor } from "../oci/descriptor.ts";
import { isRecord, type JsonRecord } from "../oci/manifest-json.ts";
import { formatPlatform } from "../oci/platform.ts";
import type { ComparedEntry, EntryComparison } from "./index-entries.ts";
import type { ComparedSide } from "./read-sides.ts";
import type { Pair } from "./sides.ts";
import type { Judgement } from "./verdict.ts";

/** One place where the sides differ. */
export interface Difference {
  /** What the path is a place in: what the references stand for (an index at one side, a manifest at the other), the indexes, or the manifests or the configs of the images that were compared. */
  document: "root" | "index" | "manifest" | "config";
  /**
   * JSON pointer (RFC 6901). Of an entry of an index: its place at the left, or at the right where it is only there; of one in an index within the
   * index, `/manifests/0/manifests/2`: in the document that entry 0 names, entry 2.
   */
  path: string;
  /** What is there; `null` where nothing is. */
  left: unknown;
  right: unknown;
}

/** Most differences that are listed of one document; a rebuilt image differs in every line of its history. */
export const MAX_DIFFERENCES = 100;

/** Longest value that is given whole, in characters of its JSON. */
const MAX_VALUE_LENGTH = 500;

/**
 * The differences of each document, at most {@link MAX_DIFFERENCES}: by their fields, in the order of the left one's and then of the right one's; of
 * an index, its entries last, and after them the indexes within it. None where the bytes differ only by white space or order.
 */
export function differencesOf({ left, right }: Pair<ComparedSide>, { indexes }: Judgement): Difference[] {
  const found: Difference[] = [];
  if (left.root.parsed.kind !== right.root.parsed.kind) {
    found.push(...fieldDifferences("root", rootFields(left), rootFields(right)));
  }
  if (indexes !== undefined) {
    const fields = fieldDifferences("index", withoutManifests(left.root.body), withoutManifests(right.root.body));
    const listed = [...entryDifferences(indexes.entries), ...entryDifferences(indexes.inner)];
    found.push(...[...fields, ...listed].slice(0, MAX_DIFFERENCES));
  }
  if (left.image !== undefined && right.image !== undefined) {
    found.push(...fieldDifferences("manifest", left.image.manifest.body, right.image.manifest.body));
    if (left.image.config !== undefined && right.image.config !== undefined) {
      found.push(...fieldDifferences("config", left.image.config, right.image.config));
    }
  }
  return found;
}

/** What tells an index from a manifest; everything else in them is of another kind. */
function rootFields({ root }: ComparedSide): JsonRecord {
  return { mediaType: root.content.descriptor.mediaType };
}

function withoutManifests({ manifests: _, ...rest }: JsonRecord): JsonRecord {
  return rest;
}

function entryDifferences({ different, onlyLeft, onlyRight }: EntryComparison): Difference[] {
  const at = ({ path }: ComparedEntry, left: unknown, right: unknown, field = "") => difference("index", `${path}${field}`, left, right);
  return [
    ...different.map(({ left, right }) => at(left, left.descriptor.digest, right.descriptor.digest, "/digest")),
    ...onlyLeft.map((entry) => at(entry, entryValue(entry), null)),
    ...onlyRight.map((entry) => at(entry, null, entryValue(entry))),
  ];
}

function entryValue({ descriptor }: ComparedEntry): Pick<Descriptor, "digest" | "mediaType"> & { platform?: string } {
  const { digest, mediaType, platform } = descriptor;
  return { mediaType, digest, ...(platform && { platform: formatPlatform(platform) }) };
}

function fieldDifferences(document: Difference["document"], left: JsonRecord, right: JsonRecord): Difference[] {
  const found: Difference[] = [];
  addFields(found, document, "", left, right);
  return found;
}

function addFields(found: Difference[], document: Difference["document"], path: string, left: unknown, right: unknown): void {
  if (found.length === MAX_DIFFERENCES) {
    return;
  }
  const [lefts, rights] = [childrenOf(left), childrenOf(right)];
  if (lefts === undefined || rights === undefined || Array.isArray(left) !== Array.isArray(right)) {
    if ((left ?? null) !== (right ?? null)) {
      found.push(difference(document, path, left, right));
    }
    return;
  }
  for (const name of new Set([...lefts.keys(), ...rights.keys()])) {
    addFields(found, document, `${path}/${escaped(name)}`, lefts.get(name), rights.get(name));
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

function difference(document: Difference["document"], path: string, left: unknown, right: unknown): Difference {
  return { document, path, left: shown(left), right: shown(right) };
}

/** The value, or the beginning of its JSON where it is long. */
function shown(value: unknown): unknown {
  const text = JSON.stringify(value ?? null);
  if (text.length <= MAX_VALUE_LENGTH) {
    return value ?? null;
  }
  return `${(typeof value === "string" ? value : text).slice(0, MAX_VALUE_LENGTH)}…`.toWellFormed();
}
