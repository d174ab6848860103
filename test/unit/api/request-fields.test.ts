import { describe, expect, test } from "vitest";
import { ApiError } from "../../../src/api/api-error.ts";
import { fieldsOfParameters, readFields } from "../../../src/api/request-fields.ts";

function read(query: string, init: { body?: BodyInit; headers?: Record<string, string> } = {}) {
  const request = new Request(`https://transship.example/copy${query}`, { method: "POST", ...init });
  return readFields(request, new URL(request.url));
}

const JSON_TYPE = { "content-type": "application/json" };
const FORM_TYPE = { "content-type": "application/x-www-form-urlencoded" };

describe("forms and queries", () => {
  test.each<[string, unknown]>([
    ["source=a&destination=b", { source: "a", destination: "b" }],
    ["destination=b&source=a&destination=c", { destination: ["b", "c"], source: "a" }],
    ["source=docker.io%2Flibrary%2Fbusybox%3A1", { source: "docker.io/library/busybox:1" }],
    ["labels.team=a&labels.a.b=c&labels.=x", { labels: { team: "a", "a.b": "c", "": "x" } }],
    ["labels.__proto__=x", { labels: Object.fromEntries([["__proto__", "x"]]) }],
    ["__proto__=x", Object.fromEntries([["__proto__", "x"]])],
    ["dryRun=true&referrers=false", { dryRun: true, referrers: false }],
    ["dryRun=yes", { dryRun: "yes" }],
    ["source=true", { source: "true" }],
    ["callback.url=https://x", { callback: { url: "https://x" } }],
    ["platforms=linux/amd64", { platforms: ["linux/amd64"] }],
    ["tags=all", { tags: "all" }],
    [
      "tags.include=1.*&tags.include=2.*&tags.latest=5&tags.semver=%3E%3D1",
      { tags: { include: ["1.*", "2.*"], latest: 5, semver: ">=1" } },
    ],
    ["tags.latest=many", { tags: { latest: "many" } }],
    ["callback.url=https://a.io&callback.events=completed", { callback: { url: "https://a.io", events: ["completed"] } }],
    ["platforms=linux/amd64&platforms=linux/arm/v7&index=rewrite", { platforms: ["linux/amd64", "linux/arm/v7"], index: "rewrite" }],
    ["source", { source: "" }],
    [".x=1", { ".x": "1" }],
    ["", {}],
  ])("%j is %j", (text, fields) => {
    expect(fieldsOfParameters(new URLSearchParams(text))).toEqual({ fields, faults: [] });
  });

  test.each<[string, string]>([
    ["source=a&source=b", "#/source"],
    ["source=a&source=a", "#/source"],
    ["labels.x=1&labels.x=2", "#/labels/x"],
    ["labels=1&labels.x=2", "#/labels"],
    ["unknown=1&unknown=2", "#/unknown"],
  ])("%j gives a field twice", (text, pointer) => {
    expect(fieldsOfParameters(new URLSearchParams(text)).faults.map((fault) => fault.pointer)).toEqual([pointer]);
  });
});

