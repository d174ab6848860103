/** The stage in an R2 bucket. What is stored under which key, and what that means, stands in `keys.ts`. */
import { emptyStream } from "../net/empty-stream.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, hexOf } from "../oci/digest.ts";
import { CopyError, failureOf } from "../oci/errors.ts";
import type { BlobStage, StageBody, StagedPart, StageProgress } from "../oci/stage.ts";
import type { BlobBody } from "../oci/store.ts";
import { abandonUpload } from "./abandon.ts";
import { inStage, notStaged, uploadLost } from "./failures.ts";
import { blobKey, type Marker, markerKey, needsTouch, parseMarker, uploadKey, vouchesFor } from "./keys.ts";
import { partSizeFor } from "./part-size.ts";

/** What an {@link R2Stage} is made of. */
export interface R2StageOptions {
  bucket: R2Bucket;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Bytes of the parts of a blob by its size. @default partSizeFor */
  partSize?: (size: number, careful?: boolean) => number;
}

/**
 * Bytes of one read of an object. Class B operations are cheap ($0.36 for a million), and a stream that is never long can't pile up
 * anywhere: the local simulator reads ahead without a limit.
 */
const READ_AT_ONCE = 64 * 1024 * 1024;

const JSON_TYPE = { contentType: "application/json" };

/** A stage that keeps its blobs in an R2 bucket. Every method rejects with a `CopyError` of side `staging`. */
export class R2Stage implements BlobStage {
  readonly #bucket: R2Bucket;
  readonly #now: () => number;
  readonly #partSize: (size: number, careful?: boolean) => number;

  constructor({ bucket, now, partSize = partSizeFor }: R2StageOptions) {
    this.#bucket = bucket;
    this.#now = now;
    this.#partSize = partSize;
  }

