import { describe, expect, test } from "vitest";
import { readCopyRequest } from "../../../src/request/copy-request.ts";
import { fingerprintOf } from "../../../src/request/fingerprint.ts";
import type { Fault } from "../../../src/schema/validate.ts";

const A = `sha256:${"a".repeat(64)}`;
const B = `sha256:${"b".repeat(64)}`;

function read(fields: unknown) {
  const result = readCopyRequest(fields);
  if (!result.ok) {
    throw new Error(JSON.stringify(result.faults));
  }
  return result.request;
}

function faultsOf(fields: unknown): readonly Fault[] {
  const result = readCopyRequest(fields);
  return result.ok ? [] : result.faults;
}

const pointersOf = (fields: unknown) => faultsOf(fields).map(({ pointer }) => pointer);

test.each<[object, object]>([
  [
    { source: "busybox", destination: "ghcr.io/acme/busybox" },
    { source: "busybox", destination: ["ghcr.io/acme/busybox"] },
  ],
  [
    { destination: ["a.io/x:1", "a.io/x:2"], source: "busybox:1", labels: { z: "1", a: "" } },
    { source: "busybox:1", destination: ["a.io/x:1", "a.io/x:2"], labels: { a: "", z: "1" } },
  ],
  [
    { source: "busybox", destination: "a.io/x", referrers: true },
    { source: "busybox", destination: ["a.io/x"], referrers: true },
  ],
  // Defaults say nothing, and are left out.
  [
    {
      source: "busybox",
      destination: "a.io/x",
      index: "sparse",
      referrers: false,
      overwrite: "always",
      check: "shallow",
      stage: "auto",
      labels: {},
      dryRun: false,
    },
    { source: "busybox", destination: ["a.io/x"] },
  ],
])("%j is taken", (fields, request) => {
  const taken = read(fields);
  expect(taken).toEqual(request);
  expect(JSON.stringify(taken)).toBe(JSON.stringify(request));
});

test("requests that say the same have the same fingerprint", () => {
  const one = fingerprintOf(read({ source: "busybox", destination: "a.io/x", labels: { a: "1", b: "2" } }));
  const same = fingerprintOf(read({ labels: { b: "2", a: "1" }, destination: ["a.io/x"], source: "busybox", dryRun: false }));
  const other = fingerprintOf(read({ source: "busybox", destination: "a.io/x", labels: { a: "1", b: "3" } }));
  expect(same).toBe(one);
  expect(other).not.toBe(one);
});

test.each<[string, object, object]>([
  [
    "events of a callback",
    { callback: { url: "https://ci.example/" } },
    { callback: { events: ["completed"], url: "https://ci.example/" } },
  ],
  ["format of a callback", { callback: { url: "https://ci.example/" } }, { callback: { url: "https://ci.example/", format: "standard" } }],
  ["tags that are left out", { tags: { include: ["v*"], latest: 1 } }, { tags: { latest: 1, exclude: [], include: ["v*"] } }],
])("a request that spells out the default is the same: %s", (_, short, long) => {
  const fields = { source: "busybox", destination: "a.io/x" };
  expect(fingerprintOf(read({ ...fields, ...long }))).toBe(fingerprintOf(read({ ...fields, ...short })));
});

describe("shape", () => {
  test.each<[unknown, string[]]>([
    [null, ["#"]],
    [[], ["#"]],
    ["busybox", ["#"]],
    [{}, ["#/source", "#/destination"]],
    [{ source: 1, destination: 2 }, ["#/source", "#/destination"]],
    [{ source: "", destination: "" }, ["#/source", "#/destination"]],
    [{ source: "busybox", destination: [] }, ["#/destination"]],
    [{ source: "busybox", destination: [""] }, ["#/destination/0"]],
    [{ source: "busybox", destination: ["a.io/x", null, 3] }, ["#/destination/1", "#/destination/2"]],
    [{ source: "busybox", destination: { 0: "a.io/x" } }, ["#/destination"]],
    [{ source: "busybox:1", destination: null, tags: null }, ["#/destination", "#/tags"]],
    [{ source: "busybox", destination: Array.from({ length: 17 }, (_, index) => `a.io/x:${index}`) }, ["#/destination"]],
    [{ source: "busybox", destination: "a.io/x", extra: 1 }, ["#/extra"]],
    [{ source: "busybox", destination: "a.io/x", Labels: {} }, ["#/Labels"]],
    [{ source: "x".repeat(1025), destination: "y".repeat(1025) }, ["#/source", "#/destination"]],
    [JSON.parse('{"source":"busybox","destination":"a.io/x","__proto__":{"x":1}}'), ["#/__proto__"]],
    [{ source: "busybox", destination: "a.io/x", labels: [] }, ["#/labels"]],
    [{ source: "busybox", destination: "a.io/x", labels: "team=a" }, ["#/labels"]],
    [{ source: "busybox", destination: "a.io/x", labels: { a: 1, b: null } }, ["#/labels/a", "#/labels/b"]],
    [JSON.parse('{"source":"busybox","destination":"a.io/x","labels":{"__proto__":"x"}}'), ["#/labels/__proto__"]],
  ])("%j has faults at %j", (fields, pointers) => {
    expect(pointersOf(fields)).toEqual(pointers);
  });

  test("a label may have any name but one", () => {
    expect(read({ source: "busybox", destination: "a.io/x", labels: { "": "x" } }).labels).toEqual({ "": "x" });
  });

  test("a destination of another type is told of both forms", () => {
    const [fault] = faultsOf({ source: "busybox", destination: null });
    expect(fault).toEqual({ detail: "must be a string or an array of strings", pointer: "#/destination" });
  });

  test("16 destinations are taken", () => {
    const destination = Array.from({ length: 16 }, (_, index) => `a.io/x:${index}`);
    expect(read({ source: "busybox", destination }).destination).toEqual(destination);
  });
});