describe("where the fields come from", () => {
  test.each(["application/json", "application/json; charset=utf-8", "Application/JSON", 'application/json ;charset="UTF-8"'])(
    "a body of type %s",
    async (type) => {
      expect(await read("", { body: '{"source":"a"}', headers: { "content-type": type } })).toEqual({
        fields: { source: "a" },
        faults: [],
      });
    },
  );

  test("a byte order mark is no part of JSON", async () => {
    expect((await read("", { body: '\ufeff{"source":"a"}', headers: JSON_TYPE })).fields).toEqual({ source: "a" });
  });

  test("a form", async () => {
    expect((await read("", { body: new URLSearchParams({ source: "a b" }) })).fields).toEqual({ source: "a b" });
  });

  test("a query, beside which a body that can't be ours is not even read", async () => {
    const body = new ReadableStream({
      pull: () => {
        throw new Error("read");
      },
    });
    const request = new Request("https://transship.example/copy?source=a", {
      method: "POST",
      body,
      headers: { ...JSON_TYPE, "content-length": "99999999" },
      duplex: "half",
    } as RequestInit);
    expect((await readFields(request, new URL(request.url))).fields).toEqual({ source: "a" });
  });

  test.each<[string, string, Record<string, string>, [pointer: string, detail: RegExp][]]>([
    ["?source=a&destination=b", '{"source":"c"}', JSON_TYPE, [["#/source", /in the URL and in the body/]]],
    ["?source=a&destination=b", "destination=b&destination=c", FORM_TYPE, [["#/destination", /in the URL and in the body/]]],
    ["?source=a&destination=b&labels.x=1", '{"labels":{"y":"2"}}', JSON_TYPE, [["#/labels", /in the URL and in the body/]]],
    [
      "?dryRun=true",
      '{"source":"a","destination":"b"}',
      JSON_TYPE,
      [
        ["#/source", /the body is not read/],
        ["#/destination", /the body is not read/],
      ],
    ],
    // What a sender of webhooks sends along is none of ours, whatever its fields are called.
    ["?source=a&destination=b", '{"source":"aws.ecr","detail-type":"ECR Image Action"}', JSON_TYPE, []],
    ["?source=a&destination=b", '["source"]', JSON_TYPE, []],
    ["?source=a&destination=b", "{", JSON_TYPE, []],
    ["?source=a&destination=b", '{"source":"c"}', { "content-type": "application/cloudevents+json" }, []],
    ["?source=a&destination=b", '{"dryRun":true}', JSON_TYPE, []],
  ])("%s beside %s", async (query, body, type, expected) => {
    const { faults } = await read(query, { body, headers: { ...type, "content-length": String(body.length) } });
    expect(faults.map(({ pointer }) => pointer)).toEqual(expected.map(([pointer]) => pointer));
    for (const [index, [, detail]] of expected.entries()) {
      expect(faults[index]?.detail).toMatch(detail);
    }
  });

  test("a body whose length nobody told is read beside a query too", async () => {
    const body = new Blob(['{"source":"c"}']).stream();
    const { faults } = await read("?source=a&destination=b", { body, headers: JSON_TYPE, duplex: "half" } as Parameters<typeof read>[1]);
    expect(faults).toEqual([{ detail: "was given in the URL and in the body", pointer: "#/source" }]);
  });

  test.each(["\n", "\r\n", "\n\n"])("a line end after a form is none of its last value: %j", async (end) => {
    const { fields } = await read("", { body: `source=a&dryRun=true${end}`, headers: FORM_TYPE });
    expect(fields).toEqual({ source: "a", dryRun: true });
  });

  test("an empty query is none", async () => {
    expect((await read("?", { body: "{}", headers: JSON_TYPE })).fields).toEqual({});
  });
});

test.each<[string, { body?: BodyInit; headers?: Record<string, string> }, string, RegExp]>([
  ["nothing at all", {}, "malformed", /neither a body .* nor query parameters/],
  ["an empty body", { body: "", headers: JSON_TYPE }, "malformed", /is empty/],
  ["broken JSON", { body: '{"source": hunter2}', headers: JSON_TYPE }, "malformed", /is not JSON: see line 1, column 12/],
  ["half of JSON", { body: '{"source":', headers: JSON_TYPE }, "malformed", /ends too early/],
  [
    "a field twice",
    { body: '{"source":"a","destination":"b","source":"hunter2"}', headers: JSON_TYPE },
    "malformed",
    /The key "source" comes twice/,
  ],
  ["a label twice", { body: '{"labels":{"team":"a","team":"a"}}', headers: JSON_TYPE }, "malformed", /The key "team" comes twice/],
  ["bytes that are no text", { body: new Uint8Array([0x7b, 0xff, 0x7d]), headers: JSON_TYPE }, "malformed", /not UTF-8/],
  [
    "JSON sent as text",
    { body: "{}", headers: { "content-type": "text/plain" } },
    "unsupported-media-type",
    /must be application\/json or/,
  ],
  [
    "JSON sent as a form",
    { body: ' {"a":1}', headers: { "content-type": "application/x-www-form-urlencoded" } },
    "unsupported-media-type",
    /looks like JSON/,
  ],
  ["a multipart form", { body: new FormData() }, "unsupported-media-type", /must be/],
  ["another charset", { body: "{}", headers: { "content-type": 'application/json; charset="UTF-16"' } }, "unsupported-media-type", /UTF-8/],
  ["a compressed body", { body: "x", headers: { ...JSON_TYPE, "content-encoding": "gzip" } }, "unsupported-media-type", /compressed/],
])("%s", async (_name, init, kind, detail) => {
  const error = await read("", init).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect((error as ApiError).fault).toMatchObject({ kind, detail: expect.stringMatching(detail) });
  expect(JSON.stringify((error as ApiError).fault)).not.toContain("hunter2");
});
