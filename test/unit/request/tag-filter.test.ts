import { describe, expect, it, test } from "vitest";
import type { TagFilter } from "../../../src/request/copy-fields.ts";
import { MAX_FILTER_SIZE, tagFilterFaults, tagTest } from "../../../src/request/tag-filter.ts";

const TAGS = ["latest", "edge", "1", "1.2", "1.2.3", "v1.2.4", "1.3.0-rc.1", "1.3.0", "1.3.0-alpine", "2.0.0", "2.0.0-alpine", "20240101"];

function accepted(filter: TagFilter | "all", tags: readonly string[] = TAGS): string[] {
  const { accepts, newest } = tagTest(filter);
  return [...newest(tags.filter(accepts))];
}

describe("patterns match a whole tag, upper and lower case apart", () => {
  it.each<[string, string[], string[]]>([
    ["*", ["a", "1.2", "_x"], []],
    ["**", ["a", "1.2-b"], []],
    ["1.*", ["1.2", "1.2.3"], ["1", "11.2", "v1.2"]],
    ["v?.2", ["v1.2"], ["v11.2", "v1.2.3"]],
    ["[0-9]*", ["1", "20240101"], ["v1"]],
    ["[!0-9]*", ["v1", "latest"], ["1"]],
    ["[^v]*", ["1", "latest"], ["v1"]],
    ["[[:digit:]].[[:digit:]]", ["1.2"], ["1.22", "a.b"]],
    ["{edge,1.*}", ["edge", "1.2"], ["edge2", "latest"]],
    ["{*.b,x{1.*,2}y}", ["a.b", "x1.5y", "x2y"], ["x1y", "b"]],
    ["*.*", ["1.2", "a.b.c"], ["1"]],
    ["{1..3}.0", ["1.0", "3.0"], ["4.0"]],
    ["*-alpine", ["1.3-alpine"], ["1.3-alpine3", "alpine", "1.3-Alpine"]],
    ["1.2", ["1.2"], ["1x2", "1.2.3"]],
    ["latest", ["latest"], ["Latest", "latest2"]],
    ["/v?1\\.\\d+/", ["1.2", "v1.22"], ["1.2.3", "x1.2"]],
    ["/a|b/", ["a", "b"], ["ab", "xa"]],
    ["/(?i)LATEST/", ["latest"], ["latest-1"]],
    ["/^1$/", ["1"], ["11"]],
  ])("%s", (pattern, matching, others) => {
    expect(accepted({ include: [pattern] }, [...matching, ...others])).toEqual(matching);
    expect(accepted({ exclude: [pattern] }, [...matching, ...others])).toEqual(others);
  });
});

test("all is all, and so is a filter without a condition", () => {
  expect(accepted("all")).toEqual(TAGS);
  expect(accepted({})).toEqual(TAGS);
});

test("a tag has to meet all conditions, and one pattern of each list", () => {
  expect(accepted({ include: ["1*", "v*"], exclude: ["*-alpine", "/1/"], semver: ">=1.2.3" })).toEqual(["1.2.3", "v1.2.4", "1.3.0"]);
});

describe("ranges of versions", () => {
  it.each<[string, string[]]>([
    [">=1.2 <2", ["1.2", "1.2.3", "v1.2.4", "1.3.0"]],
    [">=1.2, <2", ["1.2", "1.2.3", "v1.2.4", "1.3.0"]],
    ["~1.2.3", ["1.2.3", "v1.2.4"]],
    ["^2", ["2.0.0"]],
    ["1.x || 2.x", ["1", "1.2", "1.2.3", "v1.2.4", "1.3.0", "2.0.0"]],
    ["1.2.3 - 1.3", ["1.2.3", "v1.2.4", "1.3.0"]],
    // What has no dots is a version too; only an upper bound tells dates from versions.
    [">=2", ["2.0.0", "20240101"]],
    // Pre-releases, and whatever else follows a hyphen, where the range names one.
    [">=1.3.0-0 <2", ["1.3.0-rc.1", "1.3.0", "1.3.0-alpine"]],
    [">=1.2.3-0 <3.0.0-0", ["1.2.3", "v1.2.4", "1.3.0-rc.1", "1.3.0", "1.3.0-alpine", "2.0.0", "2.0.0-alpine"]],
    ["*", ["1", "1.2", "1.2.3", "v1.2.4", "1.3.0", "2.0.0", "20240101"]],
  ])("%s", (semver, tags) => {
    expect(accepted({ semver })).toEqual(tags);
  });

  it.each([
    ["24.04", ">=24.4 <25"],
    ["1.02.003", "1.2.3"],
    ["1.2.3_build.5", "1.2.3"],
    ["1.2.3-rc.01", "1.2.3-rc.1"],
  ])("%s is in %s", (tag, semver) => {
    expect(accepted({ semver }, [tag])).toEqual([tag]);
  });

  it.each(["latest", "bookworm", "1.2.3.4", "V1.2", "1.", "1.2-", "1.2-a..b", "9999999999999999999", "sha256-abc.sig"])(
    "%s is no version",
    (tag) => {
      expect(accepted({ semver: ">=0.0.0-0" }, [tag])).toEqual([]);
    },
  );
});

