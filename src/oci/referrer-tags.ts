/** Tags that name the digest of the manifest they are attached to: the OCI fallback tag, and cosign's. */
import { type Digest, hexOf, parseDigest } from "./digest.ts";

/** What cosign keeps beside an image, each under a tag of its own: signatures, attestations, SBOMs. */
const COSIGN_SUFFIXES = [".att", ".sbom", ".sig"] as const;

/** Longest tag (distribution-spec, "Pulling manifests"). */
const MAX_TAG_LENGTH = 128;

/** Most characters of a digest's algorithm in a fallback tag (distribution-spec, "Referrers Tag Schema"). */
const MAX_ALGORITHM = 32;

/** Most characters of a digest's encoded part in a fallback tag. */
const MAX_ENCODED = 64;

/**
 * Returns the tag of the index that lists a manifest's referrers where a registry has no API for that (distribution-spec, "Referrers Tag Schema"; Q130).
 * A sha512 digest is cut, so the tag of one manifest may hold another's referrers.
 */
export function fallbackTag(subject: Digest): string {
  const algorithm = subject.slice(0, subject.indexOf(":")).slice(0, MAX_ALGORITHM);
  return `${algorithm}-${hexOf(subject).slice(0, MAX_ENCODED)}`.replace(/[^A-Za-z0-9._-]/g, "-");
}

/** Returns cosign's tags for a manifest; none where they would be longer than a tag may be (sha512). */
export function cosignTags(subject: Digest): string[] {
  return COSIGN_SUFFIXES.map((suffix) => `${subject.replace(":", "-")}${suffix}`).filter((tag) => tag.length <= MAX_TAG_LENGTH);
}

/** Whether a tag is one of these: also a fallback tag whose sha512 digest is cut, so that it does not tell which manifest it is about. */
export function isDigestTag(tag: string): boolean {
  return readDigestTag(tag) !== undefined || /^sha512-[0-9a-f]{64}$/.test(tag);
}

/** Reads the digest out of such a tag, and which kind of tag it is; `undefined` for any other tag. */
export function readDigestTag(tag: string): { subject: Digest; kind: "fallback" | "cosign" } | undefined {
  const [, algorithm, hex, suffix] = /^(sha256|sha512)-([0-9a-f]{64,128})(\.[a-z]+)?$/.exec(tag) ?? [];
  const subject = parseDigest(`${algorithm}:${hex}`);
  if (subject === undefined || (suffix !== undefined && !COSIGN_SUFFIXES.some((known) => known === suffix))) {
    return undefined;
  }
  return { subject, kind: suffix === undefined ? "fallback" : "cosign" };
}
