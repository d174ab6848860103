import { describe, expect, test } from "vitest";
import { matchesEtag, weakEtag } from "../../../src/api/etag.ts";

describe("If-None-Match", () => {
  const etag = weakEtag("text");
  test.each<[string | null, boolean]>([
    [null, false],
    [etag, true],
    [etag.slice(2), true],
    ["*", true],
    [`"x", ${etag} , W/"y"`, true],
    ['W/"x"', false],
    ["", false],
  ])("%j matches: %s", (header, matches) => {
    expect(matchesEtag(header, etag)).toBe(matches);
  });

  test("another text has another tag", () => {
    expect(etag).toMatch(/^W\/"[0-9a-f]{24}"$/);
    expect(weakEtag("Text")).not.toBe(etag);
  });
});
