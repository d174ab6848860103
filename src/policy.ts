/**
 * What may be copied where: rules of two globs each, and the decision they give. Pure.
 *
 * The globs match whole repository names in their full form (`docker.io/library/busybox`, `registry.internal:5000/team/app`), without tag and
 * digest, upper and lower case alike. `*` stays inside one path component, `**` crosses them, `?`, `{a,b}` and `[a-z]` are known; a name
 * matches itself even where it reads as a glob (the brackets of an IPv6 host). Negation and extglobs are not: a rule list says what is
 * allowed, and a pattern that means "everything but" could allow more than its author had in mind.
 */
import picomatch from "picomatch";

/** Allows copies from any repository that `from` matches to any that `to` matches. */
export interface CopyRule {
  from: string;
  to: string;
}

/** Whether a copy is allowed. `reason` completes "this copy is not allowed: …" and names repositories, never the rules. */
export type Decision = { allowed: true } | { allowed: false; reason: string };

/**
 * `strictSlashes`: `ghcr.io/acme/**` does not match the repository `ghcr.io/acme`. `windows` is given since picomatch otherwise takes it from the machine
 * that it runs on.
 */
const GLOB_OPTIONS = { dot: true, nocase: true, noextglob: true, nonegate: true, strictSlashes: true, windows: false } as const;

/**
 * Decides whether `rules` allow a copy from one repository to another (both `registry/repository`, as `repositoryName` returns them). One rule has to cover
 * both ends; an empty list allows nothing. The globs of the rules must be ones in which {@link globFault} finds nothing.
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
 * Decides whether somebody who may copy by these rules may read a repository: one that a rule copies from or to. Without this, a comparison could be
 * used to look into repositories that may not be copied.
 */
export function mayRead(rules: readonly CopyRule[], name: string): boolean {
  return rules.some(({ from, to }) => matches(from, name) || matches(to, name));
}

/** Compiled globs, kept for good: they come from the configuration, so there are few, and compiling one costs more than a request's uses of it. */
const compiled = new Map<string, (name: string) => boolean>();

/** Whether a glob, one in which {@link globFault} finds nothing, matches a repository (`registry/repository`, as `repositoryName` returns it). */
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

/** Characters in brackets: one of them, or a range, or a class by its name (POSIX 1003.1, §9.3.5). */
const CHARACTER_CLASS = /\[(?:\[:\w+:\]|[^\]])+\]/g;

/** Alternatives in braces, with none inside them: at least two, or a range. */
const ALTERNATIVES = /\{[^{}]*?(?:,|\.\.)[^{}]*\}/g;

/** What picomatch makes of a glob that becomes no regular expression, such as one with the range `[z-a]`. */
const MATCHES_NOTHING = "$^";

/**
 * Says why a glob can't be used or can never match a repository's name, completing "this place …"; `undefined` where it is fine. For the configuration:
 * nobody would notice a rule that never matches.
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
  // picomatch 4.0.7 never returns for some globs that end in several backslashes, and no name has one.
  if (glob.includes("\\")) {
    return "must have no backslash: no name has anything that needs one";
  }
  // picomatch reads groups and their repetition as a regular expression does, and never returns for some of them: (**)+(/
  if (/[()|+]/.test(glob)) {
    return "must have no ( ) | or +: no name has them, and {a,b} stands for alternatives";
  }
  if (!glob.includes("/") && !glob.includes("**")) {
    return "matches no repository: names have the form host/path (use ** for all of them)";
  }
  // Character classes may hold colons ([[:alpha:]]) and braces, the rest of a repository's last component may not.
  const plain = glob.replace(CHARACTER_CLASS, "");
  const unpaired = bracketFault(glob);
  if (unpaired !== undefined) {
    return unpaired;
  }
  if (picomatch.makeRe(glob, GLOB_OPTIONS).source === MATCHES_NOTHING) {
    return "matches no repository: it is not a sound glob";
  }
  const last = plain.split("/").at(-1) ?? "";
  if (glob.includes("/") && /[:@]/.test(last)) {
    return "matches no repository: rules are about repositories, without tag and digest";
  }
  return undefined;
}

/** Says what is wrong with the brackets and braces of a glob, completing "this place …". picomatch would take them as they stand, and no name or tag has any. */
export function bracketFault(glob: string): string | undefined {
  const plain = glob.replace(CHARACTER_CLASS, "");
  if (/[[\]]/.test(plain)) {
    return "has a [ or ] that is no part of a class such as [a-z]: no name has one";
  }
  let rest = plain;
  for (let inner = ""; inner !== rest; ) {
    inner = rest;
    rest = inner.replace(ALTERNATIVES, "");
  }
  return /[{}]/.test(rest) ? "has a { or } that is no part of alternatives such as {a,b}: no name has one" : undefined;
}
