/** Reads single fields of JSON that has not been validated. Pure. */
import { isJsonObject, type JsonObject } from "../schema/json-object.ts";
import { parseJson } from "../schema/json-text.ts";
import { bytesOfBase64 } from "./signature.ts";

/** The object at a path, or `undefined` where there is none. Only own properties count: `constructor` names nothing. */
export function recordAt(value: unknown, ...path: readonly string[]): JsonObject | undefined {
  const found = path.reduce<unknown>(
    (inside, name) => (isJsonObject(inside) && Object.hasOwn(inside, name) ? inside[name] : undefined),
    value,
  );
  return isJsonObject(found) ? found : undefined;
}

/** The text at a path; `undefined` where there is none, or an empty one. */
export function textAt(value: unknown, ...path: readonly [string, ...string[]]): string | undefined {
  const found = recordAt(value, ...path.slice(0, -1));
  const last = path.at(-1) ?? "";
  const text = found !== undefined && Object.hasOwn(found, last) ? found[last] : undefined;
  return typeof text === "string" && text !== "" ? text : undefined;
}

/** The list at a path; empty where there is none. */
export function listAt(value: unknown, ...path: readonly [string, ...string[]]): readonly unknown[] {
  const found = recordAt(value, ...path.slice(0, -1))?.[path.at(-1) ?? ""];
  return Array.isArray(found) ? found : [];
}

/** The JSON that a text holds in base64, or `undefined` where it holds none. */
export function jsonInBase64(text: string | undefined): unknown {
  const parsed = parseJson(new TextDecoder().decode(bytesOfBase64(text)));
  return parsed.ok ? parsed.value : undefined;
}
