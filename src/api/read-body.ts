/** Reads a request's body whole, up to a limit. */
import { ApiError } from "./api-error.ts";

/** Largest body of an API request (contract §2). */
export const MAX_BODY_BYTES = 256 * 1024;

/**
 * Bytes past the limit that are still taken and thrown away. An answer that overtakes its request breaks the connection under the
 * sender's hands, who then may see an error of the network instead of the 413 (seen with workerd from 300 KB on).
 */
const MAX_DISCARDED_BYTES = 12 * 1024 * 1024;

/** Reads the body as text. Fails as {@link readBodyBytes} does, and with `malformed` where it is not UTF-8. */
export async function readBody(request: Request, maxBytes = MAX_BODY_BYTES): Promise<string> {
  return bodyText(await readBodyBytes(request, maxBytes));
}

/** A body's bytes as text. Fails with `malformed` where they are not UTF-8. */
export function bodyText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new ApiError({ kind: "malformed", detail: "The request's body is not UTF-8." });
  }
}

/**
 * Reads the body's bytes, which is what signatures are over. Fails with `too-large` where it has more than the limit, announced or not
 * (chunked), of which never more than the limit are kept.
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
      // The sender may go on for ever: it is not waited for.
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
