/** What is found attached to manifests, and how much is asked for it. */
import { describe, expect, test } from "vitest";
import { MAX_REFERRER_DEPTH, manifestsOf, ReferrerSearch, type ReferrerSource } from "../../../src/copy/find-referrers.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { CopyError } from "../../../src/oci/errors.ts";
import { OCI_INDEX } from "../../../src/oci/media-types.ts";
import { fallbackTag } from "../../../src/oci/referrer-tags.ts";
import { failureFrom } from "../registry/scripted-transport.ts";
import { cosignTag, Shelf } from "./referrer-shelf.ts";

const findReferrers = (subjects: readonly Digest[], source: ReferrerSource) => new ReferrerSearch(subjects, source).thorough();
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

describe("a quick look", () => {
  test("asks the API about the image and its referrers, and of what cosign's tags stand for only the list of tags", async () => {
    const shelf = new Shelf();
    const image = shelf.image();
    const [referrer, sbom, signature, unseen] = [shelf.image(image), shelf.image(), shelf.image(), shelf.image()];
    shelf.tag(cosignTag(image, ".sbom"), sbom);
    shelf.tag(cosignTag(sbom), signature);
    const attached = shelf.image(sbom);
    shelf.tag(cosignTag(attached), unseen);
    const search = new ReferrerSearch([image.digest], shelf.source());
    expect(digestsOf(await search.quick())).toEqual([referrer.digest, sbom.digest, signature.digest]);
    expect(shelf.asked.filter((what) => what === "referrers")).toHaveLength(2);

    shelf.asked.length = 0;
    expect(digestsOf(await search.thorough())).toEqual([referrer.digest, sbom.digest, attached.digest, signature.digest, unseen.digest]);
    // Nothing twice: what the two tagged manifests have, what is attached to one of them, and the tag of that.
    expect(shelf.asked.sort()).toEqual(["HEAD tag", ...Array(4).fill("referrers")]);
  });

  test("goes on where the list of tags has one of referrers for what a tag of cosign's stands for", async () => {
    const shelf = new Shelf({ api: false });
    const image = shelf.image();
    const signature = shelf.image();
    const attached = shelf.image(signature);
    shelf.tag(cosignTag(image), signature);
    shelf.tag(fallbackTag(signature.digest), shelf.put(OCI_INDEX, { manifests: [attached] }));
    expect(digestsOf(await new ReferrerSearch([image.digest], shelf.source()).quick())).toEqual([signature.digest, attached.digest]);
  });

  test("asks the API about a manifest that is under a tag of cosign's and names its subject too", async () => {
    const shelf = new Shelf();
    const image = shelf.image();
    const signature = shelf.image(image);
    const attached = shelf.image(signature);
    shelf.tag(cosignTag(image), signature);
    const found = await new ReferrerSearch([image.digest], shelf.source()).quick();
    expect(digestsOf(found)).toEqual([signature.digest, signature.digest, attached.digest]);
  });

  test("takes a fallback tag's word, which a thorough one does not; each entry is read once", async () => {
    const shelf = new Shelf({ api: false });
    const image = shelf.image();
    const [signature, other] = [shelf.image(image), shelf.image()];
    shelf.tag(fallbackTag(image.digest), shelf.put(OCI_INDEX, { manifests: [other, signature] }));
    const search = new ReferrerSearch([image.digest], shelf.source());
    expect(digestsOf(await search.quick())).toEqual([other.digest, signature.digest]);
    expect(shelf.asked.sort()).toEqual(["GET tag", "list"]);
    expect(digestsOf(await search.thorough())).toEqual([signature.digest]);
    expect(shelf.asked.sort()).toEqual(["GET tag", "list", "manifest", "manifest"]);
    await Promise.all([search.quick(), search.thorough()]);
    expect(shelf.asked).toHaveLength(4);
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
