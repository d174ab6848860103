/** What the OpenAPI document says of one operation. Types, and what several operations share. */
import type { SchemaName } from "./components.ts";

/** A parameter of an operation. */
export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  description: string;
  required?: true;
  schema: Record<string, unknown>;
  /** Of an array: that it is given by repeating the name. */
  style?: "form";
  explode?: true;
  example?: string | number;
}

/** A successful answer of an operation. */
export interface Answer {
  description: string;
  schema?: SchemaName;
  /** @default application/json */
  mediaType?: string;
  example?: unknown;
  /** Headers besides those of all answers, with a description of each. */
  headers?: Readonly<Record<string, string>>;
}

/** One operation: a method at a path. */
export interface Operation {
  method: "get" | "post";
  /** In the syntax of OpenAPI: `/jobs/{id}`. */
  path: string;
  /** The `operationId`. */
  id: string;
  /** The section of the document that it belongs to. */
  tag: "Copies" | "Jobs" | "Digests" | "Schedules" | "Triggers" | "Service";
  summary: string;
  description?: string;
  /** Needs no token: anybody may call it, or the request is authenticated by a signature or secret of its own. */
  isOpen?: true;
  parameters?: readonly Parameter[];
  /** The request's body, in any of the media types; with examples by name. */
  body?: { schema?: SchemaName; mediaTypes: readonly string[]; examples?: Readonly<Record<string, unknown>> };
  answers: Readonly<Record<number, Answer>>;
  /** Statuses of its errors, besides 401 where it needs a token, and 500. */
  problems: readonly number[];
}

/** Headers of every 202. */
export const LOCATION: Readonly<Record<string, string>> = {
  Location: "Where the job is.",
  "Retry-After": "Seconds after which it is worth looking.",
};
