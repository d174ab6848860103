/** JSON of manifests: from bytes to fields of known types. Everything that is not as it must be fails with `manifest-invalid`. */
import { CopyError } from "./errors.ts";
import { ambiguousKey } from "./json-keys.ts";
import { excessOf } from "./json-size.ts";

/** A JSON object whose values have not been checked yet. Fields are read by name only; `__proto__` in JSON is a field like any other. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** Deepest nesting of a document that is compared or written anew, which is done level by level on the stack; manifests and configs have five. */
export const MAX_LEVELS = 64;

/** The failure of a document that is no manifest. `problem` is a sentence without its full stop. */
export function invalidManifest(problem: string): CopyError {
  return new CopyError({ code: "manifest-invalid", message: `The manifest is not valid. ${problem}.`, retry: "never" });
}

/** The failure of one field, named by its JSON pointer. */
export function invalidField(pointer: string, problem: string): CopyError {
  return invalidManifest(`${pointer} ${problem}`);
}

/** Decodes strictly (no replacement characters, no byte order mark) and parses. Fails where the bytes are not one JSON object, or too much of one. */
export function parseJsonObject(bytes: Uint8Array): JsonRecord {
  return parseText(bytes).value;
}

/** {@link parseJsonObject} for a manifest: fails also where another reader could read another image out of it. */
export function parseManifestJson(bytes: Uint8Array): JsonRecord {
  const { text, value } = parseText(bytes);
  const ambiguity = ambiguousKey(text);
  if (ambiguity !== undefined) {
    throw invalidManifest(ambiguity);
  }
  return value;
}

/** {@link parseJsonObject} for a document that is written anew: numbers that JavaScript would write in another way keep their text. */
export function parseVerbatim(bytes: Uint8Array): JsonRecord {
  return parseText(bytes, keepNumber).value;
}

/** What ECMAScript 2026 gives a reviver, and takes for a number's text (proposal-json-parse-with-source); TypeScript does not know it yet. */
type RawJson = typeof JSON & { rawJSON(text: string): unknown };

function keepNumber(_: string, value: unknown, { source }: { source?: string } = {}): unknown {
  return typeof value === "number" && source !== undefined && String(value) !== source ? (JSON as RawJson).rawJSON(source) : value;
}

function parseText(
  bytes: Uint8Array,
  reviver?: (key: string, value: unknown, context?: { source?: string }) => unknown,
): { text: string; value: JsonRecord } {
  const text = orInvalid(() => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  const excess = excessOf(text);
  if (excess !== undefined) {
    throw invalidManifest(excess);
  }
  const value = orInvalid((): unknown => JSON.parse(text, reviver));
  if (!isRecord(value)) {
    throw invalidManifest("It is not a JSON object");
  }
  return { text, value };
}

function orInvalid<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw invalidManifest("It is not JSON in UTF-8");
  }
}

/** Whether a value is a JSON object: no list and not `null`. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a field is missing. Go writes an empty list or map as `null`. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** The field's text, or `undefined` where it is missing. `pointer` is that of the record. */
export function optionalString(record: JsonRecord, field: string, pointer: string): string | undefined {
  const value = record[field];
  if (!isAbsent(value) && typeof value !== "string") {
    throw invalidField(`${pointer}/${field}`, "is not a string");
  }
  return value ?? undefined;
}

/** Whether objects and lists are nested deeper than that. Looked at level by level: a call for each would overflow the stack on what it is meant to find. */
export function isDeeperThan(value: unknown, most: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) {
      return true;
    }
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
  return false;
}
