/** What an image's config says (OCI image spec, config.md). */
import type { Descriptor, Platform } from "./descriptor.ts";
import { CopyError } from "./errors.ts";
import { parseJsonObject } from "./manifest-json.ts";
import { DOCKER_CONFIG, OCI_CONFIG } from "./media-types.ts";
import { readPlatform } from "./platform-json.ts";

/** Whether a config is an image's, OCI's or Docker's; those of artifacts (Helm, Wasm, `{}`) have other types and say other things. */
export function isImageConfig({ mediaType }: Descriptor): boolean {
  return mediaType === OCI_CONFIG || mediaType === DOCKER_CONFIG;
}

/**
 * Reads the platform that an image is for out of its config; `undefined` for what is no image, whose config is not read, and where the
 * config does not say. Fails with `manifest-invalid` where it is not JSON, else with what `read` fails with.
 */
export async function configPlatform(config: Descriptor, read: (config: Descriptor) => Promise<Uint8Array>): Promise<Platform | undefined> {
  if (!isImageConfig(config)) {
    return undefined;
  }
  const bytes = await read(config);
  try {
    return readPlatform(parseJsonObject(bytes), "/config");
  } catch (error) {
    throw error instanceof CopyError ? invalidConfig(config, error) : error;
  }
}

function invalidConfig({ digest }: Descriptor, error: CopyError): CopyError {
  return new CopyError({ ...error.failure, message: `The image's config, ${digest}, can't be read. ${error.failure.message}` }, error);
}
