/** Which tags of a repository a request means (contract §2, `tags`). Pure, and linear in the length of a tag whatever the patterns are. */
import picomatch from "picomatch";
import { RE2JS } from "re2js";
import { Range } from "semver";
import { bracketFault } from "../policy.ts";
import { isJsonObject } from "../schema/json-object.ts";
import { type Fault, pointerTo } from "../schema/validate.ts";
import { MAX_TAG_PATTERN_LENGTH, type TagFilter } from "./copy-fields.ts";
import { isInRange, newestFirst, type TagVersion, versionOf } from "./tag-version.ts";

/**
 * Most instructions of a filter's patterns together, as RE2 counts them; an ordinary pattern has 10 to 50. Matching a tag takes at most one step for each
 * instruction and character, of which a tag has 128: some 15 ms, measured with the most costly filter.
 */
export const MAX_FILTER_SIZE = 500;

/** `posix` makes `[!a]` a negation. `windows` is given since picomatch otherwise takes it from the machine that it runs on. */
const GLOB_OPTIONS = { dot: true, noextglob: true, nonegate: true, posix: true, windows: false } as const;

/** The look-aheads by which picomatch keeps wildcards from matching `.`, `..` or nothing. RE2 has none, and they can go: no tag begins with a dot. */
const LOOKAHEAD = /\(\?!(?:\(\?:\^\|\\\/\))?\\\.\{[01],[12]\}\(\?:\\\/\|\$\)\)|\(\?=\.\)/g;

/** What picomatch makes of a glob that can't match anything, such as one with a brace that is never closed. */
const MATCHES_NOTHING = "$^";

/** A pattern without wildcards: the name of a tag. */
const LITERAL = /^[\w.-]+$/;

/** A pre-release in a range; the hyphen of `1.2 - 2` has spaces around it. */
const NAMES_PRERELEASE = /[\dxX*]-[0-9A-Za-z]/;

/** A compiled filter. */
export interface TagTest {
  /** Whether a tag meets every condition but `latest`, which is about all tags together. With `latest`, only tags that name a version are accepted. */
  accepts(tag: string): boolean;
  /** Those of the accepted tags that are copied. A tag that it drops from a part of them, it drops from all of them too, so they may come page by page. */
  newest(tags: readonly string[]): readonly string[];
  /** Whether `newest` ever drops a tag. */
  isLimited: boolean;
}

/** Compiles a filter in which {@link tagFilterFaults} finds nothing. */
export function tagTest(tags: "all" | TagFilter): TagTest {
  const { include = [], exclude = [], semver, latest } = tags === "all" ? {} : tags;
  const [included, excluded] = [include, exclude].map((patterns) => patterns.map((pattern) => compile(pattern)));
  const range = semver === undefined ? undefined : compileRange(semver);
  return {
    accepts: (tag) => {
      if ((included?.length && !included.some((pattern) => pattern.matches(tag))) || excluded?.some((pattern) => pattern.matches(tag))) {
        return false;
      }
      if (range === undefined && latest === undefined) {
        return true;
      }
      const version = versionOf(tag);
      return version !== undefined && (range === undefined || isInRange(version, range));
    },
    newest: (accepted) => {
      if (latest === undefined) {
        return accepted;
      }
      const versions = accepted.map(versionOf).filter((version): version is TagVersion => version !== undefined);
      return versions
        .sort(newestFirst)
        .slice(0, latest)
        .map(({ tag }) => tag);
    },
    isLimited: latest !== undefined,
  };
}

/** What is wrong with a filter beyond its shape. A `tags` of the wrong type is left to the schema. */
export function tagFilterFaults(tags: unknown): Fault[] {
  if (!isJsonObject(tags)) {
    return [];
  }
  const { include, exclude, semver } = tags;
  const faults: Fault[] = [];
  let size = 0;
  for (const [name, patterns] of Object.entries({ include, exclude })) {
    for (const [index, pattern] of (Array.isArray(patterns) ? patterns : []).entries()) {
      const pointer = pointerTo("tags", name, index);
      try {
        size += typeof pattern === "string" && pattern !== "" && size <= MAX_FILTER_SIZE ? compile(pattern).programSize() : 0;
      } catch (error) {
        faults.push({ detail: error instanceof BadPattern ? error.message : "is not a pattern that can be used", pointer });
      }
    }
  }
  if (size > MAX_FILTER_SIZE) {
    faults.push({ detail: "has patterns that are too complex, taken together", pointer: pointerTo("tags") });
  }
  if (typeof semver === "string" && semver !== "" && rangeOf(semver) === undefined) {
    faults.push({ detail: 'is not a range of versions, such as ">=1.2 <2" or "^1.4"', pointer: pointerTo("tags", "semver") });
  }
  return faults;
}

/** A pattern that can't be used; the message completes "this place …". */
class BadPattern extends Error {
  override readonly name = "BadPattern";
}

/** A compiled pattern; it has to match a whole tag. */
type Pattern = Pick<RE2JS, "matches" | "programSize">;

/** Compiles the name of a tag, a glob, or a regular expression between slashes. */
function compile(pattern: string): Pattern {
  if (pattern.length > MAX_TAG_PATTERN_LENGTH) {
    throw new BadPattern(`must have at most ${MAX_TAG_PATTERN_LENGTH} characters`);
  }
  if (LITERAL.test(pattern)) {
    return { matches: (tag) => tag === pattern, programSize: () => 0 };
  }
  if (!pattern.startsWith("/")) {
    return compileGlob(pattern);
  }
  if (pattern.length < 3 || !pattern.endsWith("/")) {
    throw new BadPattern("begins with a slash like a regular expression, but does not end with one");
  }
  try {
    return RE2JS.compile(pattern.slice(1, -1));
  } catch (error) {
    throw new BadPattern(`is not a regular expression in RE2's syntax (${reasonOf(error)})`);
  }
}

function compileGlob(glob: string): RE2JS {
  // picomatch 4.0.7 never returns for some globs that end in several backslashes, and no tag has one.
  if (glob.includes("\\")) {
    throw new BadPattern("has a backslash, and no tag has anything that needs one; a regular expression stands between slashes");
  }
  const unpaired = bracketFault(glob);
  if (unpaired !== undefined) {
    throw new BadPattern(unpaired);
  }
  const { source } = picomatch.makeRe(glob, GLOB_OPTIONS);
  if (source === MATCHES_NOTHING) {
    throw new BadPattern("is not a glob: something in it is not closed");
  }
  try {
    return RE2JS.compile(source.replaceAll(LOOKAHEAD, ""));
  } catch (error) {
    throw new BadPattern(`is not a glob that can be used (${reasonOf(error)}); a regular expression stands between slashes`);
  }
}

function compileRange(text: string): Range {
  return rangeOf(text) ?? new Range("<0.0.0-0");
}

/** skopeo's ranges have commas between their parts. */
function rangeOf(text: string): Range | undefined {
  if (text.length > MAX_TAG_PATTERN_LENGTH) {
    return undefined;
  }
  try {
    return new Range(text.replaceAll(",", " "), { includePrerelease: NAMES_PRERELEASE.test(text) });
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : "unknown";
}
