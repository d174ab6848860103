import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../src/config/config-error.ts";
import { HOOK_TYPES } from "../../../src/config/hook-settings.ts";
import { readHooks } from "../../../src/config/hooks.ts";

const RULE = { from: "docker.io/acme/*", to: "registry.example.com/mirror/{name}:{tag}" };
const HUB = { type: "dockerhub", secret: "HUB", copy: [RULE] };

test("reads every setting, as text and as a table", () => {
  const entry = {
    type: "artifactory",
    secret: "HUB",
    registry: "acme.jfrog.io",
    signed: true,
    repositoryKey: "",
    copy: [{ from: "**", to: ["a.io/{name}", "b.io/x:{tag}"], stage: "never", labels: { by: "hook" }, referrers: true }],
  };
  for (const HOOKS of [{ art: entry }, JSON.stringify({ art: entry })]) {
    expect(readHooks({ HOOKS, HUB: "secret\n" }).get("art")).toEqual({
      name: "art",
      type: "artifactory",
      secret: "secret",
      registry: "acme.jfrog.io",
      signed: true,
      repositoryKey: "",
      rules: [
        {
          from: "**",
          to: [
            ["a.io/", { field: "name" }],
            ["b.io/x:", { field: "tag" }],
          ],
          tags: undefined,
          options: { stage: "never", labels: { by: "hook" }, referrers: true },
        },
      ],
    });
  }
  expect(readHooks({}).size).toBe(0);
});

test("every type of the contract is known", () => {
  for (const type of HOOK_TYPES) {
    expect(readHooks({ HOOKS: { one: { ...HUB, type } }, HUB: "s" }).get("one")?.type).toBe(type);
  }
});

test("zot's registry is the host of its rules, where the hook names none", () => {
  const hook = (more: object) => readHooks({ HOOKS: { one: { ...HUB, type: "zot", ...more } }, HUB: "s" }).get("one");
  expect(hook({ copy: [RULE, { ...RULE, from: `${RULE.from.split("/")[0]?.toUpperCase()}/**` }] })?.registry).toBe(RULE.from.split("/")[0]);
  expect(hook({ registry: "zot.example.com" })?.registry).toBe("zot.example.com");
});

