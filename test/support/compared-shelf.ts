/** Images of plain fields for compares: layers are names only, packed one way or another. */
import type { SideReader } from "../../src/compare/read-sides.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { type Digest, digestOf } from "../../src/oci/digest.ts";
import { CopyError } from "../../src/oci/errors.ts";
import { parsePlatform } from "../../src/oci/platform.ts";
import { sourceReference } from "../../src/oci/reference.ts";
import { INDEX, ManifestShelf } from "./manifest-shelf.ts";

const TYPES = {
  oci: {
    manifest: "application/vnd.oci.image.manifest.v1+json",
    config: "application/vnd.oci.image.config.v1+json",
    gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
    zstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  },
  docker: {
    manifest: "application/vnd.docker.distribution.manifest.v2+json",
    config: "application/vnd.docker.container.image.v1+json",
    gzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
    zstd: "application/vnd.docker.image.rootfs.diff.tar.zstd",
  },
} as const;

export interface ShelfImage {
  family?: keyof typeof TYPES;
  /** `os/arch[/variant]`. @default "linux/amd64" */
  platform?: string;
  /** Names of the layers' content. @default ["base", "app"] */
  layers?: readonly string[];
  /** @default "gzip" */
  packing?: "gzip" | "zstd";
  /** Further fields of the config. */
  config?: object;
  /** Further fields of the manifest. */
  manifest?: object;
  /** Writes the JSON of config and manifest. @default JSON.stringify */
  write?: (value: object) => string;
  /** @default as `write` */
  writeConfig?: (value: object) => string;
}

/** Other white space and another order of fields, the same values. */
export function writtenOddly(value: object): string {
  return JSON.stringify(Object.fromEntries(Object.entries(value).reverse()), null, 3);
}

export class ComparedShelf extends ManifestShelf {
  /** What was asked for, in order: `left manifest 1`, `right config sha256:…`. */
  readonly reads: string[] = [];
  readonly #tags = new Map<string, Digest>();

  image(options: ShelfImage = {}): Descriptor {
    const { family = "oci", platform = "linux/amd64", layers = ["base", "app"], packing = "gzip", write = JSON.stringify } = options;
    const types = TYPES[family];
    const rootfs = { type: "layers", diff_ids: layers.map((name) => digestOfText(name)) };
    const fields = { ...parsePlatform(platform), created: "2026-01-02T03:04:05Z", ...options.config, rootfs };
    const config = this.config(types.config, (options.writeConfig ?? write)(fields));
    const blobs = layers.map((name) => ({ mediaType: types[packing], digest: digestOfText(`${packing} ${name}`), size: name.length }));
    const body = { schemaVersion: 2, mediaType: types.manifest, config, layers: blobs, ...options.manifest };
    return this.putBytes(types.manifest, write(body));
  }

  /** An artifact: the empty config `{}` and layers without diff IDs. */
  artifact(artifactType: string, layers: readonly string[], extra: object = {}): Descriptor {
    const config = this.config("application/vnd.oci.empty.v1+json", "{}");
    const blobs = layers.map((name) => ({ mediaType: "application/octet-stream", digest: digestOfText(name), size: name.length }));
    return this.put(TYPES.oci.manifest, { artifactType, config, layers: blobs, ...extra });
  }

  /** An index over images, each with the platform it is given. */
  index(entries: readonly (readonly [platform: string | undefined, image: Descriptor])[], extra: object = {}): Descriptor {
    const manifests = entries.map(([platform, image]) => ({ ...image, ...(platform && { platform: parsePlatform(platform) }) }));
    return this.put(INDEX, { manifests, ...extra });
  }

  /** An image for each platform, its layers named after it. */
  platforms(...names: string[]): (readonly [platform: string, image: Descriptor])[] {
    return names.map((name) => [name, this.image({ platform: name, layers: ["base", name] })] as const);
  }

  config(mediaType: string, text: string): Descriptor {
    const bytes = new TextEncoder().encode(text);
    const config = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
    this.configs.set(config.digest, bytes);
    return config;
  }

  /** One side, under a tag of a repository at `left.example` or `right.example`. */
  side(side: "left" | "right", image: Descriptor, reference = `${side}.example/app:1`): SideReader {
    const parsed = sourceReference(reference);
    if (parsed.tag !== undefined) {
      this.#tags.set(`${side} ${parsed.tag}`, image.digest);
    }
    return {
      reference: parsed,
      readManifest: async (name) => {
        this.reads.push(`${side} manifest ${name}`);
        const digest = this.#tags.get(`${side} ${name}`) ?? name;
        return await this.fetch({ mediaType: "", digest: digest as Digest, size: 0 });
      },
      readConfig: async ({ digest }) => {
        this.reads.push(`${side} config ${digest}`);
        const bytes = this.configs.get(digest);
        if (bytes === undefined) {
          throw new CopyError({ code: "not-found", message: "no such config", retry: "never", side: "source" });
        }
        return bytes;
      },
    };
  }
}

function digestOfText(text: string): Digest {
  return digestOf(new TextEncoder().encode(text));
}
