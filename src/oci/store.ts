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

/** Where blobs are read: a registry's repository, the stage, a layer's own URLs. */
export interface BlobSource {
  /**
   * Opens the blob at `offset` bytes, up to `end` where that is given and the other end can stop there. Fails with `not-found` where it is
   * missing and `size-mismatch` where its announced length is not the descriptor's. @default end the blob's end
   */
  openBlob(blob: Descriptor, offset: number, end?: number): Promise<BlobBody>;
}

/** Where manifests are read. */
export interface ManifestSource {
  /** Fetches a manifest by tag or digest. A digest reference is checked against the bytes. Fails with `not-found` where there is none. */
  fetchManifest(reference: string): Promise<ManifestContent>;
}

/** The end of a copy that is read from: one repository. */
export interface ContentSource extends BlobSource, ManifestSource {
  /**
   * Opens a small blob, such as a config, from its beginning, with all its bytes here already: like a manifest, it has to be there in the time that
   * one answer may take. Fails as `openBlob` does, with `timeout` (later) where the bytes do not come in time.
   */
  openWhole(blob: Descriptor): Promise<BlobBody>;
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
  /** URL of the upload session as it is now, by which another process can give it back; unset where there is no session. */
  readonly location?: string;
  /** Bytes of each piece in which the upload is sent, counted from where it began; unset where the upload can't be left between two pieces. */
  readonly pieceSize?: number;
  /** Between two pieces: what another process needs to go on. The upload is then not to be used or cancelled any more. */
  checkpoint?(): UploadCheckpoint;
}

/** An upload that was left between two pieces, as JSON. Its location may carry a registry's own secrets: it is stored and never shown. */
export interface UploadCheckpoint {
  /** URL of the upload session, with its query as the registry gave it. */
  location: string;
  /** Bytes that the other end has acknowledged. */
  held: number;
  /** Bytes of a piece: some registries want all but the last to be equal (Q90). */
  pieceSize: number;
}

/** How an upload is begun. */
export interface UploadOptions {
  /** Prefers pieces over one long body: between two of them the upload can be left, and continued later by another process. @default false */
  inPieces?: boolean;
}

/** The end of a copy that is written to: one repository. */
export interface ContentTarget {
  /** Returns what a tag or digest stands for here; `undefined` where there is none. */
  headManifest(reference: string): Promise<Descriptor | undefined>;
  /** Whether the blob is here. `false` also where the other end can't tell (Q59). */
  hasBlob(blob: Descriptor): Promise<boolean>;
  /** Asks for the blob to be mounted from another repository of this registry. Returns `"mounted"`, or the upload to send the blob in instead. */
  mountBlob(blob: Descriptor, fromRepository: string): Promise<"mounted" | BlobUpload>;
  /** Opens an upload of the blob. */
  startUpload(blob: Descriptor, options?: UploadOptions): Promise<BlobUpload>;
  /** Continues an upload of this blob that was left. No request is made: if the upload is gone, the next write fails. */
  continueUpload(blob: Descriptor, checkpoint: UploadCheckpoint): BlobUpload;
  /**
   * Puts a manifest under a tag or its digest and checks that the answer names the same digest. Returns the subject under which the other end says
   * that it lists the manifest from now on (`OCI-Subject`); `undefined` where it says nothing, whether or not the manifest has a subject (Q129).
   */
  putManifest(content: ManifestContent, reference: string): Promise<Digest | undefined>;
}
