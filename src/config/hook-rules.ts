/** Reads the rules of a hook, and checks what can be checked before anything is pushed. */
import type { RegistriesConfig } from "../registry/settings.ts";
import type { CopyFields, TagFilter } from "../request/copy-fields.ts";
import { readCopyRequest } from "../request/copy-request.ts";
import { type DestinationTemplate, fillTemplate, parseTemplate, usesField } from "../request/destination-template.ts";
import { type TagTest, tagFilterFaults, tagTest } from "../request/tag-filter.ts";
import { pointerTo } from "../schema/validate.ts";
import { callbackFault } from "./callbacks.ts";
import { ConfigError } from "./config-error.ts";
import { bringsDigest, type HookType } from "./hook-settings.ts";

/** What is copied when a repository that `from` matches is pushed to: one job for each push, with all destinations. */
export interface HookRule {
  from: string;
  to: readonly DestinationTemplate[];
  /** Which pushed tags it applies to; `undefined` for all. */
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

/** Where a rule stands, and what it is checked against. */
export interface RulePlace {
  type: HookType;
  registries: RegistriesConfig;
  /** Where the rule stands in `HOOKS`. */
  path: readonly (string | number)[];
}

/** A made-up push for trying rules out. Its host can't exist (RFC 6761 §6.4), so no destination is the same repository. */
const TRIAL = { registry: "source.invalid", repository: "namespace/name", tag: "tag", digest: `sha256:${"0".repeat(64)}` };

/** Reads a rule. Throws a {@link ConfigError} where it is not valid, or where no push could be made into a copy request by it. */
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

/** Reads a rule's `tags`. In a rule they select by the tag that was pushed, and are no option of the copy. */
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

/** Turns the pointer to a field of a request into one within the rule, without its `#`: a rule calls the destination `to`. */
function inRule(pointer: string): string {
  return pointer.slice(1).replace(/^\/destination(?=\/|$)/, "/to");
}
