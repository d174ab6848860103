/** An upload in memory: keeps what it is sent, breaks off as told, and notices a buffer that is touched while it is being sent. */
import { CopyError, type Failure } from "../../src/oci/errors.ts";
import type { BlobUpload } from "../../src/oci/store.ts";

/** How an upload goes wrong once. */
interface UploadFault {
  /** Bytes after which the write or the commit that comes to them fails. */
  at: number;
  /** Bytes that are held afterwards. @default `at` */
  holds?: number;
  /** @default a connection that broke off */
  failure?: Failure;
}

/** The failure of a connection that broke off at the destination. */
export const BROKEN: Failure = { code: "registry-unavailable", message: "The connection broke off", retry: "later", side: "destination" };

export class MemoryUpload implements BlobUpload {
  /** One after the other. */
  faults: UploadFault[] = [];
  /** What was committed. */
  committed: Uint8Array<ArrayBuffer> | undefined;
  /** Sizes of the writes, and of the commit's last bytes. */
  readonly writes: number[] = [];
  readonly finishes: number[] = [];
  /** What each `resume` answered. */
  readonly resumed: number[] = [];
  cancels = 0;
  /** Writes whose bytes were not the same at their end as at their beginning. */
  disturbed = 0;
  /** Fails every `resume`. */
  lost: Failure | undefined;
  /** Every write and commit takes as long as this says; it is given the number of the call, from 1. */
  takes: (call: number) => Promise<void> = async () => {};
  #held: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #calls = 0;

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.writes.push(bytes.byteLength);
    await this.#take(bytes);
  }

  async finish(last: Uint8Array<ArrayBuffer>): Promise<void> {
    this.finishes.push(last.byteLength);
    await this.#take(last);
    this.committed = this.#held;
  }

  async resume(): Promise<number> {
    if (this.lost !== undefined) {
      throw new CopyError(this.lost);
    }
    this.resumed.push(this.#held.byteLength);
    return this.#held.byteLength;
  }

  async cancel(): Promise<void> {
    this.cancels++;
  }

  async #take(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const before = bytes.slice();
    await this.takes(++this.#calls);
    if (!isSame(before, bytes)) {
      this.disturbed++;
    }
    const all = new Uint8Array(this.#held.byteLength + before.byteLength);
    all.set(this.#held);
    all.set(before, this.#held.byteLength);
    const fault = this.faults[0];
    if (fault !== undefined && all.byteLength >= fault.at) {
      this.faults.shift();
      this.#held = all.slice(0, fault.holds ?? fault.at);
      throw new CopyError(fault.failure ?? BROKEN);
    }
    this.#held = all;
  }
}

/** Whether two byte arrays are the same, without an `expect` that would print megabytes. */
export function isSame(a: Uint8Array, b: Uint8Array | undefined): boolean {
  if (b === undefined || a.byteLength !== b.byteLength) {
    return false;
  }
  return crypto.subtle.timingSafeEqual === undefined ? a.every((byte, index) => byte === b[index]) : crypto.subtle.timingSafeEqual(a, b);
}
