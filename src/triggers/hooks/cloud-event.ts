/**
 * The envelope of CloudEvents 1.0 over HTTP, in its three modes: binary (attributes in `ce-` headers, the body is the data), structured, and batches.
 *
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 */
import { jsonInBase64, recordAt, textAt } from "../json-fields.ts";

/** One event: the attributes that are used here (CloudEvents 1.0.2 §3.1), and its data. */
export interface CloudEvent {
  type: string;
  /** URI of the context in which it happened. */
  source: string;
  /** Unique among the events of its `source`. */
  id: string;
  /** When it happened, as RFC 3339 says it; optional. */
  time: string | undefined;
  data: unknown;
}

/** The events in a message, or `undefined` where it holds no CloudEvents. Events that lack a required attribute, or are of another version, are left out. */
export function cloudEventsOf(json: unknown, headers: Headers): CloudEvent[] | undefined {
  if (headers.has("ce-specversion") && headers.has("ce-type")) {
    return presentEvents(eventFrom((name) => decoded(headers.get(`ce-${name}`)), json));
  }
  if (Array.isArray(json)) {
    return json.some((one) => isStructured(one)) ? presentEvents(...json.map(structured)) : undefined;
  }
  // Whatever the content type says: an EventBridge target sends the output of its transformer as application/json.
  return isStructured(json) ? presentEvents(structured(json)) : undefined;
}

function isStructured(json: unknown): boolean {
  return textAt(json, "specversion") !== undefined && textAt(json, "type") !== undefined;
}

function structured(json: unknown): CloudEvent | undefined {
  const inBase64 = textAt(json, "data_base64");
  const data = inBase64 === undefined ? recordAt(json)?.data : jsonInBase64(inBase64);
  return eventFrom((name) => textAt(json, name), data);
}

/** The event that the attributes make, or `undefined` where one that it must have is missing or empty, or its version is not 1. */
function eventFrom(attribute: (name: string) => string | undefined, data: unknown): CloudEvent | undefined {
  const [type, source, id] = [attribute("type"), attribute("source"), attribute("id")];
  return attribute("specversion")?.startsWith("1.") && type && source && id
    ? { type, source, id, time: attribute("time"), data }
    : undefined;
}

function presentEvents(...events: readonly (CloudEvent | undefined)[]): CloudEvent[] {
  return events.filter((event) => event !== undefined);
}

/** A text that is different for every event: an id is unique only with its source. */
export function eventKey({ source, id }: CloudEvent): string {
  return `${source} ${id}`;
}

/** Header values are percent-encoded (§3.1.3.2). */
function decoded(value: string | null): string | undefined {
  try {
    return value === null ? undefined : decodeURIComponent(value.trim());
  } catch {
    return value ?? undefined;
  }
}
