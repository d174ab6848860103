/** Reads a small blob whole, such as a config. */
import { readCapped } from "../net/capped-body.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, digestOf } from "../oci/digest.ts";
import { CopyError } from "../oci/errors.ts";
import { inlineContent } from "../oci/inline-content.ts";
import type { ContentSource } from "../oci/store.ts";

/** Largest blob that is read whole, in bytes. Configs have a few KiB; the largest seen carry a history of some hundred. */
export const MAX_WHOLE_BYTES = 4 * 1024 * 1024;

/**
 * The blob's bytes, from its descriptor where that carries them. Fails with `unsupported` where it is larger than {@link MAX_WHOLE_BYTES}, with
 * `size-mismatch` and `digest-mismatch` where the bytes are not the descriptor's, else with what `openWhole` fails with.
 */
export async function readBlob(blob: Descriptor, source: Pick<ContentSource, "openWhole">): Promise<Uint8Array> {
  if (blob.size > MAX_WHOLE_BYTES) {
    throw failed("unsupported", `${blob.digest} has ${blob.size} bytes; no more than ${MAX_WHOLE_BYTES} are read at once`);
  }
  const inline = inlineContent(blob);
  if (inline !== undefined) {
    return inline;
  }
  const { stream } = await source.openWhole(blob);
  const { bytes, truncated } = await readCapped(new Response(stream), blob.size);
  if (truncated || bytes.byteLength !== blob.size) {
    throw failed("size-mismatch", `${blob.digest} has not the ${blob.size} bytes that its manifest gives it`);
  }
  if (digestOf(bytes, algorithmOf(blob.digest)) !== blob.digest) {
    throw failed("digest-mismatch", `The bytes that came for ${blob.digest} have another digest`);
  }
  return bytes;
}

function failed(code: "unsupported" | "size-mismatch" | "digest-mismatch", message: string): CopyError {
  return new CopyError({ code, message, retry: "never", side: "source" });
}
