/** Reads the whole body of a request, up to a limit. */
import { ApiError } from "./api-error.ts";

/** Largest body of an API request, in bytes (contract §2). */
export const MAX_BODY_BYTES = 256 * 1024;

/**
 * How many bytes beyond the limit are still read, and dropped. An answer before the end of the request breaks the connection, so that the sender may see a
 * network error in place of the 413 (seen with workerd from 300 KB on).
 */
const MAX_DISCARDED_BYTES = 12 * 1024 * 1024;

/** Reads the body as text. Fails like {@link readBodyBytes}, and with `malformed` where it is not UTF-8. */
export async function readBody(request: Request, maxBytes = MAX_BODY_BYTES): Promise<string> {
  return bodyText(await readBodyBytes(request, maxBytes));
}

/** Decodes a body. Fails with `malformed` where it is not UTF-8. */
export function bodyText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new ApiError({ kind: "malformed", detail: "The request's body is not UTF-8." });
  }
}

/**
 * Reads the body as bytes, which is what signatures are over. Fails with `too-large` where there are more than `maxBytes`, whether the length was
 * announced or not; never more than that are kept in memory.
 */
export async function readBodyBytes(request: Request, maxBytes = MAX_BODY_BYTES): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = (request.body as ReadableStream<Uint8Array> | null)?.getReader();
  for (;;) {
    const chunk = await reader?.read();
    if (chunk?.value === undefined) {
      break;
    }
    size += chunk.value.byteLength;
    if (size <= maxBytes) {
      chunks.push(chunk.value);
    } else if (size > maxBytes + MAX_DISCARDED_BYTES) {
      // Not awaited: the sender may never end.
      reader?.cancel().catch(() => {});
      break;
    }
  }
  if (size > maxBytes) {
    throw new ApiError({ kind: "too-large", limitBytes: maxBytes });
  }
  return joined(chunks, size);
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
