/** What the OpenAPI document says of one endpoint. Types, and what several endpoints share. */
import type { SchemaName } from "./components.ts";

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  description: string;
  required?: true;
  schema: Record<string, unknown>;
  example?: string | number;
}

export interface Answer {
  description: string;
  schema?: SchemaName;
  /** @default application/json */
  mediaType?: string;
  example?: unknown;
  /** Headers besides those of all answers, with what they say. */
  headers?: Readonly<Record<string, string>>;
}

export interface Operation {
  method: "get" | "post";
  /** With OpenAPI's braces. */
  path: string;
  id: string;
  tag: "Copies" | "Jobs" | "Digests" | "Schedules" | "Triggers" | "Service";
  summary: string;
  description?: string;
  /** Answers without a token: the platform's own signature counts, or nobody need say who they are. */
  isOpen?: true;
  parameters?: readonly Parameter[];
  /** The request's body, by media type; with examples by name. */
  body?: { schema?: SchemaName; mediaTypes: readonly string[]; examples?: Readonly<Record<string, unknown>> };
  answers: Readonly<Record<number, Answer>>;
  /** Statuses of problem documents besides 401, 403 where they apply, and 500. */
  problems: readonly number[];
}

/** Headers of every 202. */
export const LOCATION: Readonly<Record<string, string>> = {
  Location: "Where the job is.",
  "Retry-After": "Seconds after which it is worth looking.",
};
