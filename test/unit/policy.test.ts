import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allows, globFault, MAX_GLOB_LENGTH, matches } from "../../src/policy.ts";

const HUB = "docker.io/library/busybox";

describe("one rule", () => {
  test.each([
    // glob, name, matches
    ["docker.io/library/*", HUB, true],
    ["docker.io/library/*", "docker.io/library/team/app", false],
    ["docker.io/*", HUB, false],
    ["docker.io/**", HUB, true],
    ["**", HUB, true],
    ["**/busybox", HUB, true],
    ["docker.io/**/busybox", HUB, true],
    ["docker.io/{library,acme}/*", HUB, true],
    ["docker.io/{bitnami,acme}/*", HUB, false],
    ["docker.io/library/b?sybox", HUB, true],
    ["docker.io/library/[a-c]*", HUB, true],
    ["docker.io/library/[x-z]*", HUB, false],
    [HUB, HUB, true],
    [HUB, `${HUB}2`, false],
    [HUB, `evil.example/${HUB}`, false],
    // A prefix is no boundary: two stars in the middle of a component are one star.
    ["ghcr.io/acme**", "ghcr.io/acme-evil/x", false],
    ["ghcr.io/acme/**", "ghcr.io/acme-evil/x", false],
    ["ghcr.io/acme/**", "ghcr.io/acme/a/b/c", true],
    // The repository `acme` is not below `acme/`.
    ["ghcr.io/acme/**", "ghcr.io/acme", false],
    // A dot is a dot.
    ["ghcr.io/acme/*", "ghcrxio/acme/app", false],
    ["GHCR.io/Acme/*", "ghcr.io/acme/app", true],
    ["registry.internal:5000/**", "registry.internal:5000/team/app", true],
    ["registry.internal:5000/**", "registry.internal:5001/team/app", false],
    ["registry.internal/**", "registry.internal:5000/team/app", false],
    ["*.example.com/**", "a.example.com/x", true],
    ["*.example.com/**", "a.b.example.com/x", true],
    ["*.example.com/**", "example.com/x", false],
    ["[::1]:5000/app", "[::1]:5000/app", true],
    ["\\[::1\\]:5000/**", "[::1]:5000/a/b", true],
    // Not supported, so without a meaning of their own.
    ["!docker.io/**", "ghcr.io/acme/app", false],
    ["docker.io/!(library)/*", "docker.io/acme/app", false],
    // Broken globs match nothing, not everything.
    ["docker.io/[library/*", HUB, false],
    ["docker.io/(library/*", HUB, false],
  ])("%s on %s: %s", (glob, name, expected) => {
    expect(allows([{ from: glob, to: "**" }], name, "ghcr.io/acme/app").allowed).toBe(expected);
    expect(allows([{ from: "**", to: glob }], "ghcr.io/acme/app", name).allowed).toBe(expected);
  });
});

test("no rules allow nothing", () => {
  expect(allows([], HUB, "ghcr.io/acme/app")).toEqual({ allowed: false, reason: `no rule covers the source ${HUB}` });
});

test("one rule must cover both ends", () => {
  const rules = [
    { from: "docker.io/**", to: "ghcr.io/acme/**" },
    { from: "quay.io/**", to: "ghcr.io/other/**" },
  ];
  expect(allows(rules, "quay.io/a/b", "ghcr.io/other/b")).toEqual({ allowed: true });
  expect(allows(rules, "quay.io/a/b", "ghcr.io/acme/b")).toEqual({
    allowed: false,
    reason: "no rule for the source quay.io/a/b covers the destination ghcr.io/acme/b",
  });
});

test("the reason names no rule", () => {
  const decision = allows([{ from: "secret.example/**", to: "other.example/**" }], HUB, "ghcr.io/acme/app");
  expect(JSON.stringify(decision)).not.toMatch(/secret|other/);
});

test.each([
  ["", "must not be empty"],
  ["x/".repeat(MAX_GLOB_LENGTH), "at most"],
  ["!docker.io/**", "leading !"],
  ["(**)+(/!!", "no ( ) | or +"],
  ["docker.io/{*,**}+/x", "no ( ) | or +"],
  ["docker.io/(a|b)/x", "no ( ) | or +"],
  ["*", "matches no repository"],
  ["busybox", "matches no repository"],
  ["docker.io/library/busybox:1.*", "without tag and digest"],
  ["docker.io/library/busybox@sha256:*", "without tag and digest"],
  ["docker.io/[", "has a [ or ]"],
  ["docker.io/[library/*", "has a [ or ]"],
  ["docker.io/library]/*", "has a [ or ]"],
  ["docker.io/[]/*", "has a [ or ]"],
  ["a.io/{b", "has a { or }"],
  ["a.io/b}", "has a { or }"],
  ["a.io/{a,b/*", "has a { or }"],
  ["a.io/{{a,b}/*", "has a { or }"],
  ["a.io/{a,b}}", "has a { or }"],
  ["a.io/{a,[}]/*", "has a { or }"],
  // Braces without a comma are braces.
  ["a.io/{b}", "has a { or }"],
  ["a.io/{{a,b}}", "has a { or }"],
  ["a.io/[z-a]", "not a sound glob"],
  ["a.io/[[:alpha:]", "not a sound glob"],
])("the glob %#, %.40s, can never match", (glob, reason) => {
  expect(globFault(glob)).toContain(reason);
});

test.each<[glob: string, ...matching: string[]]>([
  ["**", HUB],
  ["docker.io/**", HUB],
  ["localhost:5000/*", "localhost:5000/app"],
  ["{a.io,b.io:5000}/x", "a.io/x", "b.io:5000/x"],
  ["a.io/[[:alpha:]]*", "a.io/x1"],
  ["[::1]:5000/x", "[::1]:5000/x"],
  ["*/*", "a.io/x"],
  ["a.io/{x,{y,z}-[ab]}", "a.io/x", "a.io/z-b"],
  ["a.io/v{1..3}", "a.io/v2"],
  ["a.io/{x,}y", "a.io/y", "a.io/xy"],
])("the glob %j is taken, and matches", (glob, ...matching) => {
  expect(globFault(glob)).toBeUndefined();
  for (const name of matching) {
    expect(matches(glob, name), name).toBe(true);
  }
});

test("names built from a glob's literal parts match it, and stay inside the component", () => {
  const component = fc.stringMatching(/^[a-z0-9]{1,12}$/);
  fc.assert(
    fc.property(component, component, component, (host, namespace, name) => {
      const rules = [{ from: `${host}.io/${namespace}/*`, to: "**" }];
      expect(allows(rules, `${host}.io/${namespace}/${name}`, "x.io/y").allowed).toBe(true);
      expect(allows(rules, `${host}.io/${namespace}/${name}/${name}`, "x.io/y").allowed).toBe(false);
      expect(allows(rules, `x${host}.io/${namespace}/${name}`, "x.io/y").allowed).toBe(false);
    }),
  );
});

test("a glob with a backslash is refused: the matcher never comes back from some", () => {
  for (const glob of ["docker.io/a\\*", `docker.io/!${"\\".repeat(8)}`]) {
    expect(globFault(glob)).toContain("backslash");
  }
});
