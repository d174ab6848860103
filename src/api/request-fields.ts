/** Gets the fields of a request out of the form they came in: JSON, a form, or the query of the URL. What they say is checked elsewhere. */

import { essence } from "../oci/media-types.ts";
import { parseJson } from "../schema/json-text.ts";
import { type Fault, pointerTo } from "../schema/validate.ts";
import { ApiError } from "./api-error.ts";
import { readBody } from "./read-body.ts";

export interface RequestFields {
  /** As JSON would give them: from a form or query, numbers stay text. */
  fields: unknown;
  /** What was wrong with the form itself. */
  faults: Fault[];
}

/** Fields that are arrays, and so may be given more than once in a form or query. */
const LISTS: ReadonlySet<string> = new Set(["destination", "platforms", "tags.include", "tags.exclude", "callback.events"]);
/** The one of them that is no array where it is given once. */
const DESTINATION = "destination";
/** Fields whose decimal digits are a number. */
const NUMBERS: ReadonlySet<string> = new Set(["tags.latest"]);
/** Fields whose text `true` or `false` is a boolean. */
const BOOLEANS: ReadonlySet<string> = new Set(["referrers", "dryRun"]);

const KNOWN_TYPES = "application/json or application/x-www-form-urlencoded";

/**
 * Reads the fields of `POST /copy`.
 *
 * A query wins: callers that can set a URL and nothing else (registry webhooks) send a body of their own along, in a format that is
 * none of ours, so with any query parameter the body is neither read nor looked at. That leaves one place where a field can be given
 * twice, the query itself (as in a form): a repeated name that is no list is a fault, never a silent choice between the two.
 */
export async function readFields(request: Request, url: URL): Promise<RequestFields> {
  if (url.search.length > 1) {
    return fieldsOfParameters(url.searchParams);
  }
  const encoding = request.headers.get("content-encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    throw new ApiError({ kind: "unsupported-media-type", detail: "A compressed body (Content-Encoding) is not supported." });
  }
  const text = await readBody(request);
  switch (essence(request.headers.get("content-type"))) {
    case "application/json": {
      const parsed = parseJson(text);
      if (!parsed.ok) {
        throw new ApiError({ kind: "malformed", detail: `The request's body ${parsed.detail}.` });
      }
      return { fields: parsed.value, faults: [] };
    }
    case "application/x-www-form-urlencoded":
      if (/^\s*[{[]/.test(text)) {
        // What `curl -d '{…}'` sends unless it is told otherwise.
        throw new ApiError({
          kind: "unsupported-media-type",
          detail: "The body looks like JSON but was sent as a form: add the header Content-Type: application/json.",
        });
      }
      return fieldsOfParameters(new URLSearchParams(text));
    default:
      if (text === "") {
        throw new ApiError({ kind: "malformed", detail: `The request has neither a body (${KNOWN_TYPES}) nor query parameters.` });
      }
      throw new ApiError({ kind: "unsupported-media-type", detail: `The body's Content-Type must be ${KNOWN_TYPES}.` });
  }
}

/** Reads a form or query: repeated names make arrays, `labels.NAME` makes an entry of `labels`, `tags.latest` one of `tags`. */
export function fieldsOfParameters(parameters: URLSearchParams): RequestFields {
  const faults: Fault[] = [];
  const fields = new Map<string, unknown>();
  const groups = new Map<string, Map<string, unknown>>();
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name);
    const dot = name.indexOf(".");
    const path = dot > 0 ? [name.slice(0, dot), name.slice(dot + 1)] : [name];
    const [field = "", member] = path;
    if (values.length > 1 && !LISTS.has(name)) {
      faults.push({ detail: "was given more than once", pointer: pointerTo(...path) });
    }
    const value = fieldValue(name, values);
    if (member === undefined) {
      fields.set(field, value);
    } else {
      const group = groups.get(field) ?? new Map<string, unknown>();
      groups.set(field, group.set(member, value));
    }
  }
  for (const [field, members] of groups) {
    if (fields.has(field)) {
      faults.push({ detail: "was given both whole and in parts", pointer: pointerTo(field) });
    }
    fields.set(field, Object.fromEntries(members));
  }
  return { fields: Object.fromEntries(fields), faults };
}

function fieldValue(name: string, values: string[]): unknown {
  const [text = ""] = values;
  if (LISTS.has(name)) {
    return name === DESTINATION && values.length === 1 ? text : values;
  }
  if (NUMBERS.has(name) && /^\d{1,15}$/.test(text)) {
    return Number(text);
  }
  return BOOLEANS.has(name) && (text === "true" || text === "false") ? text === "true" : text;
}
