/** A source in memory, of manifests and what is attached to them, that keeps count of what it is asked. */
import { DigestTags } from "../../../src/copy/digest-tags.ts";
import type { ReferrerSource } from "../../../src/copy/find-referrers.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { type Digest, digestOf } from "../../../src/oci/digest.ts";
import type { ContentDirectory } from "../../../src/oci/directory.ts";
import { CopyError } from "../../../src/oci/errors.ts";
import { OCI_MANIFEST } from "../../../src/oci/media-types.ts";
import type { ManifestContent } from "../../../src/oci/store.ts";
import { OCI_EMPTY } from "../../support/oci-empty.ts";

/** A repository of manifests without blobs. */
export class Shelf {
  readonly manifests = new Map<string, ManifestContent>();
  readonly tags = new Map<string, Digest>();
  readonly asked: string[] = [];
  readonly #hasApi: boolean;
  readonly #listsTags: boolean;
  #count = 0;

  constructor({ api = true, list = true } = {}) {
    this.#hasApi = api;
    this.#listsTags = list;
  }

  put(mediaType: string, value: object): Descriptor {
    const bytes = Uint8Array.from(new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType, ...value })));
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
    this.manifests.set(descriptor.digest, { descriptor, bytes });
    return descriptor;
  }

  /** A manifest unlike any other. */
  image(subject?: Descriptor): Descriptor {
    const config = { mediaType: OCI_EMPTY, digest: digestOf(new TextEncoder().encode("{}")), size: 2 };
    return this.put(OCI_MANIFEST, { config, layers: [], annotations: { n: String(this.#count++) }, ...(subject && { subject }) });
  }

  tag(tag: string, { digest }: Descriptor): void {
    this.tags.set(tag, digest);
  }

  source(): ReferrerSource {
    const get = (digest: string | undefined): ManifestContent => {
      const content = this.manifests.get(digest ?? "");
      if (content === undefined) {
        throw new CopyError({ code: "not-found", message: "none", retry: "never", side: "source" });
      }
      return content;
    };
    const ask = <T>(what: string, answer: () => T): Promise<T> => {
      this.asked.push(what);
      return new Promise((resolve) => resolve(answer()));
    };
    const directory: ContentDirectory = {
      referrers: async (subject) => (this.#hasApi ? await ask("referrers", () => this.#referrers(subject)) : undefined),
      tagPage: () =>
        ask("list", () => {
          if (!this.#listsTags) {
            throw new CopyError({ code: "access-denied", message: "no", retry: "never", side: "source" });
          }
          return { tags: [...this.tags.keys()] };
        }),
    };
    return {
      directory,
      tags: new DigestTags((next) => directory.tagPage(next)),
      fetch: ({ digest }) => ask("manifest", () => get(digest)),
      content: {
        fetchManifest: (tag) => ask("GET tag", () => get(this.tags.get(tag))),
        resolve: (tag) => ask("HEAD tag", () => get(this.tags.get(tag)).descriptor),
      },
      now: () => 7,
    };
  }

  #referrers(subject: Digest): Descriptor[] {
    return [...this.manifests.values()].flatMap(({ bytes, descriptor }) => {
      const body = JSON.parse(new TextDecoder().decode(bytes)) as { subject?: Descriptor };
      return body.subject?.digest === subject ? [descriptor] : [];
    });
  }
}

export const cosignTag = ({ digest }: Descriptor, suffix = ".sig") => `${digest.replace(":", "-")}${suffix}`;
