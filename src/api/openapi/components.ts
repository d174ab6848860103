/** The schemas of the OpenAPI document: those that validate, as JSON Schema, with descriptions. */
import * as z from "zod/mini";
import { COPY_FIELDS } from "../../request/copy-fields.ts";
import { COPY_WORDS, type CopyField } from "./copy-words.ts";
import {
  COMPARISON,
  CONTENT,
  DOCTOR,
  HEALTH,
  IMAGE,
  IMAGE_LIST,
  JOB,
  JOB_LIST,
  JOB_SUMMARY,
  MANIFEST,
  PROBLEM,
  PROGRESS,
  SYNC,
  SYNC_LIST,
  TRANSFER_PLAN,
} from "./document-schemas.ts";

type JsonSchema = Record<string, unknown>;

const SCHEMAS = {
  CopyRequest: COPY_FIELDS,
  Job: JOB,
  JobSummary: JOB_SUMMARY,
  JobList: JOB_LIST,
  Image: IMAGE,
  ImageList: IMAGE_LIST,
  Manifest: MANIFEST,
  Content: CONTENT,
  Progress: PROGRESS,
  TransferPlan: TRANSFER_PLAN,
  Problem: PROBLEM,
  Comparison: COMPARISON,
  Sync: SYNC,
  SyncList: SYNC_LIST,
  Health: HEALTH,
  Doctor: DOCTOR,
} as const;

/** The name of a schema in the document. */
export type SchemaName = keyof typeof SCHEMAS;

const WORDS: Readonly<Record<SchemaName, string>> = {
  CopyRequest: "A copy: its two ends and its options.",
  Job: "A copy that was accepted: it ends as succeeded, failed or cancelled, whatever happens to the process that took it.",
  JobSummary: "A job in a list.",
  JobList: "One page of jobs, newest first.",
  Manifest: "A manifest that a job copies, what it names, and how far all of it is at each destination repository.",
  Content: "One page of what a job copies, parents before children.",
  ImageList: "One page of a job's images, in the order in which they were found.",
  Image: "One source reference, and the destinations that it is to be found under.",
  Progress: "How far a job is. bytes.copied counts what really crossed the wire.",
  TransferPlan: "What a dry run says that a copy would do.",
  Problem: "What is wrong, as in RFC 9457.",
  Comparison: "Why two references have different digests.",
  Sync: "An entry of SYNC: when it runs, and how it fared.",
  SyncList: "The schedule.",
  Doctor: "What a look at the instance's surroundings has found.",
  Health: "Whether this instance can work.",
};

/** Returns `components.schemas` of the document; the schemas refer to each other. */
export function componentSchemas(): Record<SchemaName, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(SCHEMAS)) {
    registry.add(schema, { id });
  }
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/components/schemas/${id}`, unrepresentable: "any" });
  const named = Object.entries(schemas).map(([name, { $schema: _, $id: __, ...schema }]) => [
    name,
    { ...schema, description: WORDS[name as SchemaName] },
  ]);
  const found = Object.fromEntries(named) as Record<SchemaName, JsonSchema>;
  return { ...found, CopyRequest: copyRequestSchema(found.CopyRequest) };
}

/** Adds what each field is for, and that a single destination may be given without the array: the schema that validates only sees it within one. */
function copyRequestSchema(schema: JsonSchema): JsonSchema {
  const properties = Object.entries(schema.properties as Record<string, JsonSchema>).map(([name, property]) => [
    name,
    described(name, name === "destination" ? { oneOf: [property.items, property] } : property),
  ]);
  return { ...schema, properties: Object.fromEntries(properties) };
}

/** Adds the words about a field, and about the members of the object that it is or may be. */
function described(name: string, schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema as { anyOf?: JsonSchema[] };
  const whole = anyOf === undefined ? withWordsInside(name, rest) : { anyOf: anyOf.map((each) => withWordsInside(name, each)) };
  return { ...whole, description: COPY_WORDS[name as CopyField] };
}

function withWordsInside(name: string, schema: JsonSchema): JsonSchema {
  const members = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>);
  const told = members.map(([member, inner]) => [member, { ...inner, description: COPY_WORDS[`${name}.${member}` as CopyField] }]);
  return told.length === 0 ? schema : { ...schema, properties: Object.fromEntries(told) };
}