describe("many tags", () => {
  const many = { source: "busybox", destination: ["a.io/x", "b.io/y"], tags: "all" };

  test("are asked for by a filter, in any order of its members", () => {
    const one = read({ ...many, tags: { latest: 2, include: ["1.*"], semver: ">=1" } });
    const same = read({ ...many, tags: { semver: ">=1", include: ["1.*"], latest: 2 } });
    expect(one.tags).toEqual({ include: ["1.*"], semver: ">=1", latest: 2 });
    expect(fingerprintOf(one)).toBe(fingerprintOf(same));
    expect(read(many)).toEqual(many);
  });

  test.each<[object, [pointer: string, detail: RegExp][]]>([
    [{ source: "busybox:1" }, [["#/source", /names the tag 1, but with "tags" both sides are whole repositories/]]],
    [{ source: `busybox@${A}` }, [["#/source", /names sha256:a+, but with "tags"/]]],
    [{ destination: ["a.io/x:1", "b.io/y"] }, [["#/destination/0", /names the tag 1/]]],
    [{ destination: `a.io/x:1@${A}` }, [["#/destination", /names the tag 1/]]],
    [{ destination: ["a.io/x", "a.io/x"] }, [["#/destination/1", /same destination as #\/destination\/0/]]],
    [{ tags: "some" }, [["#/tags", /must be "all" or an object/]]],
    [{ tags: ["all"] }, [["#/tags", /must be "all" or an object/]]],
    [{ tags: { include: [] } }, [["#/tags/include", /./]]],
    [{ tags: { include: "1.*" } }, [["#/tags/include", /must be an array/]]],
    [{ tags: { include: "" } }, [["#/tags/include", /must be an array/]]],
    [{ tags: { exclude: [1] } }, [["#/tags/exclude/0", /must be a string/]]],
    [{ tags: { latest: 0 } }, [["#/tags/latest", /./]]],
    [{ tags: { latest: 1.5 } }, [["#/tags/latest", /must be a whole number/]]],
    [{ tags: { newest: 1 } }, [["#/tags/newest", /./]]],
    [
      { tags: { include: ["/(/"], semver: "new" } },
      [
        ["#/tags/include/0", /is not a regular expression in RE2's syntax \(missing closing \): `\(`\)/],
        ["#/tags/semver", /is not a range/],
      ],
    ],
  ])("%j has faults at %j", (changes, expected) => {
    const faults = faultsOf({ ...many, ...changes });
    expect(faults.map(({ pointer }) => pointer)).toEqual(expected.map(([pointer]) => pointer));
    for (const [index, [, detail]] of expected.entries()) {
      expect(faults[index]?.detail).toMatch(detail);
    }
  });
});

describe("options", () => {
  test.each<[object, [pointer: string, detail: RegExp][]]>([
    [{ index: "single" }, [["#/index", /there are no platforms/]]],
    [{ index: "rewrite" }, [["#/index", /there are no platforms/]]],
    [{ index: "dense", platforms: ["linux/amd64"] }, [["#/index", /./]]],
    [{ index: "single", platforms: ["linux/amd64", "linux/arm64"] }, [["#/platforms", /exactly one/]]],
    [{ platforms: ["linux/arm64", "linux/aarch64/v8"] }, [["#/platforms/1", /same platform as/]]],
    [{ platforms: ["linux/amd64", "unknown/unknown"] }, [["#/platforms/1", /attestations/]]],
    [{ platforms: [] }, [["#/platforms", /./]]],
    [{ platforms: ["linux"] }, [["#/platforms/0", /must be os\/architecture/]]],
    [{ platforms: "linux/amd64" }, [["#/platforms", /./]]],
    [
      { overwrite: "maybe", check: 1 },
      [
        ["#/overwrite", /./],
        ["#/check", /./],
      ],
    ],
  ])("%j is refused", (options, expected) => {
    const faults = faultsOf({ source: "busybox", destination: "a.io/x", ...options });
    expect(faults.map(({ pointer }) => pointer)).toEqual(expected.map(([pointer]) => pointer));
    for (const [position, [, detail]] of expected.entries()) {
      expect(faults[position]?.detail).toMatch(detail);
    }
  });

  test("that belong together are taken, in one order", () => {
    const options = { platforms: ["windows/amd64:10.0.17763"], index: "single", overwrite: "never", check: "deep" };
    const reversed = Object.fromEntries(Object.entries(options).reverse());
    const taken = read({ ...reversed, source: "busybox", destination: "a.io/x" });
    expect(JSON.stringify(taken)).toBe(JSON.stringify({ source: "busybox", destination: ["a.io/x"], ...options }));
  });

  test("a destination may name the digest that what is tagged has, which is not the source's", () => {
    const fields = { source: `a.io/x@${A}`, destination: `b.io/x:1@${B}`, platforms: ["linux/amd64"] };
    expect(pointersOf(fields)).toEqual(["#/destination"]);
    expect(pointersOf({ ...fields, index: "single" })).toEqual([]);
    expect(pointersOf({ ...fields, index: "rewrite" })).toEqual([]);
  });
});

describe("references", () => {
  test.each<[string, string | string[], [pointer: string, detail: RegExp][]]>([
    ["Busybox", "a.io/x", [["#/source", /not an image reference .*upper case/]]],
    ["https://docker.io/busybox", "a.io/x", [["#/source", /not an image reference/]]],
    [
      "busybox:",
      "a.io/x:",
      [
        ["#/source", /tag/],
        ["#/destination", /tag/],
      ],
    ],
    ["busybox@sha256:abc", "a.io/x", [["#/source", /digest/]]],
    [
      "busybox",
      ["a.io/x", "a.io/", "a.io/X"],
      [
        ["#/destination/1", /not an image/],
        ["#/destination/2", /not an image/],
      ],
    ],
    ["busybox", ["a.io/x", "A.io/x"], [["#/destination/1", /is the same destination as #\/destination\/0/]]],
    ["busybox", ["a.io/x", "a.io/x:latest"], [["#/destination/1", /the same destination/]]],
    [
      "busybox:1",
      ["foo/x", "docker.io/foo/x:1", "index.docker.io/foo/x"],
      [
        ["#/destination/1", /#\/destination\/0/],
        ["#/destination/2", /#\/destination\/0/],
      ],
    ],
    [`busybox:1@${A}`, [`a.io/x:1`, `a.io/x:1@${A}`], [["#/destination/1", /the same destination/]]],
    [`busybox@${A}`, ["a.io/x", `a.io/x@${A}`], [["#/destination/1", /the same destination/]]],
    [`a.io/x@${A}`, `b.io/x@${B}`, [["#/destination", /names another digest than the source/]]],
    [`a.io/x:1@${A}`, `b.io/x:1@${B}`, [["#/destination", /names another digest than the source/]]],
    // A bad source does not hide what is wrong with the destinations.
    [
      "-",
      ["a.io/x", "-"],
      [
        ["#/source", /not an image/],
        ["#/destination/1", /not an image/],
      ],
    ],
  ])("%s to %j", (source, destination, expected) => {
    const faults = faultsOf({ source, destination });
    expect(faults.map(({ pointer }) => pointer)).toEqual(expected.map(([pointer]) => pointer));
    for (const [index, [, detail]] of expected.entries()) {
      expect(faults[index]?.detail).toMatch(detail);
    }
  });

  test.each<[string, string | string[]]>([
    ["busybox", "docker.io/library/busybox:other"],
    ["a.io/x:1", ["a.io/x:2", "a.io/x:3"]],
    // Several tags, one of them taken from the source.
    ["a.io/x:1", ["b.io/x", "b.io/x:2"]],
    // Puts the tag back on that digest.
    [`a.io/x:1@${A}`, "a.io/x:1"],
    [`a.io/x@${A}`, "a.io/x:1"],
    [`a.io/x@${A}`, `b.io/x:1@${A}`],
    ["a.io/x:1", `b.io/x:1@${A}`],
    ["[::1]:5000/x", "127.0.0.1:5000/x"],
  ])("%s to %j is taken", (source, destination) => {
    expect(faultsOf({ source, destination })).toEqual([]);
  });
});

test("everything that is wrong is told at once", () => {
  expect(copyFaults({ source: "Busybox", destination: ["a.io/x", 5, "a.io/x"], tags: "some", labels: { a: 1 }, foo: 1 })).toEqual([
    "#/destination/1",
    "#/destination/2",
    "#/foo",
    "#/labels/a",
    "#/source",
    "#/tags",
  ]);
});

function copyFaults(fields: unknown): string[] {
  return [...pointersOf(fields)].sort();
}

test.each([
  ["no destination", [], "must not be empty"],
  ["too many destinations", Array.from({ length: 17 }, (_, number) => `a.io/x${number}`), "must have at most 16 entries"],
])("%s is told as what it is", (_, destination, detail) => {
  expect(readCopyRequest({ source: "busybox", destination })).toMatchObject({ ok: false, faults: [{ detail, pointer: "#/destination" }] });
});
