/** A blob source in memory that counts what it gives out and fails as told. */
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { digestOf } from "../../src/oci/digest.ts";
import type { BlobBody, BlobSource } from "../../src/oci/store.ts";

/** Bytes that look random and are the same for the same seed. */
export function seededBytes(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = seed | 0 || 1;
  for (let index = 0; index < words.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return new Uint8Array(words.buffer, 0, size);
}

export function blobOf(bytes: Uint8Array, algorithm: "sha256" | "sha512" = "sha256"): Descriptor {
  return { mediaType: "application/octet-stream", digest: digestOf(bytes, algorithm), size: bytes.byteLength };
}

/** How one opening of the source goes wrong. */
interface SourceFault {
  /** Position at which the connection breaks. */
  breaksAt?: number;
  /** Position at which the content ends as if it were whole. */
  endsAt?: number;
  /** Position of a byte that comes with all bits flipped. */
  flips?: number;
  /** One byte more than there is. */
  extra?: true;
}

export class MemorySource implements BlobSource {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  /** Bytes given out. */
  given = 0;
  /** Offsets that were asked for. */
  readonly opened: number[] = [];
  /** Whether every read begins at 0. */
  ignoresRange = false;
  /** One for each opening to come; after the last, all goes well. */
  faults: SourceFault[] = [];

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  async openBlob(_blob: Descriptor, offset: number): Promise<BlobBody> {
    this.opened.push(offset);
    const { breaksAt, endsAt, flips, extra } = this.faults.shift() ?? {};
    const start = this.ignoresRange ? 0 : offset;
    const content = extra ? new Uint8Array(this.#bytes.byteLength + 1) : this.#bytes;
    if (extra) {
      content.set(this.#bytes);
    }
    const end = Math.min(breaksAt ?? content.byteLength, endsAt ?? content.byteLength);
    let position = start;
    const stream = new ReadableStream({
      type: "bytes",
      pull: (controller) => {
        const view = controller.byobRequest?.view as Uint8Array<ArrayBuffer> | null | undefined;
        if (view === null || view === undefined) {
          throw new Error("This source is read with buffers of the reader only");
        }
        if (position >= end) {
          if (breaksAt !== undefined) {
            controller.error(new Error("The connection was reset"));
            return;
          }
          controller.close();
          controller.byobRequest?.respond(0);
          return;
        }
        const piece = content.slice(position, Math.min(end, position + view.byteLength));
        if (flips !== undefined && flips >= position && flips < position + piece.byteLength) {
          piece[flips - position] = ~(piece[flips - position] as number);
        }
        new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(piece);
        position += piece.byteLength;
        this.given += piece.byteLength;
        controller.byobRequest?.respond(piece.byteLength);
      },
    });
    return { stream, offset: start };
  }
}
