/** What a registry holds. Content is shared, links to it are per repository, as in distribution. */
import type { Content } from "./content.ts";
import { sha256 } from "./digest.ts";

export interface StoredManifest {
  mediaType: string;
  digest: string;
  bytes: Uint8Array;
  /** Digest of the manifest that this one refers to. */
  subject?: string;
}

/** One thing that became visible, in the order in which it did. */
export interface Write {
  kind: "blob" | "mount" | "manifest" | "tag";
  repository: string;
  digest: string;
  tag?: string;
  /** What the tag stood for before, where it was there. */
  previous?: string;
  /** Milliseconds since the epoch. */
  at: number;
}

interface Repository {
  blobs: Set<string>;
  manifests: Map<string, StoredManifest>;
  tags: Map<string, string>;
}

export class Store {
  readonly #contents = new Map<string, Content>();
  readonly #repositories = new Map<string, Repository>();
  /** Everything that was written, in order: blobs, mounts, manifests, tags. */
  readonly writes: Write[] = [];

  repository(name: string): Repository | undefined {
    return this.#repositories.get(name);
  }

  /** Makes a repository that is not there. */
  createRepository(name: string): Repository {
    let repository = this.#repositories.get(name);
    if (repository === undefined) {
      repository = { blobs: new Set(), manifests: new Map(), tags: new Map() };
      this.#repositories.set(name, repository);
    }
    return repository;
  }

  /** The content of a blob, where this repository links to it. */
  blob(name: string, digest: string): Content | undefined {
    return this.#repositories.get(name)?.blobs.has(digest) ? this.#contents.get(digest) : undefined;
  }

  /** Stores a blob and links it; `digest` has been checked by the caller. */
  putBlob(name: string, digest: string, content: Content): void {
    // The first copy stays: readers may have it open.
    if (!this.#contents.has(digest)) {
      this.#contents.set(digest, content);
    }
    this.createRepository(name).blobs.add(digest);
    this.#log({ kind: "blob", repository: name, digest });
  }

  /** Links a blob of another repository. `false` where it is not there. */
  mountBlob(name: string, digest: string, from: string): boolean {
    if (this.blob(from, digest) === undefined) {
      return false;
    }
    this.createRepository(name).blobs.add(digest);
    this.#log({ kind: "mount", repository: name, digest });
    return true;
  }

  /** A manifest by tag or digest. */
  manifest(name: string, reference: string): StoredManifest | undefined {
    const repository = this.#repositories.get(name);
    return repository?.manifests.get(repository.tags.get(reference) ?? reference);
  }

  /** Stores a manifest, unchecked, and tags it where `reference` is a tag. */
  putManifest(name: string, reference: string, mediaType: string, bytes: Uint8Array, subject?: string): StoredManifest {
    const digest = reference.includes(":") ? reference : sha256(bytes);
    const manifest: StoredManifest = { mediaType, digest, bytes, ...(subject === undefined ? {} : { subject }) };
    const repository = this.createRepository(name);
    repository.manifests.set(digest, manifest);
    this.#log({ kind: "manifest", repository: name, digest });
    if (reference !== digest) {
      this.setTag(name, reference, digest);
    }
    return manifest;
  }

  /** Lets a tag stand for a digest. */
  setTag(name: string, tag: string, digest: string): void {
    const { tags } = this.createRepository(name);
    const previous = tags.get(tag);
    tags.set(tag, digest);
    this.#log({ kind: "tag", repository: name, digest, tag, ...(previous === undefined ? {} : { previous }) });
  }

  /** Removes a manifest and the tags that stand for it. `false` where it is not there. */
  deleteManifest(name: string, digest: string): boolean {
    const repository = this.#repositories.get(name);
    for (const [tag, target] of repository?.tags ?? []) {
      if (target === digest) {
        repository?.tags.delete(tag);
      }
    }
    return repository?.manifests.delete(digest) ?? false;
  }

  /** Empties everything. */
  clear(): void {
    this.#contents.clear();
    this.#repositories.clear();
    this.writes.length = 0;
  }

  #log(write: Omit<Write, "at">): void {
    this.writes.push({ ...write, at: Date.now() });
  }
}
