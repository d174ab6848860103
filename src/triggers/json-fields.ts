/** Looks into JSON of which nothing is known. Pure. */

/** The object at a path, or `undefined` where there is none. Inherited names are not there. */
export function recordAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  const found = path.reduce<unknown>((inside, name) => (isRecord(inside) && Object.hasOwn(inside, name) ? inside[name] : undefined), value);
  return isRecord(found) ? found : undefined;
}

/** The text at a path, or `undefined` where there is none or an empty one. */
export function textAt(value: unknown, ...path: readonly [string, ...string[]]): string | undefined {
  const found = recordAt(value, ...path.slice(0, -1));
  const last = path.at(-1) ?? "";
  const text = found !== undefined && Object.hasOwn(found, last) ? found[last] : undefined;
  return typeof text === "string" && text !== "" ? text : undefined;
}

/** The list at a path, or an empty one. */
export function listAt(value: unknown, ...path: readonly [string, ...string[]]): readonly unknown[] {
  const found = recordAt(value, ...path.slice(0, -1))?.[path.at(-1) ?? ""];
  return Array.isArray(found) ? found : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