describe("a fault is told with its place", () => {
  test.each<[string, unknown, string, string]>([
    ["no JSON", "[", "#", "is not JSON: it ends too early"],
    ["a list", [], "#", "must be an object"],
    ["a prototype's name", '{"__proto__": {}}', "#/__proto__", "has a name that is not allowed"],
    ["a name for no URL", { "a/b": HUB }, "#/a~1b", "must be 1 to 64 letters"],
    ["an unknown type", { hub: { ...HUB, type: "nexus" } }, "#/hub/type", "must be one of"],
    ["an unknown setting", { hub: { ...HUB, secrets: "x" } }, "#/hub/secrets", "is not a known field"],
    ["another type's setting", { hub: { ...HUB, signed: true } }, "#/hub/signed", 'is no setting of a hook of type "dockerhub"'],
    ["no secret", { hub: { type: "dockerhub", copy: [RULE] } }, "#/hub/secret", "is required"],
    ["a secret that is not set", { hub: { ...HUB, secret: "NONE" } }, "#/hub/secret", "must be the name of a secret that is set"],
    ["a secret that is blank", { hub: { ...HUB, secret: "BLANK" } }, "#/hub/secret", "must be the name of a secret that is set"],
    ["a secret that is a binding", { hub: { ...HUB, secret: "COPY_JOBS" } }, "#/hub/secret", "must be the name of a secret that is set"],
    ["a secret that is a method", { hub: { ...HUB, secret: "toString" } }, "#/hub/secret", "must be the name of a secret that is set"],
    ["no rules", { hub: { type: "dockerhub", secret: "HUB" } }, "#/hub/copy", "must have at least one rule"],
    [
      "zot without its registry, from two hosts",
      { hub: { ...HUB, type: "zot", copy: [RULE, { ...RULE, from: "b.io/**" }] } },
      "#/hub/registry",
      "is required",
    ],
    [
      "zot without its registry, from any host",
      { hub: { ...HUB, type: "zot", copy: [{ ...RULE, from: "**" }] } },
      "#/hub/registry",
      "is required",
    ],
    ["Google with nothing", { hub: { type: "gar", copy: [RULE] } }, "#/hub/secret", "is required where there is no email"],
    [
      "Google's keys by plain HTTP",
      { hub: { ...HUB, type: "gar", email: "a@b", jwks: "http://example.com" } },
      "#/hub/jwks",
      "must be an https URL",
    ],
    ["a registry that is none", { hub: { ...HUB, registry: "acme" } }, "#/hub/registry", "is not a registry host"],
    ["a header that is none", { hub: { ...HUB, type: "harbor", header: "a b" } }, "#/hub/header", "must be the name of a header"],
    [
      "a glob that matches nothing",
      { hub: { ...HUB, copy: [RULE, { ...RULE, from: "acme" }] } },
      "#/hub/copy/1/from",
      "matches no repository",
    ],
    [
      "an unknown placeholder",
      { hub: { ...HUB, copy: [{ ...RULE, to: "a.io/{nme}" }] } },
      "#/hub/copy/0/to",
      "has a placeholder that is not known",
    ],
    ["the same in a list", { hub: { ...HUB, copy: [{ ...RULE, to: ["a.io/x", "a.io/{"] }] } }, "#/hub/copy/0/to/1", "has a brace without"],
    ["no destination", { hub: { ...HUB, copy: [{ ...RULE, to: [] }] } }, "#/hub/copy/0/to", "must not be empty"],
    [
      "an impossible destination",
      { hub: { ...HUB, copy: [{ ...RULE, to: "a.io/Mirror/{name}" }] } },
      "#/hub/copy/0/to",
      "is not an image reference",
    ],
    [
      "the second of two",
      { hub: { ...HUB, copy: [{ ...RULE, to: ["a.io/x", "a.io/{tag}:{repository}"] }] } },
      "#/hub/copy/0/to/1",
      "is not an image reference",
    ],
    [
      "the same destination twice",
      { hub: { ...HUB, copy: [{ ...RULE, to: ["a.io/x", "a.io/x:{tag}"] }] } },
      "#/hub/copy/0/to/1",
      "is the same destination as",
    ],
    [
      "the source as destination",
      { hub: { ...HUB, type: "harbor", copy: [{ ...RULE, to: "{registry}/{repository}:{tag}@{digest}x" }] } },
      "#/hub/copy/0/to",
      "is not an image reference",
    ],
    [
      "a digest that never comes",
      { hub: { ...HUB, type: "quay", copy: [{ ...RULE, to: "a.io/x@{digest}" }] } },
      "#/hub/copy/0/to",
      'wants {digest}, which no event of type "quay" has',
    ],
    ["an unknown option", { hub: { ...HUB, copy: [{ ...RULE, plattforms: [] }] } }, "#/hub/copy/0/plattforms", "is not a known field"],
    [
      "a tag filter over many tags",
      { hub: { ...HUB, copy: [{ ...RULE, tags: { latest: 3 } }] } },
      "#/hub/copy/0/tags/latest",
      "says nothing of a single tag",
    ],
    [
      "a pattern that is none",
      { hub: { ...HUB, copy: [{ ...RULE, tags: { include: ["/(/"] } }] } },
      "#/hub/copy/0/tags/include/0",
      "is not a regular expression",
    ],
    ["an option of another type", { hub: { ...HUB, copy: [{ ...RULE, stage: "now" }] } }, "#/hub/copy/0/stage", "must be one of"],
    [
      "options that contradict each other",
      { hub: { ...HUB, copy: [{ ...RULE, index: "single" }] } },
      "#/hub/copy/0/index",
      "there are no platforms",
    ],
    [
      "a callback at a private address",
      { hub: { ...HUB, copy: [{ ...RULE, callback: { url: "https://10.0.0.1/" } }] } },
      "#/hub/copy/0/callback/url",
      "is not allowed",
    ],
  ])("%s", (_what, HOOKS, pointer, detail) => {
    let thrown: unknown;
    try {
      readHooks({ HOOKS, HUB: "hunter2", BLANK: " \n", COPY_JOBS: {} });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ConfigError);
    expect(thrown).toMatchObject({ variable: "HOOKS", pointer, detail: expect.stringContaining(detail) });
    expect((thrown as ConfigError).message).not.toContain("hunter2");
  });
});
