/** What a converter makes of another tool's file: settings of transship, and in words what it could not bring over. */

/** One entry of `SYNC`, as it stands in the configuration. */
export interface ConvertedEntry {
  name: string;
  schedule: string;
  source: string;
  destination: string;
  [option: string]: unknown;
}

export interface Conversion {
  syncs: ConvertedEntry[];
  /** For `REGISTRIES`, by host. */
  registries: Record<string, Record<string, unknown>>;
  /** One sentence each, beginning with the place in the file. Credentials are named and never repeated. */
  notes: string[];
}

export function emptyConversion(): Conversion {
  return { syncs: [], registries: {}, notes: [] };
}

/** A name for an entry, of the characters that names may have and different from all before it. */
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

export type YamlMap = Readonly<Record<string, unknown>>;

/** A mapping, or an empty one where something else stands. */
export function mapOf(value: unknown): YamlMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as YamlMap) : {};
}

/** A list of texts; a single text is a list of one. YAML reads `1.2` as a number: tags are texts again here. */
export function textsOf(value: unknown): string[] {
  const list = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  return list.filter((item) => typeof item === "string" || typeof item === "number").map(String);
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}
