/** Two images: each verdict by a pair made for it. */
import { describe, expect, it } from "vitest";
import { type Comparison, compare } from "../../../src/compare/compare.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { ComparedShelf, type ShelfImage, writtenOddly } from "../../support/compared-shelf.ts";

async function compared(shelf: ComparedShelf, left: Descriptor, right: Descriptor): Promise<Comparison> {
  return await compare({ left: shelf.side("left", left), right: shelf.side("right", right) }, undefined);
}

const paths = ({ differences }: Comparison) => differences.map(({ document, path }) => `${document} ${path}`);

describe("identical", () => {
  it("is the same manifest, of which the config is read once", async () => {
    const shelf = new ComparedShelf();
    const image = shelf.image();
    const found = await compared(shelf, image, image);
    expect(found).toMatchObject({
      verdict: "identical",
      same: { digest: true, imageId: true, layers: true, diffIds: true },
      left: { reference: "left.example/app:1", digest: image.digest, mediaType: image.mediaType, platforms: ["linux/amd64"] },
      right: { reference: "right.example/app:1", digest: image.digest },
      differences: [],
    });
    expect(found.left.imageId).toBe(found.right.imageId);
    expect(found.explanation).toContain("stand for the same bytes: the manifest of one image, for linux/amd64.");
    expect(found.explanation).not.toContain("POST /copy");
    expect(shelf.reads).toEqual(["left manifest 1", "right manifest 1", `left config ${found.left.imageId}`]);
  });

  it("is the same in all respects, also where there is nothing in it or no config", async () => {
    const shelf = new ComparedShelf();
    const empty = shelf.index([]);
    const artifact = shelf.put("application/vnd.oci.artifact.manifest.v1+json", { artifactType: "application/vnd.example", blobs: [] });
    const all = { digest: true, imageId: true, layers: true, diffIds: true };
    for (const content of [empty, artifact]) {
      expect(await compared(shelf, content, content)).toMatchObject({ verdict: "identical", same: all, differences: [] });
    }
  });
});

describe("reserialized", () => {
  it("is other white space and another order of fields", async () => {
    const shelf = new ComparedShelf();
    const found = await compared(shelf, shelf.image(), shelf.image({ write: writtenOddly, writeConfig: JSON.stringify }));
    expect(found).toMatchObject({
      verdict: "reserialized",
      same: { digest: false, imageId: true, layers: true, diffIds: true },
      differences: [],
    });
    expect(found.explanation).toContain("white space or the order of fields differs, and a digest is of the very bytes");
    expect(found.explanation).toContain('POST /copy {"source":"left.example/app:1","destination":"right.example/app:1"}');
  });

  it("is another family of media types", async () => {
    const shelf = new ComparedShelf();
    const found = await compared(shelf, shelf.image({ family: "docker" }), shelf.image());
    expect(found).toMatchObject({ verdict: "reserialized", same: { digest: false, imageId: true, layers: true, diffIds: true } });
    expect(paths(found)).toEqual([
      "manifest /mediaType",
      "manifest /config/mediaType",
      "manifest /layers/0/mediaType",
      "manifest /layers/1/mediaType",
    ]);
    expect(found.explanation).toContain(
      "the manifest was converted (media type application/vnd.docker.distribution.manifest.v2+json at left, application/vnd.oci",
    );
  });

  it("is also a config that the conversion wrote anew, without what only Docker's has", async () => {
    const shelf = new ComparedShelf();
    const docker = {
      container_config: { Cmd: ["/bin/sh"] },
      docker_version: "20.10",
      created: "2026-01-02T03:04:05.100Z",
      config: { Env: ["A=1"], Hostname: "", Image: "sha256:0", Labels: null },
    };
    const oci = { created: "2026-01-02T03:04:05.1Z", config: { Env: ["A=1"] } };
    const found = await compared(shelf, shelf.image({ family: "docker", config: docker }), shelf.image({ config: oci }));
    expect(found).toMatchObject({ verdict: "reserialized", same: { imageId: false, layers: true, diffIds: true } });
    expect(found.explanation).toContain("but only since the config was written anew: it says the same");
  });

  it("is not a config that says something else after the conversion", async () => {
    const shelf = new ComparedShelf();
    const left = shelf.image({ family: "docker", config: { config: { Env: ["A=1"] } } });
    const found = await compared(shelf, left, shelf.image({ config: { config: { Env: ["A=2"] } } }));
    expect(found.verdict).toBe("same-layers-new-config");
  });

  it("names the manifest's fields that changed", async () => {
    const shelf = new ComparedShelf();
    const found = await compared(shelf, shelf.image(), shelf.image({ manifest: { annotations: { "a/b": "1" } } }));
    expect(found.verdict).toBe("reserialized");
    expect(found.explanation).toContain("differs in annotations");
    expect(found.differences).toEqual([{ document: "manifest", path: "/annotations", left: null, right: { "a/b": "1" } }]);
  });
});

