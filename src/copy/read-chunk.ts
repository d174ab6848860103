/** Reads a blob's body in chunks that are filled to a buffer, and finds that it ends where it has to. */
import type { Descriptor } from "../oci/descriptor.ts";
import { CopyError, type Side } from "../oci/errors.ts";
import { SIDE_NAMES } from "./stall.ts";

/**
 * Fills `wanted` bytes of the buffer, or fewer where the stream ends. The buffer is detached; the chunk's own is it afterwards.
 *
 * Fails with `registry-unavailable` (retry later) where the connection breaks off, else with the stream's own `CopyError`.
 */
export async function readChunk(
  reader: ReadableStreamBYOBReader,
  from: Side,
  buffer: ArrayBuffer,
  wanted: number,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { value } = await reader.readAtLeast(wanted, new Uint8Array(buffer, 0, wanted));
    return (value ?? new Uint8Array(0)) as Uint8Array<ArrayBuffer>;
  } catch (error) {
    if (error instanceof CopyError) {
      throw error;
    }
    throw new CopyError(
      { code: "registry-unavailable", message: `${SIDE_NAMES[from]}'s connection broke off in mid-blob`, retry: "later", side: from },
      error,
    );
  }
}

/** Fails with `size-mismatch` where the stream goes on after the blob's last byte, and with what `readChunk` fails with. */
export async function expectEnd(blob: Descriptor, from: Side, reader: ReadableStreamBYOBReader): Promise<void> {
  const extra = await readChunk(reader, from, new ArrayBuffer(1), 1);
  if (extra.byteLength > 0) {
    throw new CopyError({
      code: "size-mismatch",
      message: `${SIDE_NAMES[from]} sends more than the ${blob.size} bytes that its manifest gives for ${blob.digest}`,
      retry: "never",
      side: from,
    });
  }
}

/** The failure of a side whose stream ended at the position `got`, before the blob's end: reading on from there may help. */
export function endedEarly(blob: Descriptor, from: Side, got: number): CopyError {
  return new CopyError({
    code: "size-mismatch",
    message: `${SIDE_NAMES[from]} ended ${blob.digest} after ${got} of ${blob.size} bytes`,
    retry: "later",
    side: from,
  });
}

/** The bytes of a chunk from a position in the blob on, without a copy: all where the chunk, which begins at `start`, begins later, and none where it ends before. */
export function partFrom(chunk: Uint8Array<ArrayBuffer>, start: number, position: number): Uint8Array<ArrayBuffer> {
  return position <= start ? chunk : chunk.subarray(Math.min(chunk.byteLength, position - start));
}
