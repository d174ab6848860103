/** Manifests and configs made by hand, on a shelf that a comparison reads from and that counts what is taken. */
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { type Digest, digestOf } from "../../../src/oci/digest.ts";
import { CopyError } from "../../../src/oci/errors.ts";
import { DOCKER_LIST, DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from "../../../src/oci/media-types.ts";
import type { ContentSource } from "../../../src/oci/store.ts";

const LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";

interface ImageSpec {
  /** Words that stand for packed layers. */
  layers?: string[];
  /** Words that stand for unpacked layers; `null`: no rootfs, an artifact. @default the layers' */
  diffIds?: string[] | null;
  /** What else is in the config. */
  config?: object;
  platform?: string;
  docker?: boolean;
  /** How the manifest is written. @default JSON.stringify */
  write?: (manifest: object) => string;
  /** Further fields of the manifest. */
  fields?: object;
}

export class Shelf implements ContentSource {
  readonly taken: string[] = [];
  readonly #manifests = new Map<string, { descriptor: Descriptor; bytes: Uint8Array<ArrayBuffer> }>();
  readonly #blobs = new Map<string, Uint8Array<ArrayBuffer>>();

  image(tag: string, spec: ImageSpec = {}): Descriptor & { platform: { os: string; architecture: string } } {
    const { layers = ["a"], diffIds = layers, config = {}, platform = "linux/amd64", docker = false, fields = {} } = spec;
    const [os = "", architecture = ""] = platform.split("/");
    const content =
      diffIds === null
        ? config
        : { os, architecture, rootfs: { type: "layers", diff_ids: diffIds.map((word) => digestOfText(`unpacked ${word}`)) }, ...config };
    const bytes = encoded(JSON.stringify(content));
    this.#blobs.set(digestOf(bytes), bytes);
    const manifest = {
      schemaVersion: 2,
      mediaType: docker ? DOCKER_MANIFEST : OCI_MANIFEST,
      config: { mediaType: OCI_CONFIG, digest: digestOf(bytes), size: bytes.length },
      layers: layers.map((word) => ({ mediaType: LAYER, digest: digestOfText(`packed ${word}`), size: 10 })),
      ...fields,
    };
    return { ...this.#put(tag, manifest.mediaType, (spec.write ?? JSON.stringify)(manifest)), platform: { os, architecture } };
  }

  index(
    tag: string,
    manifests: readonly object[],
    { docker = false, write = JSON.stringify as (index: object) => string, fields = {} } = {},
  ): Descriptor {
    const mediaType = docker ? DOCKER_LIST : OCI_INDEX;
    return this.#put(tag, mediaType, write({ schemaVersion: 2, mediaType, manifests, ...fields }));
  }

  #put(tag: string, mediaType: string, text: string): Descriptor {
    const bytes = encoded(text);
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    this.#manifests.set(tag, { descriptor, bytes });
    this.#manifests.set(descriptor.digest, { descriptor, bytes });
    return descriptor;
  }

  async resolve(reference: string): Promise<Descriptor> {
    return (await this.fetchManifest(reference)).descriptor;
  }

  async fetchManifest(reference: string) {
    this.taken.push(`manifest ${reference.slice(0, 7)}`);
    const found = this.#manifests.get(reference);
    if (found === undefined) {
      throw new CopyError({ code: "not-found", message: `There is no ${reference}`, retry: "never" });
    }
    return found;
  }

  async openBlob({ digest }: Descriptor) {
    this.taken.push("blob");
    return { stream: new Blob([this.#blobs.get(digest) ?? new Uint8Array()]).stream(), offset: 0 };
  }

  openWhole(blob: Descriptor) {
    return this.openBlob(blob);
  }

  /** A config that is not what its digest says. */
  spoil(): void {
    for (const [digest, { byteLength }] of this.#blobs) {
      this.#blobs.set(digest, encoded(`{}${" ".repeat(byteLength - 2)}`));
    }
  }
}

function encoded(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(text));
}

function digestOfText(text: string): Digest {
  return digestOf(encoded(text));
}
