/** Whether two image configs say the same, however they are written. Pure. */
import { isRecord, type JsonRecord } from "../oci/manifest-json.ts";

/** Fields of an OCI config (image spec, config.md). Docker's config has more; tools leave those out when they convert it to OCI's. */
const CONFIG_FIELDS = ["created", "author", "architecture", "os", "os.version", "os.features", "variant", "config", "rootfs", "history"];

/** Fields of a config's `config` object, which says how a container is started (image spec, config.md). */
const EXECUTION_FIELDS = ["User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels", "StopSignal"];

/** Whether two JSON values are the same but for white space and the order of fields. */
export function sameJson(left: unknown, right: unknown): boolean {
  return canonical(left) === canonical(right);
}

/**
 * Whether two configs say the same of the image. Between Docker's and OCI's media types only what both have counts, and what is empty is
 * as good as missing: a conversion writes the config anew, and its digest changes with that.
 */
export function sameConfig(left: JsonRecord, right: JsonRecord, isConverted: boolean): boolean {
  return isConverted ? sameJson(essentials(left), essentials(right)) : sameJson(left, right);
}

function essentials(config: JsonRecord): unknown {
  const top = picked(config, CONFIG_FIELDS);
  return withoutEmpty({ ...top, ...(isRecord(top.config) && { config: picked(top.config, EXECUTION_FIELDS) }) });
}

function picked(record: JsonRecord, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(fields.flatMap((field) => (Object.hasOwn(record, field) ? [[field, record[field]]] : [])));
}

/** Without the fields that Go leaves out as empty. Entries of an array all stay: their order means something. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutEmpty);
  }
  if (!isRecord(value)) {
    return typeof value === "string" ? sameInstant(value) : value;
  }
  const entries = Object.entries(value).map(([name, each]) => [name, withoutEmpty(each)] as const);
  return Object.fromEntries(entries.filter(([, each]) => !isEmpty(each)));
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === false || value === "") {
    return true;
  }
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** A time (RFC 3339) as Go writes it, without zeros at the end of its fraction. */
function sameInstant(text: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/.test(text) ? text.replace(/\.?0+Z$/, "Z") : text;
}

/** The value as JSON with every object's fields in one order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join(",")}]`;
  }
  if (!isRecord(value)) {
    return JSON.stringify(value) ?? "null";
  }
  const fields = Object.keys(value).sort();
  return `{${fields.map((field) => `${JSON.stringify(field)}:${canonical(value[field])}`).join(",")}}`;
}
