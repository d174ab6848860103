/** The OpenAPI document: sound in a linter's eyes, complete, and true: its examples are made, and held to the schemas that validate. */
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { describe, expect, test } from "vitest";
import type * as z from "zod/mini";
import type { SchemaName } from "../../../src/api/openapi/components.ts";
import {
  COMPARISON,
  CONTENT,
  DOCTOR,
  HEALTH,
  IMAGE_LIST,
  JOB,
  JOB_LIST,
  PROBLEM,
  SYNC_LIST,
} from "../../../src/api/openapi/document-schemas.ts";
import { CONTENT_EXAMPLE, COPY_EXAMPLES, JOB_EXAMPLE, PROBLEM_EXAMPLES } from "../../../src/api/openapi/examples.ts";
import { openApiDocument } from "../../../src/api/openapi/openapi.ts";
import { OPERATIONS } from "../../../src/api/openapi/operations.ts";
import { preferredWait } from "../../../src/api/prefer.ts";
import { fieldsOfParameters } from "../../../src/api/request-fields.ts";
import { ROUTES } from "../../../src/api/router.ts";
import { readSyncs } from "../../../src/config/syncs.ts";
import { COPY_FIELDS } from "../../../src/request/copy-fields.ts";
import { validate } from "../../../src/schema/validate.ts";
import { Shelf } from "../compare/shelf.ts";
import { apiFixture, configWith, JOB_ID, jobDocument } from "./api-fixture.ts";

test("a linter finds nothing, not even a warning", async () => {
  const config = await createConfig({
    extends: ["recommended"],
    // The service's own documents take nothing that could be wrong.
    rules: { "operation-4xx-response": "off" },
  });
  const problems = await lintFromString({ source: JSON.stringify(openApiDocument()), absoluteRef: "/openapi.json", config });
  expect(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer}`)).toEqual([]);
});

test("the document has every endpoint of the router, and no other", () => {
  const documented = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`);
  const routed = [...ROUTES.map(({ method, path }) => `${method} ${path}`), "GET /healthz"];
  expect(documented.toSorted()).toEqual(routed.toSorted());
});

test("what needs no token is what the router opens", () => {
  const open = OPERATIONS.filter(({ isOpen }) => isOpen).map(({ path }) => path.replace(/\{(\w+)\}/g, ":$1"));
  const routed = [...ROUTES.filter(({ handleOpen }) => handleOpen !== undefined).map(({ path }) => path), "/healthz"];
  expect(open.toSorted()).toEqual(routed.toSorted());
});

describe("the examples of requests", () => {
  test.each(Object.entries(COPY_EXAMPLES))("%s is taken", async (_, body) => {
    const fixture = apiFixture();
    const response = await fixture.send("POST", "/copy", { body });
    expect([response.status, await response.clone().text()]).toMatchObject([202, expect.stringContaining(JOB_ID)]);
    expect(fixture.submitted).toHaveLength(1);
  });

  test.each(OPERATIONS.filter(({ method, path }) => method === "get" && path !== "/jobs/{id}/events"))(
    "$method $path answers as it says",
    async (operation) => {
      const shelf = new Shelf();
      for (const tag of ["1.36", "12"]) {
        shelf.image(tag);
      }
      const syncs = readSyncs({ SYNC: [{ name: "base-images", schedule: "30 2 * * *", source: "debian:12", destination: "a.io/debian" }] });
      const { chat } = configWith();
      const { send } = apiFixture({
        config: { syncs, chat: { ...chat, slack: { signingSecret: "x" } } },
        openSource: () => shelf,
        jobs: {
          [JOB_EXAMPLE.id]: {
            read: async () => jobDocument({ id: JOB_EXAMPLE.id }),
            images: async () => ({ images: JOB_EXAMPLE.images, cursor: null }),
            content: async () => CONTENT_EXAMPLE,
          },
        },
      });
      const response = await send("GET", urlOf(operation));
      const { mediaType, example } = operation.answers[200] ?? {};
      const expected = mediaType ?? (example === undefined ? undefined : "application/json");
      expect([response.status, response.headers.get("content-type")?.split(";")[0]]).toEqual([200, expected]);
    },
  );
});

/** The address of an operation with the examples of its parameters. */
function urlOf({ path, parameters = [] }: (typeof OPERATIONS)[number]): string {
  const query = new URLSearchParams(
    parameters.flatMap(({ in: place, name, example }) => (place === "query" && example !== undefined ? [[name, String(example)]] : [])),
  );
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => String(parameters.find((parameter) => parameter.name === name)?.example));
  return `${filled}${query.size === 0 ? "" : `?${query}`}`;
}