describe("recompressed", () => {
  it("is other layers with the same diff IDs", async () => {
    const shelf = new ComparedShelf();
    const found = await compared(shelf, shelf.image(), shelf.image({ packing: "zstd" }));
    expect(found).toMatchObject({ verdict: "recompressed", same: { digest: false, imageId: true, layers: false, diffIds: true } });
    expect(paths(found)).toEqual([
      "manifest /layers/0/mediaType",
      "manifest /layers/0/digest",
      "manifest /layers/1/mediaType",
      "manifest /layers/1/digest",
    ]);
    expect(found.explanation).toContain("2 of 2 layers were compressed again (gzip at left, zstd at right)");
    expect(found.explanation).toContain("docker push packs them again and writes a new manifest");
  });

  it("stays that with another config", async () => {
    const shelf = new ComparedShelf();
    const found = await compared(shelf, shelf.image(), shelf.image({ packing: "zstd", config: { author: "somebody" } }));
    expect(found).toMatchObject({ verdict: "recompressed", same: { imageId: false, layers: false, diffIds: true } });
    expect(found.explanation).toContain("(author differs)");
    expect(paths(found)).toContain("config /author");
  });
});

describe("same-layers-new-config", () => {
  it("is another config over the same layers, with what changed in it", async () => {
    const shelf = new ComparedShelf();
    const right = shelf.image({ config: { created: "2026-02-02T03:04:05Z", config: { Env: ["A=1"] } } });
    const found = await compared(shelf, shelf.image(), right);
    expect(found).toMatchObject({
      verdict: "same-layers-new-config",
      same: { digest: false, imageId: false, layers: true, diffIds: true },
    });
    expect(found.explanation).toContain("All 2 layers are the same, byte for byte.");
    expect(found.explanation).toContain("(config, created differ)");
    expect(found.differences).toContainEqual({
      document: "config",
      path: "/created",
      left: "2026-01-02T03:04:05Z",
      right: "2026-02-02T03:04:05Z",
    });
  });

  it("of one layer is told in the singular", async () => {
    const shelf = new ComparedShelf();
    const found = await compared(shelf, shelf.image({ layers: ["a"] }), shelf.image({ layers: ["a"], config: { author: "x" } }));
    expect(found.explanation).toContain("The only layer is the same, byte for byte.");
  });
});

describe("images without content", () => {
  const made = (shelf: ComparedShelf, layers: string[], more: ShelfImage) =>
    [shelf.image({ layers }), shelf.image({ layers, ...more })] as [Descriptor, Descriptor];

  it("have the same layers, none, under another config", async () => {
    const shelf = new ComparedShelf();
    const found = await compared(shelf, ...made(shelf, [], { config: { author: "x" } }));
    expect(found).toMatchObject({ verdict: "same-layers-new-config", same: { imageId: false, layers: true, diffIds: true } });
    expect(found.explanation).toMatch(/^Neither image has a layer, and their configs are not the same\./);
    expect(found.explanation).toContain("(author differs)");
    expect(found.explanation).not.toContain("All 0");
  });

  it("have the same layers also where these are empty, packed alike or not", async () => {
    const shelf = new ComparedShelf();
    const empty = ["\0".repeat(1024)];
    const config = { author: "x" };
    expect((await compared(shelf, ...made(shelf, empty, { config }))).verdict).toBe("same-layers-new-config");
    expect(await compared(shelf, ...made(shelf, empty, { config, packing: "zstd" }))).toMatchObject({
      verdict: "recompressed",
      same: { layers: false, diffIds: true },
    });
  });

  it("that list no diff IDs for layers that they have are not the same content", async () => {
    const shelf = new ComparedShelf();
    const image = (layer: string) => {
      const config = shelf.config("application/vnd.oci.image.config.v1+json", JSON.stringify({ rootfs: { type: "layers", diff_ids: [] } }));
      const layers = shelf.artifact("application/vnd.example", [layer]);
      const body = JSON.parse(new TextDecoder().decode(shelf.manifests.get(layers.digest)?.bytes));
      return shelf.put("application/vnd.oci.image.manifest.v1+json", { config, layers: body.layers });
    };
    expect(await compared(shelf, image("a"), image("b"))).toMatchObject({
      verdict: "unrelated",
      same: { layers: false, diffIds: false },
    });
  });
});

