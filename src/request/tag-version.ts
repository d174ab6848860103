/** Reads tags as versions, as skopeo and regsync do: more leniently than semver itself, since few tags have all three numbers. Pure. */
import { compare, type Range, SemVer } from "semver";

/** `v1.2.3-rc.1`, `1.2`, `24.04`, `20240101`, `1.2.3_5` (tags can't have a `+`; Helm writes `_`). */
const VERSION = /^v?(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(?:-([0-9A-Za-z.-]+))?(?:_[0-9A-Za-z._-]+)?$/;

/** A tag and the version that it names. */
export interface TagVersion {
  tag: string;
  version: SemVer;
}

/**
 * The version that a tag names; `undefined` where it names none (`latest`, `bookworm`).
 *
 * Missing numbers are 0, leading zeros don't count, and what follows a hyphen is a pre-release: `1.27-alpine` comes before `1.27.0`.
 */
export function versionOf(tag: string): TagVersion | undefined {
  const [, major, minor = "0", patch = "0", suffix] = VERSION.exec(tag) ?? [];
  if (major === undefined) {
    return undefined;
  }
  const core = [major, minor, patch].map(withoutZeros).join(".");
  try {
    return { tag, version: new SemVer(suffix === undefined ? core : `${core}-${suffix.split(".").map(identifier).join(".")}`) };
  } catch {
    // An empty identifier (`1.0-a..b`), or a number beyond what can be counted.
    return undefined;
  }
}

/**
 * Whether a version is in a range. A pre-release is in no range, unless the range itself names one (`>=1.2-0 <2`): then every pre-release within it counts,
 * as with skopeo, and not only those of the version that is named.
 */
export function isInRange({ version }: TagVersion, range: Range): boolean {
  return range.test(version);
}

/** Orders versions, the newest first; equal versions by how much the tag says (`1.0.0` before `1.0`), then by name. */
export function newestFirst(left: TagVersion, right: TagVersion): number {
  return compare(right.version, left.version) || right.tag.length - left.tag.length || (left.tag < right.tag ? -1 : 1);
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, "");
}

/** An identifier of a pre-release as semver takes it: numbers have no leading zeros, anything else stays as it is. */
function identifier(text: string): string {
  return /^\d+$/.test(text) ? withoutZeros(text) : text;
}