describe("a copy's fields in the URL", () => {
  const [copy] = OPERATIONS.filter(({ id }) => id === "copy");
  const parameters = copy?.parameters?.filter((each) => each.in === "query") ?? [];

  test("every field is there, and none has to be", () => {
    const names = new Set(parameters.map(({ name }) => name.split(".")[0]));
    // Whose names are the caller's is told in words.
    expect([...names, "labels"].toSorted()).toEqual(Object.keys(COPY_FIELDS.shape).toSorted());
    expect(copy?.description).toContain("labels.NAME");
    expect(parameters.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["tags", "tags.include", "tags.latest", "callback.url", "callback.events"]),
    );
    expect(parameters.filter(({ required }) => required)).toEqual([]);
    expect(parameters.filter(({ description }) => !description)).toEqual([]);
  });

  test.each(parameters)("$name is read as its schema says", ({ name, schema, style, explode }) => {
    const { type, enum: values = [], const: only } = schema as { type: string; enum?: string[]; const?: string };
    const texts: Record<string, string[]> = { array: ["x", "y"], integer: ["5"], boolean: ["true"] };
    const given = texts[type] ?? [only ?? values[0] ?? "x"];
    const { fields, faults } = fieldsOfParameters(new URLSearchParams(given.map((text) => [name, text])));
    expect(faults).toEqual([]);
    const read = name.split(".").reduce<unknown>((value, step) => (value as Record<string, unknown>)[step], fields);
    expect(read).toEqual({ array: given, integer: 5, boolean: true }[type] ?? given[0]);
    expect([style, explode]).toEqual(type === "array" ? ["form", true] : [undefined, undefined]);
  });

  test("Prefer may say more than how long to wait", () => {
    expect(preferredWait("respond-async, wait=5")).toBe(5);
    expect(copy?.parameters?.find(({ name }) => name === "Prefer")?.schema).toEqual({ type: "string" });
  });
});

describe("the examples of answers are what the schemas allow", () => {
  const schemas: Readonly<Partial<Record<SchemaName, z.ZodMiniType<unknown>>>> = {
    Job: JOB,
    JobList: JOB_LIST,
    ImageList: IMAGE_LIST,
    Content: CONTENT,
    Comparison: COMPARISON,
    SyncList: SYNC_LIST,
    Health: HEALTH,
    Doctor: DOCTOR,
  };
  const answers = OPERATIONS.flatMap(({ id, answers: all }) => Object.entries(all).map(([status, answer]) => ({ id, status, ...answer })));

  test.each(answers.filter(({ schema }) => schema !== undefined))("$id $status", ({ schema, example }) => {
    const known = schemas[schema as SchemaName] as z.ZodMiniType<unknown>;
    expect(validate(known, example)).toMatchObject({ ok: true });
  });

  test.each(Object.entries(PROBLEM_EXAMPLES))("problem %s", (status, problem) => {
    expect(validate(PROBLEM, problem)).toMatchObject({ ok: true });
    expect(problem.status).toBe(Number(status));
  });
});

describe("real answers are what the schemas allow", () => {
  test("a job", () => {
    expect(validate(JOB, jobDocument())).toMatchObject({ ok: true });
  });

  test("a problem", async () => {
    const response = await apiFixture().send("POST", "/copy", { body: {} });
    expect(validate(PROBLEM, await response.json())).toMatchObject({ ok: true });
  });
});

describe("the documents about the document", () => {
  test("the catalogue names both", async () => {
    const response = await apiFixture().send("GET", "/.well-known/api-catalog", { headers: { authorization: "" } });
    expect(response.headers.get("content-type")).toBe("application/linkset+json");
    const { linkset } = (await response.json()) as { linkset: [Record<string, [{ href: string }]>] };
    expect([linkset[0]["service-desc"]?.[0].href, linkset[0]["service-doc"]?.[0].href].map((href) => new URL(href ?? "").pathname)).toEqual(
      ["/openapi.json", "/docs"],
    );
  });

  test("the page shows every operation, runs nothing and asks nobody else", async () => {
    const response = await apiFixture().send("GET", "/docs", { headers: { authorization: "" } });
    const html = await response.text();
    for (const { id, path } of OPERATIONS) {
      expect(html).toContain(`id="${id}"`);
      expect(html).toContain(path);
    }
    expect(html).not.toMatch(/<script|src=|https?:\/\/(?!ci\.example\.com|github\.com)/);
    expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
  });
});
