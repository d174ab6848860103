/** Tells JSON's objects from its other values. */

/** A JSON object: its members by name, none of them looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a parsed JSON value is an object: neither an array nor `null`, both of which `typeof` calls objects too. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
