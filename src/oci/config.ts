/** What an image's config says (OCI image spec, config.md). */
import type { Descriptor, Platform } from "./descriptor.ts";
import { optionalString, parseJsonObject } from "./manifest-json.ts";
import { DOCKER_CONFIG, OCI_CONFIG } from "./media-types.ts";

/**
 * The platform that an image is for, as its config says; `undefined` for what is no image, whose config is not read, and where the
 * config does not say. Fails with `manifest-invalid` where it is not JSON, else with what `read` fails with.
 */
export async function configPlatform(config: Descriptor, read: (config: Descriptor) => Promise<Uint8Array>): Promise<Platform | undefined> {
  if (config.mediaType !== OCI_CONFIG && config.mediaType !== DOCKER_CONFIG) {
    return undefined;
  }
  const fields = parseJsonObject(await read(config));
  const field = (name: string) => optionalString(fields, name, "/config") || undefined;
  const [os, architecture, variant, version] = [field("os"), field("architecture"), field("variant"), field("os.version")];
  if (os === undefined || architecture === undefined) {
    return undefined;
  }
  return { os, architecture, ...(variant && { variant }), ...(version && { "os.version": version }) };
}
