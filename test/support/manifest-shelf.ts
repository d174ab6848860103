/** A content-addressed shelf of manifests and configs made of plain objects, for the parts that only read. */
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { CopyError } from "../../src/oci/errors.ts";
import type { ManifestContent } from "../../src/oci/store.ts";

export const INDEX = "application/vnd.oci.image.index.v1+json";
export const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const CONFIG = "application/vnd.oci.image.config.v1+json";

export class ManifestShelf {
  readonly manifests = new Map<string, ManifestContent>();
  readonly configs = new Map<string, Uint8Array>();
  /** Digests in the order in which they were asked for. */
  readonly asked: string[] = [];

  put(mediaType: string, value: object): Descriptor {
    return this.putBytes(mediaType, JSON.stringify({ schemaVersion: 2, mediaType, ...value }));
  }

  putBytes(mediaType: string, text: string): Descriptor {
    const bytes = Uint8Array.from(new TextEncoder().encode(text));
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
    this.manifests.set(descriptor.digest, { descriptor, bytes });
    return descriptor;
  }

  /** An image of one layer for a platform, which only its config tells. */
  putImage(platform: object, name = ""): Descriptor {
    const bytes = new TextEncoder().encode(JSON.stringify({ ...platform, name }));
    const config = { mediaType: CONFIG, digest: digestOf(bytes), size: bytes.byteLength };
    this.configs.set(config.digest, bytes);
    return this.put(MANIFEST, { config, layers: [blob(`${JSON.stringify(platform)} ${name}`)] });
  }

  readonly fetch = async (descriptor: Descriptor): Promise<ManifestContent> => {
    this.asked.push(descriptor.digest);
    const content = this.manifests.get(descriptor.digest);
    if (content === undefined) {
      throw new CopyError({ code: "not-found", message: "none", retry: "never", side: "source" });
    }
    return content;
  };
}

export function blob(name: string, extra: Partial<Descriptor> = {}): Descriptor {
  const bytes = new TextEncoder().encode(name);
  return { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: digestOf(bytes), size: bytes.byteLength, ...extra };
}
