/** Undoes the compression that a server applied although `identity` was asked for (Q67). */
import { essence } from "../oci/media-types.ts";

/** Whether the answer's body says that it is gzipped. A layer that is gzipped in itself has no coding. */
export function isGzipCoded(response: Response): boolean {
  return /^(x-)?gzip$/.test(essence(response.headers.get("content-encoding")));
}

/** Decompresses a gzip stream. The result fails where the input is not gzip, or broken. */
export function ungzip(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  return stream.pipeThrough(new DecompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>);
}
