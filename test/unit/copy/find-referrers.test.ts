/** What is found attached to manifests, at a source in memory that keeps count of what it is asked. */
import { describe, expect, test } from "vitest";
import { DigestTags } from "../../../src/copy/digest-tags.ts";
import { findReferrers, MAX_REFERRER_DEPTH, manifestsOf, type ReferrerSource } from "../../../src/copy/find-referrers.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { type Digest, digestOf } from "../../../src/oci/digest.ts";
import type { ContentDirectory } from "../../../src/oci/directory.ts";
import { CopyError } from "../../../src/oci/errors.ts";
import { OCI_EMPTY, OCI_INDEX, OCI_MANIFEST } from "../../../src/oci/media-types.ts";
import { fallbackTag } from "../../../src/oci/referrer-tags.ts";
import type { ManifestContent } from "../../../src/oci/store.ts";
import { failureFrom } from "../registry/scripted-transport.ts";

/** A repository of manifests without blobs. */
class Shelf {
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

const cosignTag = ({ digest }: Descriptor, suffix = ".sig") => `${digest.replace(":", "-")}${suffix}`;
const digestsOf = (found: readonly { root: Descriptor }[]) => found.map(({ root }) => root.digest);

describe("by the API", () => {
  test("one question for each manifest, and one list of tags for all", async () => {
    const shelf = new Shelf();
    const images = [shelf.image(), shelf.image(), shelf.image()];
    expect(
      await findReferrers(
        images.map(({ digest }) => digest),
        shelf.source(),
      ),
    ).toEqual([]);
    expect(shelf.asked.sort()).toEqual(["list", "referrers", "referrers", "referrers"]);
  });

  test("referrers of referrers, nearest first, and nothing of the manifests is read", async () => {
    const shelf = new Shelf();
    const image = shelf.image();
    const sbom = shelf.image(image);
    const signature = shelf.image(sbom);
    const found = await findReferrers([image.digest], shelf.source());
    expect(found).toEqual([
      { subject: image.digest, root: sbom, depth: 1, askedAt: 7 },
      { subject: sbom.digest, root: signature, depth: 2, askedAt: 7 },
    ]);
    expect(shelf.asked.sort()).toEqual(["list", "referrers", "referrers", "referrers"]);
  });

  test("what is attached to the children of a referrer that is an index", async () => {
    const shelf = new Shelf();
    const image = shelf.image();
    const child = shelf.image();
    const index = shelf.put(OCI_INDEX, { manifests: [child], subject: image });
    const signature = shelf.image(child);
    expect(digestsOf(await findReferrers([image.digest], shelf.source()))).toEqual([index.digest, signature.digest]);
  });

  test("the fallback tag is not asked for", async () => {
    const shelf = new Shelf();
    const image = shelf.image();
    shelf.tag(fallbackTag(image.digest), shelf.put(OCI_INDEX, { manifests: [shelf.image(image)] }));
    expect(await findReferrers([image.digest], shelf.source())).toHaveLength(1);
    expect(shelf.asked).not.toContain("GET tag");
  });
});

describe("by the fallback tag", () => {
  test("entries whose manifests name the subject, and nothing else that stands there", async () => {
    const shelf = new Shelf({ api: false });
    const image = shelf.image();
    const [signature, other] = [shelf.image(image), shelf.image()];
    shelf.tag(fallbackTag(image.digest), shelf.put(OCI_INDEX, { manifests: [other, signature, other] }));
    expect(digestsOf(await findReferrers([image.digest], shelf.source()))).toEqual([signature.digest]);
    // The tags that the list does not have are not asked for.
    expect(shelf.asked.sort()).toEqual(["GET tag", "list", "manifest", "manifest"]);
  });

  test("that is the image itself lists nothing: its platforms are no referrers", async () => {
    const shelf = new Shelf({ api: false });
    const index = shelf.put(OCI_INDEX, { manifests: [shelf.image(), shelf.image()] });
    shelf.tag(fallbackTag(index.digest), index);
    expect(await findReferrers([index.digest], shelf.source())).toEqual([]);
  });

  test("that is a manifest lists nothing", async () => {
    const shelf = new Shelf({ api: false });
    const image = shelf.image();
    shelf.tag(fallbackTag(image.digest), shelf.image());
    expect(await findReferrers([image.digest], shelf.source())).toEqual([]);
  });

  test("that lists what is not there is a failure which says so", async () => {
    const shelf = new Shelf({ api: false });
    const image = shelf.image();
    const gone = shelf.image(image);
    shelf.tag(fallbackTag(image.digest), shelf.put(OCI_INDEX, { manifests: [gone] }));
    shelf.manifests.delete(gone.digest);
    const failure = await failureFrom(findReferrers([image.digest], shelf.source()));
    expect(failure).toMatchObject({ code: "not-found", side: "source" });
    expect(failure.message).toContain(`lists the referrer ${gone.digest}, which is not there`);
  });

  test("every tag is asked for where the registry gives no list", async () => {
    const shelf = new Shelf({ api: false, list: false });
    const image = shelf.image();
    const signature = shelf.image();
    shelf.tag(cosignTag(image, ".att"), signature);
    expect(await findReferrers([image.digest], shelf.source())).toEqual([
      { subject: image.digest, root: signature, tag: cosignTag(image, ".att"), depth: 1, askedAt: 7 },
    ]);
    // Three for the image, three for the attestation, and a fallback tag each.
    expect(shelf.asked.sort()).toEqual([...Array(2).fill("GET tag"), ...Array(6).fill("HEAD tag"), "list"]);
  });
});

describe("cosign's tags", () => {
  test("of each kind, each with one question", async () => {
    const shelf = new Shelf();
    const image = shelf.image();
    for (const suffix of [".sig", ".att", ".sbom", ".other"]) {
      shelf.tag(cosignTag(image, suffix), shelf.image());
    }
    const found = await findReferrers([image.digest], shelf.source());
    expect(found.map(({ tag }) => tag)).toEqual([".att", ".sbom", ".sig"].map((suffix) => cosignTag(image, suffix)));
    expect(shelf.asked.filter((what) => what === "HEAD tag")).toHaveLength(3);
  });

  test("of one manifest under two of them", async () => {
    const shelf = new Shelf();
    const image = shelf.image();
    const both = shelf.image(image);
    shelf.tag(cosignTag(image), both);
    const found = await findReferrers([image.digest], shelf.source());
    expect(found.map(({ root, tag }) => [root.digest, tag])).toEqual([
      [both.digest, undefined],
      [both.digest, cosignTag(image)],
    ]);
  });
});

describe("an end", () => {
  test("comes to loops of tags", async () => {
    const shelf = new Shelf();
    const [image, signature] = [shelf.image(), shelf.image()];
    shelf.tag(cosignTag(image), signature);
    shelf.tag(cosignTag(signature), image);
    shelf.tag(cosignTag(signature, ".att"), signature);
    const found = await findReferrers([image.digest], shelf.source());
    expect(digestsOf(found)).toEqual([signature.digest, image.digest]);
    expect(shelf.asked.filter((what) => what === "referrers")).toHaveLength(2);
  });

  test("comes to a chain that is too deep", async () => {
    const shelf = new Shelf();
    const image = shelf.image();
    let last = image;
    for (let depth = 0; depth < MAX_REFERRER_DEPTH; depth++) {
      last = shelf.image(last);
    }
    expect(await findReferrers([image.digest], shelf.source())).toHaveLength(MAX_REFERRER_DEPTH);
    shelf.image(last);
    expect(await failureFrom(findReferrers([image.digest], shelf.source()))).toMatchObject({ code: "unsupported", retry: "never" });
  });
});

test("a failure at any question is the whole search's", async () => {
  const shelf = new Shelf();
  const source = shelf.source();
  const busy = new CopyError({ code: "rate-limited", message: "wait", retry: "later", side: "source" });
  source.directory.referrers = () => Promise.reject(busy);
  expect(await failureFrom(findReferrers([shelf.image().digest], source))).toMatchObject({ code: "rate-limited" });
});

test("of a tree only its indexes are read", async () => {
  const shelf = new Shelf();
  const children = [shelf.image(), shelf.image()];
  const inner = shelf.put(OCI_INDEX, { manifests: children });
  const root = shelf.put(OCI_INDEX, { manifests: [inner, children[0]] });
  const digests = await manifestsOf(root, shelf.source().fetch);
  expect(digests.sort()).toEqual([root, inner, ...children].map(({ digest }) => digest).sort());
  expect(shelf.asked).toEqual(["manifest", "manifest"]);
});