describe("the latest", () => {
  it.each<[TagFilter, string[]]>([
    [{ latest: 1, semver: "<1000" }, ["2.0.0"]],
    [{ latest: 3, semver: "<1000" }, ["2.0.0", "1.3.0", "v1.2.4"]],
    [{ latest: 3, exclude: ["20*"] }, ["2.0.0", "2.0.0-alpine", "1.3.0"]],
    [{ latest: 2, include: ["*-alpine"] }, ["2.0.0-alpine", "1.3.0-alpine"]],
    [{ latest: 2 }, ["20240101", "2.0.0"]],
    [{ latest: 9, include: ["latest", "edge"] }, []],
  ])("%j", (filter, tags) => {
    expect(accepted(filter)).toEqual(tags);
  });

  test("10 comes after 9, and of two spellings of one version the one that says more is first", () => {
    expect(accepted({ latest: 5 }, ["1.9", "1.10", "1", "1.0", "1.0.0", "v1.0.0"])).toEqual(["1.10", "1.9", "v1.0.0", "1.0.0", "1.0"]);
  });

  test("does not depend on the order of the list", () => {
    const filter: TagFilter = { latest: 4, semver: "<1000" };
    expect(accepted(filter, [...TAGS].reverse())).toEqual(accepted(filter));
  });
});

describe("faults", () => {
  it.each<[unknown, string[]]>([
    [{ include: ["/(/"] }, ["#/tags/include/0"]],
    [{ include: ["a", "/a"], exclude: ["/", "//"] }, ["#/tags/include/1", "#/tags/exclude/0", "#/tags/exclude/1"]],
    [{ include: ["{a"] }, ["#/tags/include/0"]],
    [{ include: ["1.["] }, ["#/tags/include/0"]],
    [{ exclude: ["*", "1.]"] }, ["#/tags/exclude/1"]],
    [{ include: ["(?=x)"] }, ["#/tags/include/0"]],
    // What backtracking needs, and RE2 has not.
    [{ include: ["/(?=a)b/", "/(a)\\1/"] }, ["#/tags/include/0", "#/tags/include/1"]],
    [{ exclude: ["/a{1001}/", "/(a{30}){50}/"] }, ["#/tags/exclude/0", "#/tags/exclude/1"]],
    [{ semver: "newest" }, ["#/tags/semver"]],
    [{ semver: ">=1.2-0" }, ["#/tags/semver"]],
    [{ include: ["(a+)+".repeat(2_000)], semver: ">1 ".repeat(2_000) }, ["#/tags/include/0", "#/tags/semver"]],
    [{ include: [`/(?:a?){${MAX_FILTER_SIZE}}/`] }, ["#/tags"]],
    [{ include: Array.from({ length: 64 }, () => "/[a-z]+-[a-z]+-[a-z]+/") }, ["#/tags"]],
    [{ include: Array.from({ length: 64 }, (_, minor) => `a-tag-as-long-as-tags-in-practice-may-be-1.${minor}`) }, []],
    ["all", []],
    [{ include: [7, "a"], semver: 1 }, []],
    [null, []],
  ])("%j", (tags, pointers) => {
    expect(tagFilterFaults(tags).map(({ pointer }) => pointer)).toEqual(pointers);
  });
});

describe("no pattern takes long", () => {
  it.each(["/(a*)*b/", "/(a|aa)+b/", "/(?:a?){200}a{40}b/", `${"*a".repeat(60)}b`, "{a*,*a}*{a*,*a}*b"])("%s", (pattern) => {
    expect(tagFilterFaults({ include: [pattern] })).toEqual([]);
    const begun = performance.now();
    expect(accepted({ include: [pattern] }, ["a".repeat(128)])).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });
});

test("a glob with a backslash is refused: the matcher never comes back from some", () => {
  for (const glob of ["1\\.2*", `!${"\\".repeat(8)}`]) {
    expect(tagFilterFaults({ include: [glob] })).toMatchObject([
      { pointer: "#/tags/include/0", detail: expect.stringContaining("backslash") },
    ]);
  }
});
