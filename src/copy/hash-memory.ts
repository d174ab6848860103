/** Keeps running digests of half-staged blobs from one slice to the next. Native hashes can't be stored, so a crash loses them. */
import type { Descriptor } from "../oci/descriptor.ts";
import type { StagedPart, StageProgress } from "../oci/stage.ts";
import type { VerifiedHash } from "./verified-hash.ts";

/** Blobs remembered at once. After a trim one takes a few hundred bytes and its list of parts, at most some 200 KB. */
const CAPACITY = 64;

interface Remembered {
  hash: VerifiedHash;
  /** The parts whose bytes went through the hash. */
  parts: readonly StagedPart[];
}

/**
 * A bounded memory of running digests, by upload. One for the whole process, given to every `stageBlob`: without it nothing goes wrong,
 * but a blob that took more than one slice has to be read back from the stage to be checked.
 */
export class HashMemory {
  readonly #byUpload = new Map<string, Remembered>();

  /** Remembers a digest that has gone over all bytes of the progress's parts. The oldest is forgotten where there are too many. */
  put(blob: Descriptor, progress: StageProgress, hash: VerifiedHash): void {
    hash.forgetBefore(endOf(blob, progress));
    this.#byUpload.delete(progress.uploadId);
    this.#byUpload.set(progress.uploadId, { hash, parts: [...progress.parts] });
    for (const uploadId of this.#byUpload.keys()) {
      if (this.#byUpload.size <= CAPACITY) {
        return;
      }
      this.#byUpload.delete(uploadId);
    }
  }

  /**
   * Takes the digest of exactly the bytes that the progress's parts hold, set to their end. `undefined` where there is none: after a crash,
   * and where another process stored parts meanwhile, which then have other etags or are more.
   */
  take(blob: Descriptor, progress: StageProgress): VerifiedHash | undefined {
    const known = this.#byUpload.get(progress.uploadId);
    this.#byUpload.delete(progress.uploadId);
    if (known === undefined || !progress.parts.every(({ etag }, index) => known.parts[index]?.etag === etag)) {
      return undefined;
    }
    const end = endOf(blob, progress);
    return known.hash.rewind(end) === end ? known.hash : undefined;
  }

  /** Forgets an upload that has come to its end. */
  drop(uploadId: string): void {
    this.#byUpload.delete(uploadId);
  }
}

/** Bytes that the parts hold. */
function endOf(blob: Descriptor, { parts, partSize }: StageProgress): number {
  return Math.min(blob.size, parts.length * partSize);
}
