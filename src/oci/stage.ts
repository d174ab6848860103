/**
 * What the engine needs of a place of our own that keeps blobs: between one source and several destinations, between one slice
 * of a job and the next, between one job and another.
 *
 * A blob counts as staged only once the digest of all its bytes was checked; until then nobody but its writer sees it. One
 * writer at a time is assumed for a blob: two waste each other's work, but never stage anything wrong.
 *
 * Every method throws a `CopyError` of side `staging`. Two of those are worth telling apart, both `not-found`: with retry `now`, from
 * `storePart`, `complete` and `openUnchecked`, the upload or what became of it is gone, and the blob has to be begun again; with
 * retry `later`, from `openBlob`, the blob is not staged.
 */
import type { Descriptor } from "./descriptor.ts";
import type { BlobBody, BlobSource } from "./store.ts";

/** One stored part of an unfinished blob. */
export interface StagedPart {
  /** From 1. */
  number: number;
  /** What the store calls these bytes; joining the parts needs it. */
  etag: string;
}

/**
 * The checkpoint of a blob on its way into the stage: everything that is needed to go on after a crash, as JSON. Of a 5 GiB layer
 * about 50 KB; {@link BlobStage.partSizeOf} keeps it under 200 KB for any size.
 */
export interface StageProgress {
  /** The store's name for the multipart upload. */
  uploadId: string;
  /** Bytes of every part but the last, which may have fewer. */
  partSize: number;
  /** The parts stored so far, without gaps: number 1 first. */
  parts: StagedPart[];
  /** Names the whole object once all parts were joined: from then on only its check is open. */
  etag?: string;
  /** Set where a first upload of the blob had the wrong digest. There is no third. */
  again?: true;
}

/** Bytes of a part or a whole blob. A stream must have a known length: the readable half of a `FixedLengthStream`. */
export type StageBody = ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>;

/** Where blobs are staged. `openBlob` reads staged blobs only, whose digest was checked, so that what comes out of it needs no hash. */
export interface BlobStage extends BlobSource {
  /** Whether the blob is staged: there, whole and checked. */
  holds(blob: Descriptor): Promise<boolean>;
  /**
   * Returns how many bytes a part of this blob has. With `careful`, the smallest practical size: a crash loses the one or two parts in flight. A blob
   * that is no larger is stored by `storeWhole`, every other one by `begin`.
   */
  partSizeOf(blob: Descriptor, careful?: boolean): number;
  /** Stores all bytes at once, checked against the digest; resolves with the `etag` for `confirm`. Nothing is kept where it fails. */
  storeWhole(blob: Descriptor, body: StageBody): Promise<string>;
  /** Opens a multipart upload; resolves with its progress, of no parts yet. `careful` as for `partSizeOf`. */
  begin(blob: Descriptor, careful?: boolean): Promise<StageProgress>;
  /** Stores one part; the same number again replaces it. The caller adds the result to the progress. */
  storePart(blob: Descriptor, progress: StageProgress, number: number, body: StageBody): Promise<StagedPart>;
  /**
   * Joins the parts; resolves with the `etag` of the whole. `certain: false` means that the upload was gone and an object of the
   * right size was there: most likely the same one, joined before a crash, but it has to be read back to know.
   */
  complete(blob: Descriptor, progress: StageProgress): Promise<{ etag: string; certain: boolean }>;
  /** Reads a blob that is there but not checked yet; fails with `not-found` (retry `now`) where the object is no longer the one of this `etag`. */
  openUnchecked(blob: Descriptor, etag: string, offset: number): Promise<BlobBody>;
  /** Marks the object of this `etag` as checked: from now on the blob is staged. Ends the upload's record, where it had one. */
  confirm(blob: Descriptor, etag: string, uploadId?: string): Promise<void>;
  /** With a progress: gives up that upload and what became of it unless it was confirmed. Without: removes the blob. What is gone already is no failure. */
  discard(blob: Descriptor, progress?: StageProgress): Promise<void>;
  /** Says that the blob, or the upload on its way to it, is in use: it is not swept for the time that staged blobs are kept. Cheap to call often. */
  keep(blob: Descriptor, progress?: StageProgress): Promise<void>;
}
