/** Shares out the memory of an isolate among the carriers of all its jobs. */
import { CHUNK_BYTES } from "../../copy/carry.ts";
import { untilAborted } from "../../net/abort.ts";

/**
 * What carriers may take together, in bytes: half of an isolate's 128 MB (Workers limits, "Memory"), the rest being for manifests, the
 * code and what has not been collected yet.
 */
export const CARRIERS_BYTES = 64 * 1024 * 1024;

/** What a carrier takes that moves nothing yet. */
const CARRIER_BYTES = 128 * 1024;

/** Two buffers in turn, what the upload has taken of them and what the runtime reads ahead. */
const BUFFERS = 4;

/** Bytes that a carrier of a blob takes. Small blobs take little, so that many of them are carried side by side. */
export function carrierBytes(blobSize: number): number {
  return CARRIER_BYTES + BUFFERS * Math.min(blobSize, CHUNK_BYTES);
}

export class MemoryGate {
  #free: number;
  /** First come, first served. */
  readonly #waiting: { bytes: number; go: () => void }[] = [];

  /** No single work may take more than `bytes`. */
  constructor(bytes: number) {
    this.#free = bytes;
  }

  /** Runs `work` once there is room for it. Rejects with the signal's reason when that is aborted before. */
  async run<T>(bytes: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const waiter = Promise.withResolvers<void>();
    const entry = { bytes, go: waiter.resolve };
    this.#waiting.push(entry);
    this.#admit();
    try {
      await untilAborted(signal, waiter.promise);
    } catch (error) {
      const place = this.#waiting.indexOf(entry);
      if (place === -1) {
        this.#giveBack(bytes);
      } else {
        this.#waiting.splice(place, 1);
        this.#admit();
      }
      throw error;
    }
    try {
      return await work();
    } finally {
      this.#giveBack(bytes);
    }
  }

  #giveBack(bytes: number): void {
    this.#free += bytes;
    this.#admit();
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined && next.bytes <= this.#free; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#free -= next.bytes;
      next.go();
    }
  }
}
