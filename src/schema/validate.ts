/** Checks a value against a zod schema and lists everything that is wrong with it, each fault with its place. */
import type * as z from "zod/mini";

/** One thing wrong in a document. */
export interface Fault {
  /** Completes "this place …": `is required`. Never repeats the value, which may be a secret. */
  detail: string;
  /** JSON pointer in URI fragment form (RFC 6901 §6): `#/destination/3`. */
  pointer: string;
}

/** A value that its schema accepts, or what is wrong with it: at least one fault. */
export type Validated<T> = { ok: true; value: T } | { ok: false; faults: Fault[] };

/** Returns the value as the schema reads it, or every fault in it. */
export function validate<T>(schema: z.ZodMiniType<T>, input: unknown): Validated<T> {
  const result = schema.safeParse(input, { error: describe });
  return result.success ? { ok: true, value: result.data } : { ok: false, faults: withoutEchoes(result.error.issues).flatMap(faultsOf) };
}

/** The pointer to a place, as the fragment of a URI: `["a/b", 3]` is `#/a~1b/3`. */
export function pointerTo(...path: readonly PropertyKey[]): string {
  const steps = path.map((step) => {
    const escaped = String(step).toWellFormed().replaceAll("~", "~0").replaceAll("/", "~1");
    // A fragment may hold these as they are (RFC 3986 §3.5); hosts with ports stay readable.
    return `/${encodeURIComponent(escaped).replace(/%(?:3A|40|24|26|2B|2C|3B|3D)/g, decodeURIComponent)}`;
  });
  return `#${steps.join("")}`;
}

/**
 * Drops what is said of a value besides that it has the wrong type: zod counts the characters of a text that stands where an array belongs as if they were
 * its entries.
 */
function withoutEchoes(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const mistyped = new Set(issues.filter(({ code }) => code === "invalid_type").map(({ path }) => pointerTo(...path)));
  return issues.filter(({ code, path }) => code === "invalid_type" || !mistyped.has(pointerTo(...path)));
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ detail: issue.message, pointer: pointerTo(...issue.path, key) }));
  }
  if (issue.code === "invalid_union") {
    const inside = nearestBranch(issue.errors);
    if (inside !== undefined) {
      return withoutEchoes(inside).flatMap((each) => faultsOf({ ...each, path: [...issue.path, ...each.path] }));
    }
  }
  return [{ detail: issue.message, pointer: pointerTo(...issue.path) }];
}

/** The faults of the alternative that the value is meant to be: the one that it fails inside, and not as a whole. */
function nearestBranch(branches: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  const near = branches.filter((issues) => issues.every(({ code, path }) => path.length > 0 || code === "unrecognized_keys"));
  return near.length === 1 ? near[0] : undefined;
}

const EXPECTED: Readonly<Record<string, string>> = {
  array: "must be an array",
  boolean: "must be true or false",
  int: "must be a whole number",
  number: "must be a number",
  object: "must be an object",
  record: "must be an object",
  string: "must be a string",
};

/** The text for a failed check: zod/mini has none of its own. A text that the schema itself gives comes before it. */
function describe(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is required" : (EXPECTED[issue.expected] ?? `must be of type ${issue.expected}`);
    case "unrecognized_keys":
      return "is not a known field";
    case "invalid_value":
      return `must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "too_big":
      return `must ${bound(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum)}`;
    case "too_small":
      return issue.minimum === 1 && issue.origin !== "number" && issue.origin !== "int"
        ? "must not be empty"
        : `must ${bound(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum)}`;
    case "invalid_key":
      return `has a name that ${issue.issues[0]?.message ?? "is not allowed"}`;
    default:
      return "is not valid";
  }
}

function bound(origin: string, relation: string, limit: number | bigint): string {
  switch (origin) {
    case "string":
      return `have ${relation} ${limit} characters`;
    case "array":
      return `have ${relation} ${limit} entries`;
    default:
      return `be ${relation} ${limit}`;
  }
}
