/**
 * What the copy engine needs of the two ends of a copy, and nothing more.
 *
 * The interfaces stand here, below both the engine and the registry client, so that neither knows the other: a registry,
 * an R2 stage and a test's memory store are all the same to the engine. Every method throws a `CopyError`.
 */
import type { Descriptor } from "./descriptor.ts";
import type { Digest } from "./digest.ts";

/** A manifest's bytes exactly as they came, with the digest computed from them. */
export interface ManifestContent {
  descriptor: Descriptor;
  bytes: Uint8Array<ArrayBuffer>;
}

/** An open read of a blob. */
export interface BlobBody {
  stream: ReadableStream<Uint8Array>;
  /** Position in the blob of the stream's first byte: as asked, or 0 where the other end ignored the range (Q61). */
  offset: number;
  /** Position after the stream's last byte, where that is not the blob's end. */
  end?: number;
}

export interface BlobSource {
  /** Opens the blob at `offset` bytes, up to `end` where that is given and the other end can. Fails with `not-found` where it is missing and `size-mismatch` where its announced length is not the descriptor's. */
  openBlob(blob: Descriptor, offset: number, end?: number): Promise<BlobBody>;
}

export interface ManifestSource {
  /** Fetches a manifest by tag or digest. A digest reference is checked against the bytes. Fails with `not-found` where there is none. */
  fetchManifest(reference: string): Promise<ManifestContent>;
}

export interface ContentSource extends BlobSource, ManifestSource {
  /** Asks what a tag or digest stands for, without its content where a HEAD tells enough. `size` is 0 where the answer did not say. */
  resolve(reference: string): Promise<Descriptor>;
}

/**
 * One upload of one blob, from its session to its commit. Bytes go in order.
 *
 * The engine withholds the last bytes until the digest is right and gives them to `finish`: whatever the other end
 * checks itself, wrong content is never committed.
 */
export interface BlobUpload {
  /** Sends bytes; resolves once the buffer may be reused. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Sends the last bytes (perhaps none) and commits; resolves only when the other end has confirmed the blob. A blob that fits one buffer comes whole, with no `write` before. */
  finish(last: Uint8Array<ArrayBuffer>): Promise<void>;
  /** After a failed `write` or `finish`: how many bytes the other end holds, ready to go on from there. Fails where the session is lost. */
  resume(): Promise<number>;
  /** Ends the upload without committing; best effort, never fails. */
  cancel(): Promise<void>;
  /** Bytes of the pieces in which the upload is sent, counted from where it began; unset where it can't be left between two of them. */
  readonly pieceSize?: number;
  /** Between two pieces: what another process needs to go on. The upload is then not to be used or cancelled any more. */
  checkpoint?(): UploadCheckpoint;
}

/** An upload that was left between two pieces, as JSON. Its location may carry a registry's own secrets: it is stored and never shown. */
export interface UploadCheckpoint {
  location: string;
  /** Bytes that the other end has acknowledged. */
  held: number;
  /** Bytes of a piece: some registries want all but the last to be equal (Q90). */
  pieceSize: number;
}

export interface UploadOptions {
  /** Prefers pieces, between which the upload can be left and gone on with, over one long body. @default false */
  inPieces?: boolean;
}

export interface ContentTarget {
  /** What a tag or digest stands for here, or `undefined` where there is none. */
  headManifest(reference: string): Promise<Descriptor | undefined>;
  /** Whether the blob is here. `false` also where the other end can't tell (Q59). */
  hasBlob(blob: Descriptor): Promise<boolean>;
  /** Asks for the blob to be mounted from another repository of this registry. Gives `"mounted"`, or the upload to go on with. */
  mountBlob(blob: Descriptor, fromRepository: string): Promise<"mounted" | BlobUpload>;
  startUpload(blob: Descriptor, options?: UploadOptions): Promise<BlobUpload>;
  /** Goes on with an upload of this blob that was left. No request is made; that it is gone shows at the next write. */
  continueUpload(blob: Descriptor, checkpoint: UploadCheckpoint): BlobUpload;
  /**
   * Puts a manifest under a tag or its digest and checks that the answer names the same digest. Gives the subject under which the other end says that
   * it lists the manifest from now on (`OCI-Subject`); nothing where it says nothing, whether or not the manifest has a subject (Q129).
   */
  putManifest(content: ManifestContent, reference: string): Promise<Digest | undefined>;
}
