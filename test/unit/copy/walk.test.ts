import { describe, expect, it } from "vitest";
import { MAX_INDEX_DEPTH, walkTree } from "../../../src/copy/walk.ts";
import { mapLimited } from "../../../src/net/map-limited.ts";
import { blob, INDEX, MANIFEST, ManifestShelf } from "../../support/manifest-shelf.ts";

const config = blob("config", { mediaType: "application/vnd.oci.image.config.v1+json" });

describe("the walk", () => {
  it("gives a single manifest with its blobs", async () => {
    const shelf = new ManifestShelf();
    const root = shelf.put(MANIFEST, { config, layers: [blob("a"), blob("b")] });
    const tree = await walkTree(root, shelf.fetch);
    expect(tree.map(({ content, rank }) => [content.descriptor.digest, rank])).toEqual([[root.digest, 0]]);
    expect(tree[0]?.blobs.map(({ digest }) => digest)).toEqual([config, blob("a"), blob("b")].map(({ digest }) => digest));
  });

  it("Q122: puts children before parents, the root last, each manifest fetched once", async () => {
    const shelf = new ManifestShelf();
    const shared = shelf.put(MANIFEST, { config, layers: [blob("a")] });
    const other = shelf.put(MANIFEST, { config, layers: [blob("b")] });
    const inner = shelf.put(INDEX, { manifests: [shared] });
    const root = shelf.put(INDEX, { manifests: [shared, inner, other, inner] });
    const tree = await walkTree(root, shelf.fetch);
    const order = tree.map(({ content }) => content.descriptor.digest);
    expect(order.at(-1)).toBe(root.digest);
    expect(order.indexOf(inner.digest)).toBeGreaterThan(order.indexOf(shared.digest));
    expect(tree.map(({ rank }) => rank)).toEqual([0, 0, 1, 2]);
    expect(new Set(shelf.asked).size).toBe(shelf.asked.length);
  });

  it("Q68: leaves out layers that are to be fetched elsewhere, and keeps those without another place", async () => {
    const foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    const shelf = new ManifestShelf();
    const root = shelf.put(MANIFEST, {
      config,
      layers: [blob("a", { mediaType: foreign, urls: ["https://example.com/a"] }), blob("b", { mediaType: foreign })],
    });
    const [manifest] = await walkTree(root, shelf.fetch);
    expect(manifest?.blobs.map(({ digest }) => digest)).toEqual([config.digest, blob("b").digest]);
    const [whole] = await walkTree(root, shelf.fetch, { foreignLayers: "copy" });
    expect(whole?.blobs.map(({ digest, urls }) => [digest, urls])).toContainEqual([blob("a").digest, ["https://example.com/a"]]);
  });

  it("Q124: takes an index child that is no manifest as a blob", async () => {
    const shelf = new ManifestShelf();
    const strange = blob("strange", { mediaType: "application/vnd.example.thing" });
    const root = shelf.put(INDEX, { manifests: [strange] });
    const tree = await walkTree(root, shelf.fetch);
    expect(tree).toHaveLength(1);
    expect(tree[0]?.blobs.map(({ digest }) => digest)).toEqual([strange.digest]);
  });

  it("Q126: fails where a child manifest is missing", async () => {
    const shelf = new ManifestShelf();
    const root = shelf.put(INDEX, { manifests: [blob("gone", { mediaType: MANIFEST })] });
    await expect(walkTree(root, shelf.fetch)).rejects.toMatchObject({ failure: { code: "not-found" } });
  });

  it("passes over what was left out, and what is only in there", async () => {
    const shelf = new ManifestShelf();
    const wanted = shelf.put(MANIFEST, { config, layers: [blob("a")] });
    const unwanted = shelf.put(MANIFEST, { config, layers: [blob("b")] });
    const root = shelf.put(INDEX, { manifests: [wanted, unwanted] });
    const tree = await walkTree(root, shelf.fetch, { leftOut: new Set([unwanted.digest]) });
    expect(tree.map(({ content }) => content.descriptor.digest)).toEqual([wanted.digest, root.digest]);
    expect(shelf.asked).not.toContain(unwanted.digest);
  });

  it("ends where the manifests have too many bytes together, without reading them all", async () => {
    const shelf = new ManifestShelf();
    const large = Array.from({ length: 40 }, (_, number) =>
      shelf.put(MANIFEST, { config, layers: [], annotations: { number: String(number), padding: "x".repeat(2 * 1024 * 1024) } }),
    );
    const root = shelf.put(INDEX, { manifests: large });
    await expect(walkTree(root, shelf.fetch)).rejects.toMatchObject({ failure: { code: "manifest-invalid", side: "source" } });
    expect(shelf.asked.length).toBeLessThan(22);
  });

  it("ends at the depth limit", async () => {
    const shelf = new ManifestShelf();
    let root = shelf.put(MANIFEST, { config, layers: [] });
    for (let depth = 0; depth <= MAX_INDEX_DEPTH; depth++) {
      root = shelf.put(INDEX, { manifests: [root], annotations: { depth: String(depth) } });
    }
    await expect(walkTree(root, shelf.fetch)).rejects.toMatchObject({ failure: { code: "manifest-invalid" } });
  });
});

describe("mapLimited", () => {
  it("keeps the order and the width", async () => {
    let running = 0;
    let most = 0;
    const result = await mapLimited([5, 1, 3, 2], 2, async (item) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, item));
      running--;
      return item * 2;
    });
    expect({ result, most }).toEqual({ result: [10, 2, 6, 4], most: 2 });
  });

  it("begins nothing more after a failure", async () => {
    const begun: number[] = [];
    const work = mapLimited([1, 2, 3, 4, 5, 6], 2, async (item) => {
      begun.push(item);
      await Promise.resolve();
      if (item === 1) {
        throw new Error("no");
      }
    });
    await expect(work).rejects.toThrow("no");
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(begun).toEqual([1, 2]);
  });
});