describe("shared-layers and unrelated", () => {
  it("some layers in common, the first ones as a base image", async () => {
    const shelf = new ComparedShelf();
    const found = await compared(shelf, shelf.image({ layers: ["os", "tools", "a"] }), shelf.image({ layers: ["os", "tools", "b", "c"] }));
    expect(found).toMatchObject({ verdict: "shared-layers", same: { digest: false, imageId: false, layers: false, diffIds: false } });
    expect(found.explanation).toContain(
      "2 of the 3 layers at left are at right too, the first 2 in the same place, as with a common base image",
    );
  });

  it("the only layer of one in common", async () => {
    const shelf = new ComparedShelf();
    const { explanation } = await compared(shelf, shelf.image({ layers: ["os"] }), shelf.image({ layers: ["os", "b"] }));
    expect(explanation).toContain("The only layer at left is at right too, the first one in the same place");
  });

  it("finds layers in common that were compressed again", async () => {
    const shelf = new ComparedShelf();
    const found = await compared(shelf, shelf.image({ layers: ["os", "a"] }), shelf.image({ layers: ["os", "b"], packing: "zstd" }));
    expect(found.verdict).toBe("shared-layers");
  });

  it("nothing in common", async () => {
    const shelf = new ComparedShelf();
    const found = await compared(shelf, shelf.image({ layers: ["a"] }), shelf.image({ layers: ["b"] }));
    expect(found).toMatchObject({ verdict: "unrelated", same: { digest: false, imageId: false, layers: false, diffIds: false } });
    expect(found.explanation).toContain("No layer of one is in the other");
    expect(found.explanation).toContain("If right is meant to be a copy");
  });

  it("empty layers are nothing in common, whichever way they are packed", async () => {
    const shelf = new ComparedShelf();
    const empty = "\0".repeat(1024);
    const found = await compared(shelf, shelf.image({ layers: [empty, "a"] }), shelf.image({ layers: [empty, "b"] }));
    expect(found.verdict).toBe("unrelated");
  });
});

describe("artifacts", () => {
  it("have no platforms and no diff IDs; their config is not read", async () => {
    const shelf = new ComparedShelf();
    const left = shelf.artifact("application/vnd.example.chart", ["chart"]);
    const right = shelf.artifact("application/vnd.example.chart", ["chart"], { annotations: { version: "2" } });
    const found = await compared(shelf, left, right);
    expect(found).toMatchObject({ verdict: "reserialized", left: { platforms: [] }, same: { imageId: true, layers: true, diffIds: true } });
    expect(found.explanation).toContain("is the manifest of an artifact (application/vnd.example.chart)");
    expect(found.explanation).not.toContain("image ID");
    expect(shelf.reads).toEqual(["left manifest 1", "right manifest 1"]);
  });

  it("without content are told apart by what they say", async () => {
    const shelf = new ComparedShelf();
    const [left, right] = ["1", "2"].map((note) => shelf.artifact("application/vnd.example.note", ["{}"], { annotations: { note } }));
    expect(await compared(shelf, left as Descriptor, right as Descriptor)).toMatchObject({ verdict: "unrelated" });
  });

  it("of two types over the same content are not the same", async () => {
    const shelf = new ComparedShelf();
    const [left, right] = ["a", "b"].map((type) => shelf.artifact(`application/vnd.example.${type}`, ["content"]));
    const found = await compared(shelf, left as Descriptor, right as Descriptor);
    expect(found.verdict).toBe("same-layers-new-config");
    expect(found.explanation).toContain("so is the config; the manifest differs in artifactType");
  });

  it("and an image have nothing in common", async () => {
    const shelf = new ComparedShelf();
    const found = await compared(shelf, shelf.artifact("application/vnd.example.chart", ["chart"]), shelf.image());
    expect(found).toMatchObject({ verdict: "unrelated", same: { imageId: false, layers: false, diffIds: false } });
  });

  it("a config that is no JSON tells nothing, and is no failure", async () => {
    const shelf = new ComparedShelf();
    const config = shelf.config("application/vnd.oci.image.config.v1+json", "no JSON");
    const broken = shelf.put("application/vnd.oci.image.manifest.v1+json", { config, layers: [] });
    const found = await compared(shelf, broken, shelf.image());
    expect(found).toMatchObject({ verdict: "unrelated", left: { imageId: config.digest, platforms: [] } });
  });
});

describe("differences", () => {
  it("are bounded, long values cut off, and the explanation says so", async () => {
    const shelf = new ComparedShelf();
    const labels = (value: string) => ({ config: { Labels: Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`l${n}`, value])) } });
    const found = await compared(shelf, shelf.image({ config: labels("a".repeat(600)) }), shelf.image({ config: labels("b") }));
    const ofConfig = found.differences.filter(({ document }) => document === "config");
    expect(ofConfig).toHaveLength(100);
    expect(ofConfig[1]).toEqual({ document: "config", path: "/config/Labels/l1", left: `${"a".repeat(500)}…`, right: "b" });
    expect(found.explanation).toContain("Only the first 100 differences of a document are listed.");
  });

  it("a document that is nested too deeply is refused, at its side", async () => {
    const shelf = new ComparedShelf();
    const deep = shelf.putBytes(
      "application/vnd.oci.image.manifest.v1+json",
      `{"config":${JSON.stringify(shelf.config("x/y", "{}"))},"x":${"[".repeat(200_000)}${"]".repeat(200_000)}}`,
    );
    await expect(compared(shelf, shelf.image(), deep)).rejects.toMatchObject({
      failures: [{ side: "right", failure: { code: "manifest-invalid", registry: "right.example" } }],
    });
  });
});
