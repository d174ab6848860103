/** Reads the fields of a request from JSON, a form, or the query of the URL. What they say is checked elsewhere. */
import { repeatedKey } from "../oci/json-keys.ts";
import { essence } from "../oci/media-types.ts";
import { COPY_FIELDS } from "../request/copy-fields.ts";
import { isJsonObject } from "../schema/json-object.ts";
import { parseJson } from "../schema/json-text.ts";
import { type Fault, pointerTo } from "../schema/validate.ts";
import { ApiError } from "./api-error.ts";
import { MAX_BODY_BYTES, readBody } from "./read-body.ts";

/** The fields of a request, before they are checked. */
export interface RequestFields {
  /** The value as JSON has it. From a form or query, text remains text, but for the fields that are known to be numbers or booleans. */
  fields: unknown;
  /** What is wrong with how the fields were sent; empty for JSON. */
  faults: Fault[];
}

/** {@link RequestFields} of parameters. */
interface ParameterFields extends RequestFields {
  fields: Record<string, unknown>;
}

/** Fields that every copy request has. */
const REQUIRED: ReadonlySet<string> = new Set(["source", "destination"]);
/** Fields that are arrays, and so may be repeated in a form or query. */
const LISTS: ReadonlySet<string> = new Set(["destination", "platforms", "tags.include", "tags.exclude", "callback.events"]);
/** The one of {@link LISTS} that need not be an array where it is given once. */
const DESTINATION = "destination";
/** Fields that are numbers: their decimal digits are converted. */
const NUMBERS: ReadonlySet<string> = new Set(["tags.latest"]);
/** Fields that are booleans: `true` and `false` are converted. */
const BOOLEANS: ReadonlySet<string> = new Set(["referrers", "dryRun"]);

const JSON_TYPE = "application/json";
const FORM_TYPE = "application/x-www-form-urlencoded";
/** The parameter of a `Content-Type` (RFC 9110 §8.3.1). */
const CHARSET = /;[ \t]*charset="?([^";\s]+)/i;
const KNOWN_TYPES = `${JSON_TYPE} or ${FORM_TYPE}`;

/**
 * Reads the fields of `POST /copy`.
 *
 * With any query parameter nothing is taken from the body: callers of which only the URL can be configured, such as the webhooks of registries, send a
 * body in a format of their own along. Where the body is a copy request too, a field that both give is a fault, as is a repeated name that is no list; JSON
 * in which a key comes twice is malformed: of two values neither is silently preferred.
 */
export async function readFields(request: Request, url: URL): Promise<RequestFields> {
  if (url.search.length > 1) {
    const { fields, faults } = fieldsOfParameters(url.searchParams);
    return { fields, faults: [...faults, ...(await bodyFaults(request, fields))] };
  }
  const encoding = request.headers.get("content-encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    throw new ApiError({ kind: "unsupported-media-type", detail: "A compressed body (Content-Encoding) is not supported." });
  }
  const charset = CHARSET.exec(request.headers.get("content-type") ?? "")?.[1] ?? "utf-8";
  if (charset.toLowerCase() !== "utf-8") {
    throw new ApiError({ kind: "unsupported-media-type", detail: "The body must be UTF-8." });
  }
  const text = await readBody(request);
  switch (essence(request.headers.get("content-type"))) {
    case JSON_TYPE:
      return { fields: parseFields(text), faults: [] };
    case FORM_TYPE:
      if (/^\s*[{[]/.test(text)) {
        // `curl -d '{…}'` sends this unless it is given a Content-Type.
        throw new ApiError({
          kind: "unsupported-media-type",
          detail: "The body looks like JSON but was sent as a form: add the header Content-Type: application/json.",
        });
      }
      return fieldsOfParameters(formParameters(text));
    default:
      if (text === "") {
        throw new ApiError({ kind: "malformed", detail: `The request has neither a body (${KNOWN_TYPES}) nor query parameters.` });
      }
      throw new ApiError({ kind: "unsupported-media-type", detail: `The body's Content-Type must be ${KNOWN_TYPES}.` });
  }
}

/** Parses the JSON of a copy request. Fails with `malformed` for what is not JSON, and where a key comes twice in one object. */
export function parseFields(text: string): unknown {
  const parsed = parseJson(text);
  if (!parsed.ok) {
    throw new ApiError({ kind: "malformed", detail: `The request's body ${parsed.detail}.` });
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined) {
    throw new ApiError({ kind: "malformed", detail: `${repeated} of the request's body.` });
  }
  return parsed.value;
}

/** What is wrong with the body beside a query; nothing where it is not a copy request itself. */
async function bodyFaults(request: Request, inQuery: object): Promise<Fault[]> {
  const names = Object.keys((await fieldsBeside(request)) ?? {});
  if (!names.every((name) => Object.hasOwn(COPY_FIELDS.shape, name))) {
    return [];
  }
  return names.flatMap((name) => {
    if (Object.hasOwn(inQuery, name)) {
      return [{ detail: "was given in the URL and in the body", pointer: pointerTo(name) }];
    }
    return REQUIRED.has(name)
      ? [{ detail: "is required: the body is not read where the URL has query parameters", pointer: pointerTo(name) }]
      : [];
  });
}

/** The fields of a body of a known type; `undefined` for any other and for one that is announced as too large, which are left unread. Never fails. */
async function fieldsBeside(request: Request): Promise<object | undefined> {
  const type = essence(request.headers.get("content-type"));
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > MAX_BODY_BYTES || (type !== JSON_TYPE && type !== FORM_TYPE)) {
    return undefined;
  }
  const text = await readBody(request).catch(() => "");
  if (type === FORM_TYPE) {
    return fieldsOfParameters(formParameters(text)).fields;
  }
  const parsed = parseJson(text);
  return parsed.ok && isJsonObject(parsed.value) ? parsed.value : undefined;
}

/** The parameters of a form. A line end after it is none of its last value's, which would have it encoded: files and templates end with one. */
function formParameters(text: string): URLSearchParams {
  return new URLSearchParams(text.replace(/[\r\n]+$/, ""));
}

/** Reads the fields of a form or query: repeated names become arrays, `labels.NAME` an entry of `labels`, `tags.latest` one of `tags`. */
export function fieldsOfParameters(parameters: URLSearchParams): ParameterFields {
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
