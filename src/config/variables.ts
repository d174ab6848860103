/** Reads single variables of the Worker, which are text where they come from secrets or `.dev.vars`, and any value of TOML from `wrangler.toml`. */
import type * as z from "zod/mini";
import { parseJson } from "../schema/json-text.ts";
import { validate } from "../schema/validate.ts";
import { ConfigError } from "./config-error.ts";

/** The Worker's variables and bindings, before anything is known of them. */
export type Variables = Readonly<Record<string, unknown>>;

/**
 * Returns a structured variable: JSON text is parsed, a table or array is returned as it is, and `undefined` where it is unset or blank. Throws a {@link
 * ConfigError} for other text.
 */
export function structured(variables: Variables, name: string): unknown {
  const value = variables[name];
  if (typeof value !== "string") {
    return value ?? undefined;
  }
  if (value.trim() === "") {
    return undefined;
  }
  const parsed = parseJson(value);
  if (!parsed.ok) {
    throw new ConfigError(name, "#", parsed.detail);
  }
  return parsed.value;
}

/** Returns a structured variable as its schema reads it, `undefined` where it is unset. Throws a {@link ConfigError} for the first fault. */
export function structuredAs<T>(variables: Variables, name: string, schema: z.ZodMiniType<T>): T | undefined {
  const value = structured(variables, name);
  if (value === undefined) {
    return undefined;
  }
  const validated = validate(schema, value);
  if (!validated.ok) {
    const [first] = validated.faults;
    throw new ConfigError(name, first?.pointer ?? "#", first?.detail ?? "is not valid");
  }
  return validated.value;
}

/** Returns a switch: `true` or `false`, or either as text. Throws a {@link ConfigError} for anything else. @default false */
export function flag(variables: Variables, name: string): boolean {
  switch (variables[name] ?? "") {
    case true:
    case "true":
      return true;
    case false:
    case "false":
    case "":
      return false;
    default:
      throw new ConfigError(name, "#", 'must be "true" or "false"');
  }
}

/** Bounds of a number that may be configured. */
export interface NumberRange {
  min: number;
  max: number;
  default: number;
}

/** Returns a whole number, given as a number or as decimal digits. Throws a {@link ConfigError} where it is not one, or out of bounds. */
export function wholeNumber(variables: Variables, name: string, range: NumberRange): number {
  const value = variables[name] ?? "";
  if (value === "") {
    return range.default;
  }
  const number = typeof value === "string" && /^\d{1,15}$/.test(value.trim()) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number) || number < range.min || number > range.max) {
    throw new ConfigError(name, "#", `must be a whole number from ${range.min} to ${range.max}`);
  }
  return number;
}
