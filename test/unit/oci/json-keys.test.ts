import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ambiguousKey, repeatedKey } from "../../../src/oci/json-keys.ts";
import { parseManifest } from "../../../src/oci/manifest.ts";
import { OCI_MANIFEST } from "../../../src/oci/media-types.ts";

describe("keys that two readers read differently", () => {
  test.each([
    ["the same key twice", '{"layers":[],"layers":[1]}'],
    ["twice, once in an escaped spelling", '{"layers":[],"l\\u0061yers":[1]}'],
    ["twice, in an object inside an array", '[{"a":1},{"b":{"a":1,"a":2}}]'],
    ["twice, with blanks before the colon", '{"a" :1,"a"\n\t:2}'],
    ["twice, with brackets, quotes and backslashes between", '{"a":"}]\\"\\\\","b":["{"],"a":1}'],
    ["__proto__ twice", '{"__proto__":1,"__proto__":2}'],
    ["an annotation twice", '{"annotations":{"x":"1","x":"2"}}'],
    ["a field in another case", '{"Layers":[]}'],
    ["a descriptor's field in another case", '{"layers":[{"Digest":"x"}]}'],
    ["a field with a long s", '{"layer\u017f":[]}'],
    ["a field with an escaped long s", '{"layer\\u017f":[]}'],
    ["annotations in another case", '{"Annotations":{}}'],
  ])("%s", (_, text) => {
    expect(JSON.parse(text)).toBeDefined();
    expect(ambiguousKey(text)).toMatch(/^The key "/);
  });

  test.each([
    ["one key in two objects", '{"a":{"a":1},"b":{"a":1}}'],
    ["strings in an array", '["a","a"]'],
    ["a value like a key", '{"a":"a","b":"a"}'],
    ["annotations that differ in case only", '{"annotations":{"layers":"","Layers":"","LAYERS":""}}'],
    ["another tool's fields", '{"history":[{"Cmd":1,"cmd":2}]}'],
    ["an empty key", '{"":1}'],
    ["a backslash at the end of a string", '{"a":"\\\\","b":1}'],
  ])("not %s", (_, text) => {
    expect(ambiguousKey(text)).toBeUndefined();
  });

  test("no value that JSON.stringify writes has any but fields in another case", () => {
    fc.assert(fc.property(fc.json(), (text) => !/comes twice/.test(ambiguousKey(text) ?? "")));
  });

  test("a copy of any key of any object is found", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(), (object, pick) => {
        const keys = Object.keys(object);
        const key = JSON.stringify(keys[pick % keys.length]);
        const text = JSON.stringify({ wrapped: [object] }).replace(/\}\]\}$/, () => `,${key}:0}]}`);
        expect(JSON.parse(text)).toBeDefined();
        expect(ambiguousKey(text)).toBeDefined();
      }),
    );
  });

  test("makes a manifest invalid", () => {
    const text = `{"schemaVersion":2,"config":{"digest":"sha256:${"a".repeat(64)}","size":2},"layers":[],"layers":[]}`;
    expect(() => parseManifest(new TextEncoder().encode(text), OCI_MANIFEST)).toThrow(/The key "layers" comes twice/);
  });

  test.each<[string, (size: number) => string]>([
    ["objects", (size) => `[${"{},".repeat(size / 3)}{}]`],
    ["brackets", (size) => `[${"[".repeat(size / 2)}${"]".repeat(size / 2)}]`],
    ["backslashes", (size) => `{"a":"${"\\\\".repeat(size / 2)}"}`],
    ["one long text", (size) => `"${"x".repeat(size)}"`],
  ])("the time grows with the size of the text, not with its square: %s", (_, textOf) => {
    const mib = 1024 * 1024;
    // Eight times the text takes eight times as long, and would take 64 times where the time grew with the square. Below 50 ms caches count for more.
    expect(shortestTime(textOf(8 * mib))).toBeLessThan(50 + 24 * shortestTime(textOf(mib)));
  });
});

describe("keys that come twice, of JSON that is no manifest", () => {
  test.each([
    ["at the top", '{"source":"a","destination":"b","source":"c"}', "source"],
    ["in an object below", '{"labels":{"a":"1","b":"2","a":"1"}}', "a"],
    ["in an escaped spelling", '{"dryRun":true,"dry\\u0052un":false}', "dryRun"],
  ])("%s", (_, text, key) => {
    expect(JSON.parse(text)).toBeDefined();
    expect(repeatedKey(text)).toBe(`The key "${key}" comes twice in one object`);
  });

  test.each([
    ["a manifest's field in another case", '{"Layers":[],"layers":[]}'],
    ["one key in two objects", '{"a":{"a":1},"b":[{"a":1},{"a":1}]}'],
    ["values", '["a","a"]'],
  ])("not %s", (_, text) => {
    expect(repeatedKey(text)).toBeUndefined();
  });
});

/** Milliseconds that one look takes: the shortest of several, since another process can only make one longer. */
function shortestTime(text: string): number {
  const times = Array.from({ length: 3 }, () => {
    const begin = performance.now();
    ambiguousKey(text);
    return performance.now() - begin;
  });
  return Math.min(...times);
}
