/** Reads small bodies whole, and never more than a limit. */

/** Bytes asked for in one read: enough for a manifest or an error in one go. */
const READ_SIZE = 64 * 1024;

/** Bytes buffered at first for a body that announces no length: a common error or manifest fits. */
const FIRST_BUFFER_BYTES = 16 * 1024;

/** A body that was read up to a limit. */
export interface CappedBody {
  /** The body, or as much of it as the cap allows, in a buffer of exactly that size. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Whether the body had more bytes than the cap. */
  truncated: boolean;
}

/**
 * Reads a response's body up to `maxBytes`; the rest is cancelled unread. No body is an empty one. Whatever `Content-Length` says, only
 * the bytes that come count. Rejects with the stream's own error where it breaks off.
 *
 * Stops reading after `enough` bytes. @default reads to the end
 */
export async function readCapped(response: Response, maxBytes: number, enough = Number.POSITIVE_INFINITY): Promise<CappedBody> {
  if (response.body === null) {
    return { bytes: new Uint8Array(0), truncated: false };
  }
  const read = openReads(response.body);
  let kept = new Uint8Array(initialSize(response, maxBytes));
  let length = 0;
  for (let chunk = await read.next(); chunk !== undefined; chunk = await read.next()) {
    const room = maxBytes - length;
    if (length + Math.min(chunk.byteLength, room) > kept.byteLength) {
      kept = grown(kept, Math.min(maxBytes, Math.max(2 * kept.byteLength, length + chunk.byteLength)));
    }
    kept.set(chunk.byteLength > room ? chunk.subarray(0, room) : chunk, length);
    length += Math.min(chunk.byteLength, room);
    if (chunk.byteLength > room || length >= enough) {
      read.cancel();
      return { bytes: exact(kept, length), truncated: chunk.byteLength > room };
    }
  }
  return { bytes: exact(kept, length), truncated: false };
}

interface Reads {
  /** The next bytes, valid until the next call; `undefined` at the end. */
  next(): Promise<Uint8Array | undefined>;
  cancel(): void;
}

/** Reads into one buffer of our own where the stream can (in workerd, default reads come in pieces of 4 KiB). */
function openReads(body: ReadableStream<Uint8Array>): Reads {
  const ignore = () => undefined;
  let reader: ReadableStreamBYOBReader;
  try {
    reader = body.getReader({ mode: "byob" });
  } catch {
    const plain = body.getReader();
    return { next: async () => (await plain.read()).value, cancel: () => void plain.cancel().catch(ignore) };
  }
  let buffer = new ArrayBuffer(READ_SIZE);
  return {
    next: async () => {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done || value === undefined) {
        return undefined;
      }
      buffer = value.buffer as ArrayBuffer;
      return value;
    },
    cancel: () => void reader.cancel().catch(ignore),
  };
}

/** Bytes to reserve: the announced length where it is a possible one, else {@link FIRST_BUFFER_BYTES}. */
function initialSize(response: Response, maxBytes: number): number {
  const announced = Number(response.headers.get("content-length") ?? Number.NaN);
  return Math.min(maxBytes, Number.isSafeInteger(announced) && announced > 0 ? announced : FIRST_BUFFER_BYTES);
}

function grown(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(size);
  larger.set(bytes);
  return larger;
}

function exact(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  return length === bytes.byteLength ? bytes : bytes.slice(0, length);
}
