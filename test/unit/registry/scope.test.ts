import fc from "fast-check";
import { expect, test } from "vitest";
import { formatScopes, mergeScopeText, scopeKey } from "../../../src/registry/scope.ts";

test("Q26: a destination asks for pull and push in one scope", () => {
  expect(formatScopes([{ repository: "acme/app", actions: ["pull", "push"] }])).toEqual(["repository:acme/app:pull,push"]);
});

test("Q27, Q29: the destination comes first, the mount's source after it", () => {
  expect(
    formatScopes([
      { repository: "acme/app", actions: ["push", "pull"] },
      { repository: "acme/base", actions: ["pull"] },
    ]),
  ).toEqual(["repository:acme/app:pull,push", "repository:acme/base:pull"]);
});

test("Q28: one repository is named once, with all of its actions", () => {
  expect(
    formatScopes([
      { repository: "acme/app", actions: ["push"] },
      { repository: "acme/base", actions: ["pull"] },
      { repository: "acme/app", actions: ["pull"] },
    ]),
  ).toEqual(["repository:acme/app:pull,push", "repository:acme/base:pull"]);
});

test.each([
  ["nothing", ["repository:a:pull"], undefined, ["repository:a:pull"]],
  ["the same", ["repository:a:pull"], "repository:a:pull", ["repository:a:pull"]],
  ["less", ["repository:a:pull,push"], "repository:a:pull", ["repository:a:pull,push"]],
  ["Q13: more of the same", ["repository:a:pull"], "repository:a:push,pull", ["repository:a:pull,push"]],
  ["Q31: delete", ["repository:a:pull,push"], "repository:a:delete", ["repository:a:pull,push,delete"]],
  ["Q27: another one, after ours", ["repository:a:pull"], "repository:b:pull", ["repository:a:pull", "repository:b:pull"]],
  [
    "Q30: several in one parameter",
    ["repository:a:pull"],
    "repository:b:pull  registry:catalog:* repository:a:push",
    ["repository:a:pull,push", "repository:b:pull", "registry:catalog:*"],
  ],
  [
    "Q30: a name with a port",
    ["repository:a:pull"],
    "repository:registry.test:5000/a:pull,push",
    ["repository:a:pull", "repository:registry.test:5000/a:pull,push"],
  ],
  ["Q30: a class", ["repository:a:pull"], "repository(plugin):a:pull", ["repository:a:pull", "repository(plugin):a:pull"]],
  ["Q30: word for word what is no scope", ["repository:a:pull"], "everything x:y", ["repository:a:pull", "everything", "x:y"]],
  ["only the challenge's", [], "repository:a:pull", ["repository:a:pull"]],
])("merges %s", (_, ours, asked, expected) => {
  expect(mergeScopeText(ours, asked)).toEqual(expected);
});

test("what a challenge adds has an end", () => {
  const many = Array.from({ length: 100 }, (_, index) => `repository:r${index}:pull`).join(" ");
  expect(mergeScopeText(["repository:a:pull"], many)).toHaveLength(17);
  expect(mergeScopeText(["repository:a:pull"], `repository:${"a".repeat(5000)}:pull`)).toEqual(["repository:a:pull"]);
});

test("Q24: a set of scopes has one key", () => {
  expect(scopeKey(["b", "a"])).toBe(scopeKey(["a", "b"]));
  expect(scopeKey(["a"])).not.toBe(scopeKey(["a", "b"]));
});

test("property: merging never loses what was ours, and merging twice changes nothing", () => {
  const scope = fc
    .tuple(fc.constantFrom("a", "b", "h:5000/c"), fc.subarray(["pull", "push", "delete", "*"], { minLength: 1 }))
    .map(([name, actions]) => `repository:${name}:${actions.join(",")}`);
  fc.assert(
    fc.property(fc.uniqueArray(scope, { maxLength: 1 }), fc.array(fc.oneof(scope, fc.string()), { maxLength: 6 }), (ours, asked) => {
      const merged = mergeScopeText(ours, asked.join(" "));
      expect(scopeKey(mergeScopeText(merged, asked.join(" ")))).toBe(scopeKey(merged));
      for (const text of ours) {
        const name = text.slice(0, text.lastIndexOf(":"));
        const kept = merged.find((each) => each.startsWith(`${name}:`)) ?? "";
        const actions = kept.slice(kept.lastIndexOf(":") + 1).split(",");
        expect(actions).toEqual(expect.arrayContaining(text.slice(text.lastIndexOf(":") + 1).split(",")));
      }
    }),
  );
});
