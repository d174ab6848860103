/** What a converter makes of another tool's file: settings of transship, and notes about what has no counterpart in them. */
import { isJsonObject, type JsonObject } from "../../src/schema/json-object.ts";

/** One entry of `SYNC`, as it stands in the configuration. */
export interface ConvertedEntry {
  name: string;
  schedule: string;
  source: string;
  destination: string;
  [option: string]: unknown;
}

/** The result of a conversion; the converters add to it as they read. */
export interface Conversion {
  syncs: ConvertedEntry[];
  /** For `REGISTRIES`, by host. */
  registries: Record<string, Record<string, unknown>>;
  /** One sentence each, beginning with the place in the file. Credentials are named and never repeated. */
  notes: string[];
}

/** Returns a conversion to which nothing has been added yet. */
export function emptyConversion(): Conversion {
  return { syncs: [], registries: {}, notes: [] };
}

/** Returns a name for an entry, made of the characters that names may have and different from those that are taken. */
export function entryName(wanted: string, taken: readonly ConvertedEntry[]): string {
  const base =
    wanted
      .replace(/[^A-Za-z0-9._-]+/g, "-")
      .replace(/^[^A-Za-z0-9]+/, "")
      .slice(0, 56) || "sync";
  const names = new Set(taken.map(({ name }) => name));
  for (let count = 2; names.has(base) && count < 10_000; count++) {
    if (!names.has(`${base}-${count}`)) {
      return `${base}-${count}`;
    }
  }
  return base;
}

/** A mapping of YAML: its values by key, none of them looked at yet. */
export type YamlMap = JsonObject;

/** The value where it is a mapping, else an empty mapping. */
export function mapOf(value: unknown): YamlMap {
  return isJsonObject(value) ? value : {};
}

/** The texts of a list; a single text counts as a list of one. Numbers become texts again: YAML reads the tag `1.2` as a number. */
export function textsOf(value: unknown): string[] {
  const list = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  return list.filter((item) => typeof item === "string" || typeof item === "number").map(String);
}

/** A text, or a number as text; `undefined` for anything else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}
