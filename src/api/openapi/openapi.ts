/** Builds the OpenAPI document. Pure; the document is built once. */
import { VERSION } from "../../registry/user-agent.ts";
import { componentSchemas } from "./components.ts";
import { PROBLEM_EXAMPLES } from "./examples.ts";
import type { Answer, Operation, Parameter } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";

type Json = Record<string, unknown>;

const TAGS: readonly { name: Operation["tag"]; description: string }[] = [
  { name: "Copies", description: "Ask for a copy." },
  { name: "Jobs", description: "Look at copies, follow, end and repeat them." },
  { name: "Digests", description: "Why do these two digests differ?" },
  { name: "Schedules", description: "Copies that are made by the clock." },
  { name: "Triggers", description: "What registries and chats call." },
  { name: "Service", description: "The service itself." },
];

let made: Json | undefined;

/** Returns the document (OpenAPI 3.1.1). Its only server is the one that it is fetched from. */
export function openApiDocument(): Json {
  made ??= {
    openapi: "3.1.1",
    info: {
      title: "transship",
      version: VERSION,
      summary: "Copies container images and OCI artifacts between any two registries, byte for byte",
      description: "Every error is a problem document (RFC 9457) with a code; times are RFC 3339 in UTC, sizes are bytes.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: "This instance" }],
    security: [{ bearer: [] }, { basic: [] }],
    tags: TAGS,
    paths: paths(),
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "A token of API_TOKENS." },
        basic: {
          type: "http",
          scheme: "basic",
          description: "The token as the password, any user name: for callers that can only set a URL.",
        },
      },
    },
  };
  return made;
}

function paths(): Json {
  const byPath = Map.groupBy(OPERATIONS, ({ path }) => path);
  return Object.fromEntries(
    Array.from(byPath, ([path, operations]) => [path, Object.fromEntries(operations.map((one) => [one.method, operationObject(one)]))]),
  );
}

function operationObject(operation: Operation): Json {
  const { id, tag, summary, description, isOpen, parameters, body, answers, problems } = operation;
  const statuses = [...new Set([...problems, ...(isOpen ? [] : [401]), 500])].sort((a, b) => a - b);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(isOpen ? { security: [] } : {}),
    ...(parameters === undefined ? {} : { parameters: parameters.map(parameterObject) }),
    ...(body === undefined ? {} : { requestBody: requestBody(body) }),
    responses: Object.fromEntries([
      ...Object.entries(answers).map(([status, answer]) => [status, answerObject(answer)]),
      ...statuses.map((status) => [String(status), problemObject(status)]),
    ]),
  };
}

function parameterObject({ example, ...parameter }: Parameter): Json {
  return { ...parameter, ...(example === undefined ? {} : { example }) };
}

function requestBody({ schema, mediaTypes, examples }: NonNullable<Operation["body"]>): Json {
  const content = mediaTypes.map((mediaType) => {
    // The examples are JSON. A form has the same fields, but would need examples of its own.
    const shown = mediaType === "application/json" && examples !== undefined;
    const named = shown ? { examples: Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }])) } : {};
    return [mediaType, { schema: schema === undefined ? {} : reference(schema), ...named }];
  });
  return { content: Object.fromEntries(content) };
}

function answerObject({ description, schema, mediaType = "application/json", example, headers = {} }: Answer): Json {
  const hasContent = schema !== undefined || example !== undefined || mediaType !== "application/json";
  const media = { schema: schema === undefined ? {} : reference(schema), ...(example === undefined ? {} : { example }) };
  return {
    description,
    ...(Object.keys(headers).length === 0
      ? {}
      : {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, words]) => [name, { description: words, schema: { type: "string" } }]),
          ),
        }),
    ...(hasContent ? { content: { [mediaType]: media } } : {}),
  };
}

function problemObject(status: number): Json {
  const example = PROBLEM_EXAMPLES[status];
  return {
    description: example?.title ?? "A problem",
    content: { "application/problem+json": { schema: reference("Problem"), ...(example === undefined ? {} : { example }) } },
  };
}

function reference(schema: string): Json {
  return { $ref: `#/components/schemas/${schema}` };
}
