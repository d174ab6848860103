/** Choosing platforms of what is on a shelf. */
import { type PlatformChoice, type PlatformReader, type Selection, selectPlatforms } from "../../../src/copy/select-platforms.ts";
import { configPlatform } from "../../../src/oci/config.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { parsePlatform } from "../../../src/oci/platform.ts";
import type { ManifestContent } from "../../../src/oci/store.ts";
import type { ManifestShelf } from "../../support/manifest-shelf.ts";

export function readerOf(shelf: ManifestShelf): PlatformReader {
  return {
    readManifest: shelf.fetch,
    platformOf: async ({ config }) => config && configPlatform(config, async ({ digest }) => shelf.configs.get(digest) ?? new Uint8Array()),
  };
}

export function select(shelf: ManifestShelf, root: Descriptor, platforms: string | string[], index: PlatformChoice["index"] = "sparse") {
  return selectPlatforms(root, { platforms: [platforms].flat().map(parsePlatform), index }, readerOf(shelf));
}

/** The entry of an index for an image on the shelf. */
export function entry(shelf: ManifestShelf, text: string, name = ""): Descriptor {
  const platform = parsePlatform(text);
  return { ...shelf.putImage(platform, name), platform };
}

export const textOf = (content: ManifestContent | undefined) => new TextDecoder().decode(content?.bytes);
export const rewritten = ({ made }: Selection) => JSON.parse(textOf(made.at(-1))) as { manifests: Descriptor[] } & Record<string, unknown>;
