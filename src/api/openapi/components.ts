/** The schemas of the OpenAPI document: those that validate, as JSON Schema, with descriptions. */
import * as z from "zod/mini";
import { COPY_FIELDS, type CopyFields } from "../../request/copy-fields.ts";
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

/** What each field of a copy request is for: the table of contract §2. */
const COPY_WORDS: Readonly<Record<keyof CopyFields, string>> = {
  source: "What to copy: a reference as Docker and skopeo read it.",
  destination: "Where to: one reference, or up to 16, at any registries. Without a tag it takes the source's.",
  platforms: "Copy only these children of an index: os/arch or os/arch/variant. All, where it is left out.",
  index:
    "With platforms. sparse: the index goes byte for byte, only the named children with it. single: exactly one platform, its manifest is tagged itself. rewrite: a new, smaller index with a new digest.",
  referrers: "Signatures, SBOMs and attestations of every copied manifest too.",
  tags: "Copy many tags of the source repository: all, or those that meet all conditions of the filter. Neither side then names a tag or digest.",
  overwrite: "never: a destination tag that exists with another digest is left alone.",
  check: "deep: walk the whole tree at the destination even where the top manifest is there, and add what is missing.",
  foreignLayers:
    "copy: layers that may not be distributed and name another place to get them go along too; skip, the default, leaves them out.",
  stage: "Whether blobs pass through R2.",
  dryRun: "Resolve and plan, write nothing, report what would be transferred.",
  labels: "Kept with the job, given back.",
  callback: "Told of the job, signed as Standard Webhooks where a secret is set.",
};

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

/** Adds that a single destination may be given without the array: the schema that validates only sees it within one. */
function copyRequestSchema(schema: JsonSchema): JsonSchema {
  const properties = Object.entries(schema.properties as Record<string, JsonSchema>).map(([name, property]) => {
    const shape = name === "destination" ? { oneOf: [property.items, property] } : property;
    return [name, { ...shape, description: COPY_WORDS[name as keyof CopyFields] }];
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}
