import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseErrorBody, quoteSafely } from "../../../src/registry/error-body.ts";

test.each<[string, string, { code?: string; message?: string }]>([
  ["nothing", "", {}],
  ["blanks", " \n ", {}],
  ["the specification's", '{"errors":[{"code":"DENIED","message":"no"}]}', { code: "DENIED", message: "no" }],
  ["a code in lower case", '{"errors":[{"code":"denied"}]}', { code: "DENIED" }],
  ["text in the detail", '{"errors":[{"code":"X","message":"bad","detail":"because"}]}', { code: "X", message: "bad: because" }],
  ["the message once more in the detail", '{"errors":[{"code":"X","message":"bad","detail":"bad"}]}', { code: "X", message: "bad" }],
  [
    "Q125: an object in the detail",
    '{"errors":[{"code":"MANIFEST_INVALID","message":"bad","detail":{"reason":"artifact type"}}]}',
    { code: "MANIFEST_INVALID", message: 'bad: {"reason":"artifact type"}' },
  ],
  ["an empty detail", '{"errors":[{"code":"X","message":"bad","detail":{}}]}', { code: "X", message: "bad" }],
  ["several errors", '{"errors":[{"code":"A","message":"a"},{"code":"B"},{"code":"C"}]}', { code: "A", message: "a (and 2 more)" }],
  ["errors that are text", '{"errors":["no"]}', { message: "no" }],
  ["no errors", '{"errors":[]}', {}],
  ["errors of another kind", '{"errors":[7]}', {}],
  ["a code that is none", '{"errors":[{"code":"<b>","message":5}]}', {}],
  ["Q138: Docker Hub's", '{"details":"invalid repository name"}', { message: "invalid repository name" }],
  ["OAuth's", '{"error":"invalid_grant","error_description":"token expired"}', { message: "invalid_grant: token expired" }],
  ["a message", '{"message":"gone"}', { message: "gone" }],
  ["a problem document", '{"detail":"gone"}', { message: "gone" }],
  ["another object", '{"a":1}', {}],
  ["a JSON string", '"no"', { message: "no" }],
  ["null", "null", {}],
  [
    "Q97, Q138: HTML",
    "<html>\r\n<head><title>413 Request Entity Too Large</title></head>",
    { message: "an HTML page: 413 Request Entity Too Large" },
  ],
  ["HTML without a title", "<!DOCTYPE html><body>x", { message: "an HTML page" }],
  [
    "text",
    "toomanyrequests: retry-after: 985.86µs, allowed: 44000/minute\n",
    { message: "toomanyrequests: retry-after: 985.86µs, allowed: 44000/minute" },
  ],
  ["several lines of text", "first\nsecond", { message: "first" }],
  ["broken JSON", '{"errors":[{"code"', { message: '{"errors":[{"code"' }],
])("Q138: reads %s", (_, text, expected) => {
  expect(parseErrorBody(text)).toEqual(expected);
});

describe("safe text", () => {
  test.each([
    ["a sentence", "Basic authentication required. Bearer token expired.", "Basic authentication required. Bearer token expired."],
    ["control characters and line ends", "a\r\n\tb\u0000c\u2028d\u001b[31m", "a b c d [31m"],
    ["a URL's query", "see https://u:p@a.test/x?sig=hunter2#f for more", "see https://a.test/x for more"],
    ["a path's query", "GET /v2/x?_state=hunter2&digest=y failed", "GET /v2/x?… failed"],
    ["a Bearer header", 'Authorization: "Bearer hunter2.abc-def"', 'Authorization: "Bearer …"'],
    ["a Basic header", "got Basic aHVudGVyMg==, denied", "got Basic …, denied"],
    ["a JSON web token", "token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln is old", "token … is old"],
    ["a parameter", "password=hunter2&x=1", "password=…&x=1"],
    ["a quoted parameter", 'got {"refresh_token": "hunter2", "x": 1}', 'got {"refresh_token": "…", "x": 1}'],
  ])("keeps the sense of %s", (_, text, expected) => {
    expect(quoteSafely(text)).toBe(expected);
  });

  test("is short, and one line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 5000, size: "max" }), (text) => {
        const safe = quoteSafely(text);
        expect(safe.length).toBeLessThanOrEqual(301);
        expect(safe).not.toMatch(/[\r\n]/);
      }),
    );
  });

  test("any body is read without a fault", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => `{"errors":[${json}]}`),
        ),
        (text) => {
          const { code = "X", message = "x" } = parseErrorBody(text);
          expect(code).toMatch(/^[\w-]+$/);
          expect(message).not.toBe("");
        },
      ),
    );
  });
});
