/** Content that a descriptor carries itself, in `data` (OCI image spec, descriptor.md, "Embedded Content"). Pure, but for the stream over it. */
import type { Descriptor } from "./descriptor.ts";
import { algorithmOf, digestOf } from "./digest.ts";
import type { BlobSource } from "./store.ts";

/** Longest content that is taken from its descriptor, in bytes. What is embedded is small (`{}`, a config); a manifest may be 8 MiB long. */
export const MAX_INLINE_BYTES = 64 * 1024;

/** Base64 of RFC 4648 §4, with its padding, as the spec asks. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Returns the bytes that the descriptor carries; `undefined` where it carries none, or bytes that its digest and size do not fit. */
export function inlineContent({ data, digest, size }: Descriptor): Uint8Array<ArrayBuffer> | undefined {
  if (data === undefined || size > MAX_INLINE_BYTES || data.length !== 4 * Math.ceil(size / 3) || !BASE64.test(data)) {
    return undefined;
  }
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  return bytes.byteLength === size && digestOf(bytes, algorithmOf(digest)) === digest ? bytes : undefined;
}

/** Returns a source of this one content, whichever blob it is asked for. */
export function inlineSource(bytes: Uint8Array<ArrayBuffer>): BlobSource {
  return {
    openBlob: async (_, offset) => {
      const rest = bytes.slice(offset);
      const stream: ReadableStream<Uint8Array> = new ReadableStream({
        type: "bytes",
        start: (controller) => {
          if (rest.byteLength > 0) {
            controller.enqueue(rest);
          }
          controller.close();
        },
      });
      return { stream, offset };
    },
  };
}
