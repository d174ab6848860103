/** Bytes of a blob, wherever they lie: in memory, in a file, nowhere (only counted), or made on the fly. */
import { createReadStream } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";

/** Readable, immutable bytes. */
export interface Content {
  /** Bytes. */
  readonly size: number;
  /** Opens the bytes from `start` up to but not including `end`. */
  read(start: number, end: number): Readable;
}

/**
 * Where uploaded blobs go. `memory`: all of it. `file`: blobs above {@link SPILL_BYTES} to a temporary folder.
 * `discard`: nothing is kept but digest and size, so such a blob can be asked for with HEAD and named by manifests, not read.
 */
export type BlobStore = "memory" | "file" | "discard";

/** Blobs up to this size stay in memory under `file`. */
const SPILL_BYTES = 1024 * 1024;

/** Bytes of a repeated text that are made at once. */
const REPEATED_BYTES = 64 * 1024;

/** Takes bytes in order and becomes a {@link Content}. */
export interface ContentSink {
  write(chunk: Buffer): Promise<void>;
  /** Call once, after the last write. */
  finish(): Promise<Content>;
  /** Frees what was written. */
  abandon(): Promise<void>;
}

/** Content of bytes that are in memory already. */
export function bytesContent(chunks: readonly Uint8Array[]): Content {
  const size = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  return { size, read: (start, end) => Readable.from(slices(chunks, start, end), { objectMode: false }) };
}

/** A text so many times over, of which no more is in memory than is being sent. Made from its beginning only. */
export function repeatedContent(text: string, times: number): Content {
  const one = Buffer.from(text);
  const batch = Math.max(1, Math.floor(REPEATED_BYTES / one.length));
  const many = Buffer.from(text.repeat(Math.min(batch, times)));
  const size = one.length * times;
  function* chunks(): Generator<Uint8Array> {
    for (let left = size; left > 0; left -= many.length) {
      yield many.subarray(0, Math.min(left, many.length));
    }
  }
  return { size, read: () => Readable.from(chunks(), { objectMode: false }) };
}

function* slices(chunks: readonly Uint8Array[], start: number, end: number): Generator<Uint8Array> {
  let offset = 0;
  for (const chunk of chunks) {
    const from = Math.max(start - offset, 0);
    const to = Math.min(end - offset, chunk.byteLength);
    if (from < to) {
      yield chunk.subarray(from, to);
    }
    offset += chunk.byteLength;
  }
}

/** Opens a sink; `folder` is where `file` puts its files. */
export function openSink(kind: BlobStore, folder: () => Promise<string>, name: string): ContentSink {
  return kind === "discard" ? new DiscardSink() : new KeepingSink(kind === "file" ? async () => join(await folder(), name) : undefined);
}

class DiscardSink implements ContentSink {
  #size = 0;

  async write(chunk: Buffer): Promise<void> {
    this.#size += chunk.length;
  }

  async finish(): Promise<Content> {
    const size = this.#size;
    return {
      size,
      read() {
        throw new Error("this registry discards what it is given; its blobs can't be read");
      },
    };
  }

  async abandon(): Promise<void> {}
}

/** Keeps chunks as they come, and moves them to a file once they are many. */
class KeepingSink implements ContentSink {
  readonly #path: (() => Promise<string>) | undefined;
  /** What is in memory: everything, or what is yet to go to the file. */
  #chunks: Buffer[] = [];
  #pending = 0;
  #size = 0;
  #file: { handle: FileHandle; path: string } | undefined;

  constructor(path: (() => Promise<string>) | undefined) {
    this.#path = path;
  }

  async write(chunk: Buffer): Promise<void> {
    this.#size += chunk.length;
    this.#pending += chunk.length;
    this.#chunks.push(chunk);
    if (this.#path !== undefined && this.#pending > SPILL_BYTES) {
      if (this.#file === undefined) {
        const path = await this.#path();
        this.#file = { handle: await open(path, "w"), path };
      }
      await this.#flush(this.#file.handle);
    }
  }

  async finish(): Promise<Content> {
    if (this.#file === undefined) {
      return bytesContent(this.#chunks);
    }
    const { handle, path } = this.#file;
    await this.#flush(handle);
    await handle.close();
    return fileContent(path, this.#size);
  }

  async abandon(): Promise<void> {
    this.#chunks = [];
    if (this.#file !== undefined) {
      await this.#file.handle.close();
      await rm(this.#file.path, { force: true });
      this.#file = undefined;
    }
  }

  async #flush(handle: FileHandle): Promise<void> {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#pending = 0;
    await handle.appendFile(Buffer.concat(chunks));
  }
}

function fileContent(path: string, size: number): Content {
  return {
    size,
    read: (start, end) =>
      start < end ? createReadStream(path, { start, end: end - 1, highWaterMark: 1024 * 1024 }) : Readable.from([], { objectMode: false }),
  };
}
