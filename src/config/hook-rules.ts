/** The rules of a hook: checked as far as they can be before anything is pushed. */
import type { RegistriesConfig } from "../registry/settings.ts";
import type { CopyFields, TagFilter } from "../request/copy-fields.ts";
import { readCopyRequest } from "../request/copy-request.ts";
import { type DestinationTemplate, fillTemplate, parseTemplate, usesField } from "../request/destination-template.ts";
import { type TagTest, tagFilterFaults, tagTest } from "../request/tag-filter.ts";
import { pointerTo } from "../schema/validate.ts";
import { callbackFault } from "./callbacks.ts";
import { ConfigError } from "./config-error.ts";
import { bringsDigest, type HookType } from "./hook-settings.ts";

/** What is copied when a repository that `from` matches is pushed to: one job, to all its destinations. */
export interface HookRule {
  from: string;
  to: readonly DestinationTemplate[];
  /** Which tags it is for; `undefined`: all. */
  tags: Pick<TagTest, "accepts"> | undefined;
  /** The options of the copy. */
  options: Omit<CopyFields, "source" | "destination" | "tags">;
}

type Options = Omit<CopyFields, "source" | "destination" | "tags">;

/** A rule as it stands in the configuration. */
export interface RuleFields extends Options {
  tags?: CopyFields["tags"];
  from: string;
  to: string | readonly string[];
}

export interface RulePlace {
  type: HookType;
  registries: RegistriesConfig;
  /** Where the rule stands in `HOOKS`. */
  path: readonly (string | number)[];
}

/** A push that no registry makes: its host can't exist (RFC 6761), so it collides with no destination. */
const TRIAL = { registry: "source.invalid", repository: "namespace/name", tag: "tag", digest: `sha256:${"0".repeat(64)}` };

/** Reads a rule; throws a {@link ConfigError} where it can't be read, or can't make a copy request of any push. */
export function readHookRule({ from, to: texts, tags, ...options }: RuleFields, place: RulePlace): HookRule {
  const to = [texts].flat().map((text, index) => {
    const parsed = parseTemplate(text);
    const path = typeof texts === "string" ? ["to"] : ["to", index];
    if (!parsed.ok) {
      throw faultAt(place, path, parsed.detail);
    }
    if (usesField(parsed.template, "digest") && !bringsDigest(place.type)) {
      throw faultAt(place, path, `wants {digest}, which no event of type "${place.type}" has`);
    }
    return parsed.template;
  });
  const destinations = to.map((template) => fillTemplate(template, TRIAL));
  tryOut(typeof texts === "string" ? destinations[0] : destinations, options, place);
  return { from, to, tags: tags === undefined || tags === "all" ? undefined : readTags(tags, place), options };
}

/** In a rule the filter is about the one tag that was pushed, and no part of the copy. */
function readTags(tags: TagFilter, place: RulePlace): TagTest {
  if (tags.latest !== undefined) {
    throw faultAt(place, ["tags", "latest"], "says nothing of a single tag, and an event is about one");
  }
  const [fault] = tagFilterFaults(tags);
  if (fault !== undefined) {
    throw new ConfigError("HOOKS", `${pointerTo(...place.path)}${fault.pointer.slice(1)}`, fault.detail);
  }
  return tagTest(tags);
}

function tryOut(destination: unknown, options: Options, place: RulePlace): void {
  const source = `${TRIAL.registry}/${TRIAL.repository}:${TRIAL.tag}@${TRIAL.digest}`;
  const read = readCopyRequest({ ...options, source, destination });
  if (!read.ok) {
    const [first] = read.faults;
    throw new ConfigError("HOOKS", `${pointerTo(...place.path)}${inRule(first?.pointer ?? "#")}`, first?.detail ?? "is not valid");
  }
  const { callback } = read.request;
  const refusal = callback === undefined ? undefined : callbackFault(callback.url, place.registries);
  if (refusal !== undefined) {
    throw faultAt(place, ["callback", "url"], refusal);
  }
}

function faultAt(place: RulePlace, path: readonly (string | number)[], detail: string): ConfigError {
  return new ConfigError("HOOKS", pointerTo(...place.path, ...path), detail);
}

/** The pointer to a field of a request, without its `#`, as one to where the rule says it. */
function inRule(pointer: string): string {
  return pointer.slice(1).replace(/^\/destination(?=\/|$)/, "/to");
}
