/**
 * The stage's storage schema. Keys are content-addressed; `<alg>` is `sha256` or `sha512`, `<hex>` the digest in lower case.
 *
 * | key | value | written | removed |
 * |---|---|---|---|
 * | `blobs/<alg>/<hex>` | the blob's bytes, perhaps unchecked | by one `put` that R2 checks, or by a completed multipart upload | by the sweep: its marker expired, or there is none and the object is old; or where the digest was wrong |
 * | `checked/<alg>/<hex>` | the marker, JSON `{ "etag", "size", "checkedAt" }` of the checked object | after the digest of all bytes was right; again when the blob is used, at most once in {@link KEEP_EVERY_MS} | before its blob |
 * | `uploads/<alg>/<hex>/<uploadId>` | empty: the record of a multipart upload, since a binding can't list them | when the upload is begun; again while it goes on, at most once in {@link KEEP_EVERY_MS} | when the blob was confirmed or the upload given up |
 *
 * A blob is staged only if its marker is there and has the etag and size of the object. Ages are counted from R2's own `uploaded`
 * time of the marker or the record, which is why those are written again instead of holding a time.
 */
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, type Digest, hexOf, parseDigest } from "../oci/digest.ts";

/** Prefix of the keys of blobs. */
export const BLOBS = "blobs/";
/** Prefix of the keys of markers. */
export const MARKERS = "checked/";
/** Prefix of the keys of upload records. */
export const UPLOADS = "uploads/";

/** How exactly the last use of a blob is known, in milliseconds. R2 takes one write a second per key; this is one an hour, whatever the number of jobs. */
export const KEEP_EVERY_MS = 60 * 60 * 1000;

/** The key of a blob's bytes. */
export function blobKey(digest: Digest): string {
  return BLOBS + pathOf(digest);
}

/** The key of a blob's marker. */
export function markerKey(digest: Digest): string {
  return MARKERS + pathOf(digest);
}

/** The key of the record of one multipart upload. */
export function uploadKey(digest: Digest, uploadId: string): string {
  return `${UPLOADS + pathOf(digest)}/${uploadId}`;
}

/** The prefix of the keys of all of a blob's upload records. */
export function uploadsOf(digest: Digest): string {
  return `${UPLOADS + pathOf(digest)}/`;
}

/** The digest that a key of the schema is about, and the upload of a record's; `undefined` for a key of anybody else. */
export function parseKey(key: string): { digest: Digest; uploadId?: string } | undefined {
  const [, kind, algorithm, hex, uploadId] = /^(blobs|checked|uploads)\/([^/]+)\/([^/]+)(?:\/(.+))?$/s.exec(key) ?? [];
  const digest = parseDigest(`${algorithm}:${hex}`);
  if (digest === undefined || (kind === "uploads") !== (uploadId !== undefined)) {
    return undefined;
  }
  return uploadId === undefined ? { digest } : { digest, uploadId };
}

/**
 * Whether something is past its time: last used longer ago than `ttlMs`. Uses are noted only every {@link KEEP_EVERY_MS}, so
 * that much is added: nothing is ever swept sooner than `ttlMs` after its last use.
 */
export function expired(touchedMs: number, nowMs: number, ttlMs: number): boolean {
  return nowMs - touchedMs > ttlMs + KEEP_EVERY_MS;
}

/** Whether the use of something, last noted at `touchedMs`, is to be noted again. */
export function needsTouch(touchedMs: number, nowMs: number): boolean {
  return nowMs - touchedMs >= KEEP_EVERY_MS;
}

/** The marker's content: which object was checked, and when. */
export interface Marker {
  /** Of the object that was checked: another one under its key is not vouched for. */
  etag: string;
  /** In bytes. */
  size: number;
  /** ISO 8601. For people who look into the bucket; nothing is decided by it. */
  checkedAt: string;
}

/** Reads a marker; `undefined` where it is none. */
export function parseMarker(text: string): Marker | undefined {
  try {
    const value = JSON.parse(text) as Partial<Marker> | null;
    return typeof value?.etag === "string" && typeof value.size === "number" && typeof value.checkedAt === "string"
      ? (value as Marker)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a marker speaks of this object, and the object can be the blob's. */
export function vouchesFor(marker: Marker | undefined, object: { etag: string; size: number } | null, blob?: Descriptor): boolean {
  return (
    marker !== undefined &&
    object !== null &&
    marker.etag === object.etag &&
    marker.size === object.size &&
    (blob === undefined || blob.size === object.size)
  );
}

function pathOf(digest: Digest): string {
  return `${algorithmOf(digest)}/${hexOf(digest)}`;
}
