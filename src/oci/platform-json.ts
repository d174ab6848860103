/** Reads a platform out of JSON. */
import type { Platform } from "./descriptor.ts";
import { type JsonRecord, optionalString } from "./manifest-json.ts";

/**
 * Reads the platform that an object's fields name: an index entry's `platform` (OCI image spec, image-index.md) or an image's config (config.md), which
 * call them alike. `undefined` where `os` or `architecture` is missing or empty, since the rest says nothing then; some tools write `{}`.
 *
 * `pointer` is the object's place in its document. Fails with `manifest-invalid` where a field is not a string.
 */
export function readPlatform(fields: JsonRecord, pointer: string): Platform | undefined {
  const field = (name: string) => optionalString(fields, name, pointer);
  const [os, architecture, variant, version] = [field("os"), field("architecture"), field("variant"), field("os.version")];
  if (!os || !architecture) {
    return undefined;
  }
  return { os, architecture, ...(variant && { variant }), ...(version && { "os.version": version }) };
}
