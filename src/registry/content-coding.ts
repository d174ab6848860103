/** Undoes the compression that a server applied although `identity` was asked for (Q67). */
import { type CappedBody, readCapped } from "../net/capped-body.ts";
import { essence } from "../oci/media-types.ts";

/** Whether the answer's body says that it is gzipped. A layer that is gzipped in itself has no coding. */
export function isGzipCoded(response: Response): boolean {
  return /^(x-)?gzip$/.test(essence(response.headers.get("content-encoding")));
}

/** Decompresses a gzip stream. The result fails where the input is not gzip, or broken. */
export function ungzip(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  return stream.pipeThrough(new DecompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>);
}

/**
 * Reads a body of JSON up to `maxBytes`, as it comes and without its coding, as `readCapped` does. Rejects also where the coding is broken.
 *
 * No JSON begins like gzip does, so what the runtime has decoded already is left as it is.
 */
export async function readJsonBody(response: Response, maxBytes: number): Promise<CappedBody> {
  const raw = await readCapped(response, maxBytes);
  const isCoded = isGzipCoded(response) && raw.bytes[0] === 0x1f && raw.bytes[1] === 0x8b;
  if (!isCoded || raw.truncated) {
    return raw;
  }
  return await readCapped(new Response(ungzip(new Response(raw.bytes).body as ReadableStream<Uint8Array>)), maxBytes);
}