  async holds(blob: Descriptor): Promise<boolean> {
    const [marker, object] = await inStage("look for a staged blob", () =>
      Promise.all([this.#marker(blob), this.#bucket.head(blobKey(blob.digest))]),
    );
    return vouchesFor(marker?.content, object, blob);
  }

  /** Opens the object and looks for its marker at the same time: the check costs no round trip. */
  async openBlob(blob: Descriptor, offset: number): Promise<BlobBody> {
    const [marker, object] = await inStage("read a staged blob", () => Promise.all([this.#marker(blob), this.#open(blob, offset)]));
    if (object === null || !vouchesFor(marker?.content, object, blob)) {
      object?.body?.cancel().catch(() => {});
      throw notStaged(`${blob.digest} is no longer staged`);
    }
    return bodyOf(blob, offset, object.body);
  }

  partSizeOf(blob: Descriptor, careful?: boolean): number {
    return this.#partSize(blob.size, careful);
  }

  async storeWhole(blob: Descriptor, body: StageBody): Promise<string> {
    const checksum = { [algorithmOf(blob.digest)]: hexOf(blob.digest) };
    const { etag } = await inStage("store a blob", () => this.#bucket.put(blobKey(blob.digest), body, checksum));
    return etag;
  }

  async begin(blob: Descriptor, careful?: boolean): Promise<StageProgress> {
    return await inStage("begin an upload", async () => {
      const { uploadId } = await this.#bucket.createMultipartUpload(blobKey(blob.digest));
      await this.#bucket.put(uploadKey(blob.digest, uploadId), "");
      return { uploadId, partSize: this.partSizeOf(blob, careful), parts: [] };
    });
  }

  async storePart(blob: Descriptor, progress: StageProgress, number: number, body: StageBody): Promise<StagedPart> {
    const { etag } = await inStage(`store part ${number}`, () => this.#upload(blob, progress).uploadPart(number, body));
    return { number, etag };
  }

  async complete(blob: Descriptor, progress: StageProgress): Promise<{ etag: string; certain: boolean }> {
    const parts = progress.parts.map(({ number, etag }) => ({ partNumber: number, etag }));
    try {
      const { etag, size } = await inStage("join the parts of a blob", () => this.#upload(blob, progress).complete(parts));
      if (size !== blob.size) {
        throw new CopyError({ code: "internal", message: `R2 joined ${size} bytes of ${blob.size}`, retry: "never", side: "staging" });
      }
      return { etag, certain: true };
    } catch (error) {
      const object = failureOf(error).code === "not-found" ? await this.#object(blob) : null;
      if (object?.size !== blob.size) {
        throw error;
      }
      return { etag: object.etag, certain: false };
    }
  }

  async openUnchecked(blob: Descriptor, etag: string, offset: number): Promise<BlobBody> {
    const object = await inStage("read a blob back", () => this.#open(blob, offset));
    if (object?.etag !== etag) {
      object?.body?.cancel().catch(() => {});
      throw uploadLost(`${blob.digest} was replaced or removed before it could be checked`);
    }
    return bodyOf(blob, offset, object.body);
  }

  async confirm(blob: Descriptor, etag: string, uploadId?: string): Promise<void> {
    const marker: Marker = { etag, size: blob.size, checkedAt: new Date(this.#now()).toISOString() };
    await inStage("mark a blob as staged", async () => {
      await this.#bucket.put(markerKey(blob.digest), JSON.stringify(marker), { httpMetadata: JSON_TYPE });
      if (uploadId !== undefined) {
        await this.#bucket.delete(uploadKey(blob.digest, uploadId));
      }
    });
  }

  async discard(blob: Descriptor, progress?: StageProgress): Promise<void> {
    await inStage("discard a blob", async () => {
      if (progress === undefined) {
        await this.#remove(blob);
        return;
      }
      const [marker, object] =
        progress.etag === undefined ? [undefined, null] : await Promise.all([this.#marker(blob), this.#object(blob)]);
      if (object !== null && object.etag === progress.etag && !vouchesFor(marker?.content, object)) {
        await this.#remove(blob);
      }
      await abandonUpload(this.#bucket, blob.digest, progress.uploadId);
    });
  }

  /** Writes the marker or the record again, so that its age is counted from now; only where it is still there and an hour old. */
  async keep(blob: Descriptor, progress?: StageProgress): Promise<void> {
    await inStage("keep a blob", async () => {
      if (progress !== undefined) {
        const key = uploadKey(blob.digest, progress.uploadId);
        const record = await this.#bucket.head(key);
        if (record !== null && needsTouch(record.uploaded.getTime(), this.#now())) {
          await this.#bucket.put(key, "", { onlyIf: { etagMatches: record.etag } });
        }
        return;
      }
      const marker = await this.#marker(blob);
      if (marker?.content !== undefined && needsTouch(marker.object.uploaded.getTime(), this.#now())) {
        await this.#bucket.put(markerKey(blob.digest), JSON.stringify(marker.content), {
          httpMetadata: JSON_TYPE,
          onlyIf: { etagMatches: marker.object.etag },
        });
      }
    });
  }

  /** The object with its bytes from `offset` on; without a body where none are left, since R2 takes no empty range. */
  async #open(blob: Descriptor, offset: number): Promise<{ etag: string; size: number; body?: ReadableStream } | null> {
    const key = blobKey(blob.digest);
    const length = Math.min(READ_AT_ONCE, blob.size - offset);
    return length > 0 ? await this.#bucket.get(key, { range: { offset, length } }) : await this.#bucket.head(key);
  }

  #upload(blob: Descriptor, progress: StageProgress): R2MultipartUpload {
    return this.#bucket.resumeMultipartUpload(blobKey(blob.digest), progress.uploadId);
  }

  async #object(blob: Descriptor): Promise<R2Object | null> {
    return await inStage("look for a blob", () => this.#bucket.head(blobKey(blob.digest)));
  }

  async #marker(blob: Descriptor): Promise<{ object: R2Object; content: Marker | undefined } | undefined> {
    const object = await this.#bucket.get(markerKey(blob.digest));
    return object === null ? undefined : { object, content: parseMarker(await object.text()) };
  }

  async #remove(blob: Descriptor): Promise<void> {
    await this.#bucket.delete(markerKey(blob.digest));
    await this.#bucket.delete(blobKey(blob.digest));
  }
}

/** One read, from `offset` on. */
function bodyOf(blob: Descriptor, offset: number, stream: ReadableStream | undefined): BlobBody {
  const end = offset + READ_AT_ONCE;
  return { stream: stream ?? emptyStream(), offset: Math.min(offset, blob.size), ...(end < blob.size && { end }) };
}
