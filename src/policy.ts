/**
 * What may be copied where: rules of two globs each, and the decision they give. Pure.
 *
 * The globs match whole repository names in their full form (`docker.io/library/busybox`, `registry.internal:5000/team/app`), without tag and
 * digest, upper and lower case alike. `*` stays inside one path component, `**` crosses them, `?`, `{a,b}` and `[a-z]` are known; a name
 * matches itself even where it reads as a glob (the brackets of an IPv6 host). Negation and extglobs are not: a rule list says what is
 * allowed, and a pattern that means "everything but" would open more than its author saw.
 */
import picomatch from "picomatch";

/** Allows copies from any repository that `from` matches to any that `to` matches. */
export interface CopyRule {
  from: string;
  to: string;
}

/** `reason` completes "this copy is not allowed: …" and names repositories, never the rules. */
export type Decision = { allowed: true } | { allowed: false; reason: string };

/** `strictSlashes`: `ghcr.io/acme/**` is not the repository `ghcr.io/acme`. `windows`: else picomatch looks at the machine it runs on. */
const GLOB_OPTIONS = { dot: true, nocase: true, noextglob: true, nonegate: true, strictSlashes: true, windows: false } as const;

/**
 * Decides whether `rules` let a copy go from one repository to another (both `registry/repository`, as `repositoryName` gives them).
 * One rule has to cover both ends. No rules at all allow nothing. Globs are ones
 * in which {@link globFault} finds nothing.
 */
export function allows(rules: readonly CopyRule[], from: string, to: string): Decision {
  const covering = rules.filter((rule) => matches(rule.from, from));
  if (covering.some((rule) => matches(rule.to, to))) {
    return { allowed: true };
  }
  return {
    allowed: false,
    reason: covering.length === 0 ? `no rule covers the source ${from}` : `no rule for the source ${from} covers the destination ${to}`,
  };
}

/**
 * Decides whether somebody who may copy by these rules may look at a repository: one that they might copy from or to. Without this
 * a comparison would tell what a copy may not touch.
 */
export function mayRead(rules: readonly CopyRule[], name: string): boolean {
  return rules.some(({ from, to }) => matches(from, name) || matches(to, name));
}

/** Globs come from the configuration, so there are few, and compiling one costs more than all its uses in a request. */
const compiled = new Map<string, (name: string) => boolean>();

/** Whether a glob, one in which {@link globFault} finds nothing, matches a repository (`registry/repository`, as `repositoryName` gives it). */
export function matches(glob: string, name: string): boolean {
  let matcher = compiled.get(glob);
  if (matcher === undefined) {
    matcher = picomatch(glob, GLOB_OPTIONS);
    compiled.set(glob, matcher);
  }
  return glob === name || matcher(name);
}

/** Longest glob that is taken, in characters: twice the longest repository name. */
export const MAX_GLOB_LENGTH = 512;

/**
 * Says why a glob can never match a repository name, or `undefined` where it can. Meant for configuration: a rule that is silently dead
 * looks like a rule that was not needed.
 */
export function globFault(glob: string): string | undefined {
  if (glob === "") {
    return "must not be empty";
  }
  if (glob.length > MAX_GLOB_LENGTH) {
    return `must have at most ${MAX_GLOB_LENGTH} characters`;
  }
  if (glob.startsWith("!")) {
    return "must say what is allowed: a leading ! is not supported";
  }
  // No name has one, and picomatch 4.0.7 never comes back from some that end in several.
  if (glob.includes("\\")) {
    return "must have no backslash: no name has anything that needs one";
  }
  // picomatch takes groups and what repeats them for those of a regular expression, and never comes back from some: (**)+(/
  if (/[()|+]/.test(glob)) {
    return "must have no ( ) | or +: no name has them, and {a,b} stands for alternatives";
  }
  if (!glob.includes("/") && !glob.includes("**")) {
    return "matches no repository: names have the form host/path (use ** for all of them)";
  }
  // Character classes may hold colons ([[:alpha:]]), the last component of a repository's name may not.
  const last =
    glob
      .replace(/\[(?:\[:\w+:\]|[^\]])*\]/g, "")
      .split("/")
      .at(-1) ?? "";
  if (glob.includes("/") && /[:@]/.test(last)) {
    return "matches no repository: rules are about repositories, without tag and digest";
  }
  return undefined;
}
