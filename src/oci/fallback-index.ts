/**
 * The index under a fallback tag, which lists a manifest's referrers at a registry without an API for that (distribution-spec,
 * "Referrers Tag Schema"). Kept by clients: one that attaches something adds an entry, and must keep those of others.
 */
import type { Descriptor } from "./descriptor.ts";
import { type Digest, digestOf } from "./digest.ts";
import { CopyError, type Side } from "./errors.ts";
import { parseManifest } from "./manifest.ts";
import { parseJsonObject, parseVerbatim } from "./manifest-json.ts";
import { OCI_INDEX } from "./media-types.ts";
import { readDigestTag } from "./referrer-tags.ts";
import type { ManifestContent } from "./store.ts";

/** A descriptor of a referrer, as the referrers API and the fallback index give it; the order of its fields is the spec's. */
export type ReferrerDescriptor = Pick<Descriptor, "mediaType" | "digest" | "size" | "annotations" | "artifactType">;

/**
 * Returns the descriptor of a manifest in its subject's list (distribution-spec, "Listing Referrers"): its artifact type is the manifest's own or else
 * its config's type, its annotations are the manifest's. Made of the manifest itself, since lists of some registries have wrong sizes
 * (Q132) and some tools leave out the rest (sigstore/cosign#4641).
 */
export function referrerDescriptor({ bytes, descriptor }: ManifestContent): ReferrerDescriptor {
  const { artifactType, config, annotations } = parseManifest(bytes, descriptor.mediaType);
  const type = artifactType ?? config?.mediaType;
  return {
    mediaType: descriptor.mediaType,
    digest: descriptor.digest,
    size: bytes.byteLength,
    ...(annotations === undefined ? {} : { annotations }),
    ...(type === undefined ? {} : { artifactType: type }),
  };
}

/**
 * Returns the entries of what stands under a subject's fallback tag; `undefined` where that is no list of referrers: not an OCI index, or the
 * subject itself, as with registries that take any name of that form for the digest (GitLab: oras-go#1396).
 *
 * Whether an entry is really a referrer only its manifest can tell. Fails with `manifest-invalid` where the index, read at this side, is broken.
 */
export function readFallbackIndex({ bytes, descriptor }: ManifestContent, subject: Digest, side: Side): Descriptor[] | undefined {
  if (descriptor.mediaType !== OCI_INDEX || descriptor.digest === subject) {
    return undefined;
  }
  try {
    return parseManifest(bytes, OCI_INDEX).manifests;
  } catch (error) {
    throw error instanceof CopyError ? new CopyError({ ...error.failure, side }, error) : error;
  }
}

/** An index that is copied with its fallback tag. */
export interface Listing {
  /** What its entries refer to. */
  subject: Digest;
  referrers: ReferrerDescriptor[];
  index: ManifestContent;
}

/**
 * The listing that an index is which is copied with its fallback tag; `undefined` where the tag is no such tag, and then nothing is read, or the manifest no
 * such index. Fails as {@link readFallbackIndex} does.
 */
export function listingUnder(tag: string, read: () => ManifestContent): Listing | undefined {
  const named = readDigestTag(tag);
  if (named?.kind !== "fallback") {
    return undefined;
  }
  const index = read();
  const entries = readFallbackIndex(index, named.subject, "source");
  return entries && { subject: named.subject, referrers: entries.map(listed), index };
}

function listed({ mediaType, digest, size, annotations, artifactType }: Descriptor): ReferrerDescriptor {
  return {
    mediaType,
    digest,
    size,
    ...(annotations === undefined ? {} : { annotations }),
    ...(artifactType === undefined ? {} : { artifactType }),
  };
}

/** Fields of an index that says nothing but what it lists. */
const BARE_FIELDS: readonly string[] = ["schemaVersion", "mediaType", "manifests"];

/**
 * What is to stand under the tag of a listing that is copied to where `existing` stands: the index that is copied, byte for byte, where nothing is lost by
 * that; else `existing` with what it lacks.
 */
export function mergedListing(existing: ManifestContent | undefined, { referrers, index }: Listing): ManifestContent {
  if (existing === undefined) {
    return index;
  }
  const body = parseJsonObject(existing.bytes);
  const present = Array.isArray(body.manifests) ? (body.manifests as { digest?: unknown }[]) : [];
  const copied = new Set<unknown>(referrers.map(({ digest }) => digest));
  const isCovered = Object.keys(body).every((field) => BARE_FIELDS.includes(field)) && present.every(({ digest }) => copied.has(digest));
  return isCovered ? index : withReferrers(existing, referrers);
}

/**
 * The index with these referrers added at its end, in their order; `existing` itself where it has them all. Whatever else stands in it stays as it is.
 * Without an index that is there, a new one.
 */
export function withReferrers(existing: ManifestContent | undefined, added: readonly ReferrerDescriptor[]): ManifestContent {
  const body = existing === undefined ? { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] } : parseVerbatim(existing.bytes);
  const present = Array.isArray(body.manifests) ? (body.manifests as { digest?: unknown }[]) : [];
  const known = new Set(present.map(({ digest }) => digest));
  const missing = added.filter(({ digest }, index) => !known.has(digest) && added.findIndex((each) => each.digest === digest) === index);
  if (existing !== undefined && missing.length === 0) {
    return existing;
  }
  const bytes = new Uint8Array(new TextEncoder().encode(JSON.stringify({ ...body, manifests: [...present, ...missing] })));
  return { descriptor: { mediaType: OCI_INDEX, digest: digestOf(bytes), size: bytes.byteLength }, bytes };
}
