/**
 * The envelope of CloudEvents 1.0 over HTTP, in its three modes: binary (attributes in `ce-` headers, the body is the data), structured, and batches.
 *
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 */
import { recordAt, textAt } from "../json-fields.ts";
import { bytesOfBase64 } from "../signature.ts";

export interface CloudEvent {
  type: string;
  source: string;
  /** Unique with `source`. */
  id: string;
  time: string | undefined;
  data: unknown;
}

/** The events in a message, or `undefined` where it is none of CloudEvents'. One that lacks an attribute that it must have is left out. */
export function cloudEventsOf(json: unknown, headers: Headers): CloudEvent[] | undefined {
  if (headers.has("ce-specversion") && headers.has("ce-type")) {
    const attribute = (name: string) => decoded(headers.get(`ce-${name}`));
    return listed(attribute("specversion"), attribute("type"), attribute("source"), attribute("id"), attribute("time"), json);
  }
  if (Array.isArray(json)) {
    return json.some((one) => isStructured(one)) ? json.flatMap(structured) : undefined;
  }
  // Not only where the content type says so: an EventBridge target sends what its transformer makes as application/json.
  return isStructured(json) ? structured(json) : undefined;
}

function isStructured(json: unknown): boolean {
  return textAt(json, "specversion") !== undefined && textAt(json, "type") !== undefined;
}

function structured(json: unknown): CloudEvent[] {
  const attribute = (name: string) => textAt(json, name);
  const inBase64 = attribute("data_base64");
  const data = inBase64 === undefined ? recordAt(json)?.data : jsonIn(inBase64);
  return listed(attribute("specversion"), attribute("type"), attribute("source"), attribute("id"), attribute("time"), data);
}

function listed(
  version: string | undefined,
  type: string | undefined,
  source: string | undefined,
  id: string | undefined,
  time: string | undefined,
  data: unknown,
): CloudEvent[] {
  return version?.startsWith("1.") && type && source && id ? [{ type, source, id, time, data }] : [];
}

/** The event's name for keys: its id is unique only with its source. */
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

function jsonIn(base64: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytesOfBase64(base64) ?? new Uint8Array()));
  } catch {
    return undefined;
  }
}
