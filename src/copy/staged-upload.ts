/** Uploads into a stage: the byte loop writes as it does to a registry, and the bytes end up in equal parts. */
import type { Effects } from "../net/effects.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { CopyError, failureOf } from "../oci/errors.ts";
import type { BlobStage, StageBody, StageProgress } from "../oci/stage.ts";
import type { BlobUpload } from "../oci/store.ts";
import { withinStall } from "./stall.ts";

/** How a blob is cut into bodies, numbered from 0, and where they go. */
export interface Cut {
  /** Bytes of a body. */
  lengthOf(index: number): number;
  /** Stores a body; what it resolves with is called once every body before it is stored too. */
  store(index: number, body: StageBody): Promise<() => Promise<void> | void>;
  /** How many bodies are stored and need not be sent again; never all, so that something is left to finish with. */
  stored(): number;
}

/** A blob in the parts of a multipart upload, from where its progress stands. The progress grows with each part; `onStored` is told then. */
export function cutInParts(
  blob: Descriptor,
  stage: BlobStage,
  progress: StageProgress,
  onStored: (progress: StageProgress) => Promise<void> | void,
): Cut {
  const { parts, partSize } = progress;
  return {
    lengthOf: (index) => Math.min(partSize, blob.size - index * partSize),
    store: async (index, body) => {
      const part = await stage.storePart(blob, progress, index + 1, body);
      return async () => {
        parts.push(part);
        await onStored(progress);
      };
    },
    stored: () => {
      if (parts.length * partSize >= blob.size) {
        parts.pop();
      }
      return parts.length;
    },
  };
}

/** A blob in one piece; `onStored` is told the etag. */
export function uncut(blob: Descriptor, stage: BlobStage, onStored: (etag: string) => void): Cut {
  return {
    lengthOf: () => blob.size,
    store: async (_index, body) => {
      const etag = await stage.storeWhole(blob, body);
      return () => onStored(etag);
    },
    stored: () => 0,
  };
}

/** A request to the stage whose body is being written. */
interface OpenBody {
  writer: WritableStreamDefaultWriter<Uint8Array>;
  /** Bytes still to be written. */
  left: number;
  /** Settles with the request, and those before it. */
  stored: Promise<void>;
}

/**
 * Writes a blob's bytes into bodies of known length and has them stored, one after the other.
 *
 * The next body is begun before the last one is acknowledged, which saves a round trip for each; no third is begun before that.
 */
export class StagedUpload implements BlobUpload {
  readonly #cut: Cut;
  readonly #effects: Effects;
  readonly #stallMs: number;
  #next: number;
  #open: OpenBody | undefined;
  #unacknowledged: Promise<void> = Promise.resolve();
  /** Fails as soon as one of the requests does, so that nobody writes on into a body that no one reads. */
  #trouble = Promise.withResolvers<never>();
  #failure: unknown;
  /** Grows with every `resume`: what requests of before bring comes too late. */
  #round = 0;

  constructor(cut: Cut, effects: Effects, stallMs: number) {
    this.#cut = cut;
    this.#next = cut.stored();
    this.#effects = effects;
    this.#stallMs = stallMs;
    this.#trouble.promise.catch(() => {});
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let start = 0; start < bytes.byteLength; ) {
      this.#open ??= this.#openBody();
      const body = this.#open;
      const piece = bytes.subarray(start, start + body.left);
      await this.#written(body.writer.write(piece), body);
      start += piece.byteLength;
      body.left -= piece.byteLength;
      if (body.left === 0) {
        await this.#close(body);
      }
    }
  }

  /** Sends the last bytes and waits until everything is stored. A body that these are the whole of goes without a stream. */
  async finish(last: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#open === undefined && this.#cut.lengthOf(this.#next) === last.byteLength) {
      this.#unacknowledged = this.#begin(last);
    } else {
      await this.write(last);
    }
    await this.settle();
  }

  /** Waits until every body that was written to its end is stored and counted. */
  async settle(): Promise<void> {
    await Promise.race([this.#unacknowledged, this.#trouble.promise]);
  }

  /** Lets go of the body in work, waits for the one before it, and gives the end of what is stored. Fails where the whole upload is lost. */
  async resume(): Promise<number> {
    this.#letGo();
    try {
      await withinStall(this.#effects, this.#stallMs, "staging", this.#unacknowledged);
    } catch (error) {
      this.#failure ??= error;
    }
    if (isLost(this.#failure)) {
      throw this.#failure;
    }
    this.#round++;
    this.#failure = undefined;
    this.#unacknowledged = Promise.resolve();
    this.#trouble = Promise.withResolvers();
    this.#trouble.promise.catch(() => {});
    this.#next = this.#cut.stored();
    return this.#next * this.#cut.lengthOf(0);
  }

  /** Lets go of the body in work. What is stored stays, for the next slice. */
  async cancel(): Promise<void> {
    this.#letGo();
  }

  #openBody(): OpenBody {
    const length = this.#cut.lengthOf(this.#next);
    const { readable, writable } = new FixedLengthStream(length);
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    return { writer, left: length, stored: this.#begin(readable) };
  }

  /** Begins the next body's request. Settles once it is stored and counted, after everything before it. */
  #begin(body: StageBody): Promise<void> {
    const round = this.#round;
    const before = this.#unacknowledged;
    const stored = this.#cut.store(this.#next++, body).then(async (count) => {
      await before;
      if (round === this.#round) {
        await count();
      }
    });
    stored.catch((error: unknown) => {
      if (round === this.#round) {
        this.#failure ??= error;
        this.#trouble.reject(error);
      }
    });
    return stored;
  }

  async #close(body: OpenBody): Promise<void> {
    this.#open = undefined;
    await this.#written(body.writer.close(), body);
    await this.settle();
    this.#unacknowledged = body.stored;
  }

  /** Waits for a write. Where it fails, so does the request, and that failure says more. */
  async #written(writing: Promise<void>, body: OpenBody): Promise<void> {
    const explained = writing.catch(async (error: unknown) => {
      await body.stored;
      throw letGo("The stage stopped reading", error);
    });
    explained.catch(() => {});
    await Promise.race([explained, this.#trouble.promise]);
  }

  #letGo(): void {
    this.#open?.writer.abort(letGo("The bytes of a part end here")).catch(() => {});
    this.#open = undefined;
  }
}

function letGo(message: string, cause?: unknown): CopyError {
  return new CopyError({ code: "internal", message, retry: "later", side: "staging" }, cause);
}

/** Whether a failure means that the multipart upload, or what became of it, is gone, so that the blob has to be begun again. */
export function isLost(error: unknown): boolean {
  const { side, code, retry } = failureOf(error);
  return side === "staging" && code === "not-found" && retry === "now";
}
