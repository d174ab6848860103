import { expect, test } from "vitest";
import { fillTemplate, parseTemplate, type TemplateValues, usesField } from "../../../src/request/destination-template.ts";

const VALUES: TemplateValues = { registry: "ghcr.io", repository: "acme/team/app", tag: "1.2", digest: "sha256:ab" };

function filled(text: string, values: TemplateValues = VALUES): string | undefined {
  const parsed = parseTemplate(text);
  if (!parsed.ok) {
    throw new Error(parsed.detail);
  }
  return fillTemplate(parsed.template, values);
}

test.each([
  ["a.io/x", "a.io/x"],
  ["a.io/{name}:{tag}", "a.io/app:1.2"],
  ["a.io/{namespace}/{name}", "a.io/acme/team/app"],
  ["a.io/{registry}/{repository}:{tag}-copy", "a.io/ghcr.io/acme/team/app:1.2-copy"],
  ["{registry}/{repository}{tag}@{digest}", "ghcr.io/acme/team/app1.2@sha256:ab"],
])("%s is %s", (text, result) => {
  expect(filled(text)).toBe(result);
});

test("a repository without a namespace takes no slash for it", () => {
  const values = { ...VALUES, repository: "app" };
  expect(filled("a.io/mirror/{namespace}/{name}", values)).toBe("a.io/mirror/app");
  expect(filled("a.io/{namespace}-{name}", values)).toBe("a.io/-app");
  expect(filled("a.io/{namespace}{name}", values)).toBe("a.io/app");
});

test("values are not read as templates", () => {
  expect(filled("a.io/{name}:{tag}", { ...VALUES, tag: "{name}$&" })).toBe("a.io/app:{name}$&");
});

test("a digest that is not known makes no destination, where it is wanted", () => {
  const { digest: _, ...values } = VALUES;
  expect(filled("a.io/{name}@{digest}", values)).toBeUndefined();
  expect(filled("a.io/{name}", values)).toBe("a.io/app");
});

test.each([
  ["a.io/{nam}", "has a placeholder that is not known; there are {registry} {repository} {namespace} {name} {tag} {digest}"],
  ["a.io/{}", "has a placeholder that is not known"],
  ["a.io/{ name }", "has a placeholder that is not known"],
  ["a.io/{constructor}", "has a placeholder that is not known"],
  ["a.io/{name", "has a brace without its counterpart"],
  ["a.io/name}", "has a brace without its counterpart"],
  ["a.io/{{name}}", "has a brace without its counterpart"],
])("%s is no template", (text, detail) => {
  expect(parseTemplate(text)).toMatchObject({ ok: false, detail: expect.stringContaining(detail) });
});

test("tells which fields are named", () => {
  const parsed = parseTemplate("a.io/{name}");
  expect(parsed.ok && [usesField(parsed.template, "name"), usesField(parsed.template, "digest")]).toEqual([true, false]);
});
