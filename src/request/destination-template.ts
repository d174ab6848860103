/** Destinations with placeholders for what a push event says: `registry.example.com/mirror/{name}:{tag}`. Pure. */

/** The placeholders. `namespace` is the repository without its last component, `name` that component. */
const TEMPLATE_FIELDS = ["registry", "repository", "namespace", "name", "tag", "digest"] as const;

/** The name of a placeholder, without its braces. */
export type TemplateField = (typeof TEMPLATE_FIELDS)[number];

/** A parsed template: its texts and placeholders, in order. */
export type DestinationTemplate = readonly (string | { field: TemplateField })[];

/** What was pushed: the values of the placeholders. Only the digest may be unknown. */
export interface TemplateValues {
  registry: string;
  repository: string;
  tag: string;
  digest?: string;
}

/** A parsed template, or what is wrong with its text; `detail` completes "this place …". */
export type ParsedTemplate = { ok: true; template: DestinationTemplate } | { ok: false; detail: string };

/** Parses a template. Whether it can make a reference is not checked. */
export function parseTemplate(text: string): ParsedTemplate {
  const template: (string | { field: TemplateField })[] = [];
  for (const part of text.split(/(\{[^{}]*\})/)) {
    const name = /^\{(.*)\}$/s.exec(part)?.[1];
    const field = TEMPLATE_FIELDS.find((known) => known === name);
    if (name !== undefined && field === undefined) {
      const known = TEMPLATE_FIELDS.map((one) => `{${one}}`).join(" ");
      return { ok: false, detail: `has a placeholder that is not known; there are ${known}` };
    }
    if (field === undefined && /[{}]/.test(part)) {
      return { ok: false, detail: "has a brace without its counterpart" };
    }
    template.push(field === undefined ? part : { field });
  }
  return { ok: true, template: template.filter((part) => part !== "") };
}

/** Whether a template names a field. */
export function usesField(template: DestinationTemplate, field: TemplateField): boolean {
  return template.some((part) => typeof part === "object" && part.field === field);
}

/**
 * Fills a template in. Returns `undefined` where it names the digest and that is not known. The result need not be a valid reference.
 *
 * For a repository without a namespace the slash after `{namespace}` is left out too, so that `mirror/{namespace}/{name}` suits every repository.
 */
export function fillTemplate(template: DestinationTemplate, values: TemplateValues): string | undefined {
  const { repository, digest } = values;
  if (digest === undefined && usesField(template, "digest")) {
    return undefined;
  }
  const slash = repository.lastIndexOf("/");
  const all = { ...values, digest: digest ?? "", namespace: repository.slice(0, Math.max(slash, 0)), name: repository.slice(slash + 1) };
  let text = "";
  let skipsSlash = false;
  for (const part of template) {
    const value = typeof part === "string" ? part : all[part.field];
    text += skipsSlash && value.startsWith("/") ? value.slice(1) : value;
    skipsSlash = typeof part === "object" && part.field === "namespace" && value === "";
  }
  return text;
}
