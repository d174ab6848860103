/** The fields of a copy request as parameters of the URL, made of the schema that validates them. */
import * as z from "zod/mini";
import { COPY_FIELDS } from "../../request/copy-fields.ts";
import { COPY_WORDS, type CopyField } from "./copy-words.ts";
import type { Parameter } from "./operation.ts";

/** As much of a field's JSON Schema as is looked at here. */
interface FieldSchema extends Record<string, unknown> {
  type?: string;
  anyOf?: readonly FieldSchema[];
  properties?: Readonly<Record<string, FieldSchema>>;
}

/** Returns a parameter for every field, and for every member of a field that is an object. Labels are not among them: their names are the caller's. */
export function copyParameters(): Parameter[] {
  const { properties = {} } = z.toJSONSchema(COPY_FIELDS, { unrepresentable: "any" }) as FieldSchema;
  return Object.entries(properties).flatMap(([name, { anyOf, ...schema }]) =>
    (anyOf ?? [schema]).flatMap((each) => (each.type === "object" ? membersOf(name, each) : [parameter(name, each)])),
  );
}

function membersOf(name: string, { properties = {} }: FieldSchema): Parameter[] {
  return Object.entries(properties).map(([member, schema]) => parameter(`${name}.${member}`, schema));
}

function parameter(name: string, schema: FieldSchema): Parameter {
  const repeated = schema.type === "array" ? ({ style: "form", explode: true } as const) : {};
  return { name, in: "query", description: COPY_WORDS[name as CopyField], schema, ...repeated };
}
