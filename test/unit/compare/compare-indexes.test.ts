/** Indexes, on one side and on both. */
import { describe, expect, it } from "vitest";
import { type Comparison, compare } from "../../../src/compare/compare.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { parsePlatform } from "../../../src/oci/platform.ts";
import { ComparedShelf } from "../../support/compared-shelf.ts";
import { INDEX } from "../../support/manifest-shelf.ts";

async function compared(shelf: ComparedShelf, left: Descriptor, right: Descriptor, platform?: string): Promise<Comparison> {
  const wanted = platform === undefined ? undefined : parsePlatform(platform);
  return await compare({ left: shelf.side("left", left), right: shelf.side("right", right) }, wanted);
}

type Entries = ReturnType<ComparedShelf["platforms"]>;
const imageOf = (entries: Entries, index: number) => (entries[index] as Entries[0])[1];

describe("an index and one image of it", () => {
  it("byte for byte, in either direction, with one config read beside the manifests", async () => {
    const shelf = new ComparedShelf();
    const entries = shelf.platforms("linux/amd64", "linux/arm64", "linux/s390x");
    const [index, image] = [shelf.index(entries), imageOf(entries, 1)];
    const found = await compared(shelf, index, image);
    expect(found).toMatchObject({
      verdict: "single-platform-of-index",
      same: { digest: false, imageId: true, layers: true, diffIds: true },
      left: { platforms: ["linux/amd64", "linux/arm64", "linux/s390x"] },
      right: { platforms: ["linux/arm64"] },
      platform: "linux/arm64",
      differences: [{ document: "root", path: "/mediaType", left: index.mediaType, right: image.mediaType }],
    });
    expect(found.explanation).toContain("left (left.example/app:1) is an index over 3 platforms; its digest");
    expect(found.explanation).toContain("right is the linux/arm64 image of the index at left, byte for byte");
    expect(found.explanation).toContain("The other platforms (linux/amd64, linux/s390x) are not in right.");
    expect(shelf.reads).toEqual(["left manifest 1", "right manifest 1", `right config ${found.right.imageId}`]);

    const other = await compared(shelf, image, index);
    expect(other.verdict).toBe("single-platform-of-index");
    expect(other.explanation).toContain("left is the linux/arm64 image of the index at right");
    expect(other.explanation).toContain('POST /copy {"source":"right.example/app:1","destination":"left.example/app:1"}');
  });

  it("packed again: the story of one image with two digests", async () => {
    const shelf = new ComparedShelf();
    const index = shelf.index(shelf.platforms("linux/amd64", "linux/arm64"));
    const pushed = shelf.image({ layers: ["base", "linux/amd64"], packing: "zstd" });
    const found = await compared(shelf, index, pushed);
    expect(found).toMatchObject({
      verdict: "single-platform-of-index",
      same: { digest: false, imageId: true, layers: false, diffIds: true },
    });
    expect(found.explanation).toContain("but its manifest was written anew");
    expect(found.explanation).toContain(
      `The image ID (the digest of the config) is ${found.left.imageId} on both sides, so it is the same image.`,
    );
    expect(found.explanation).toContain("That is what a pull followed by a push does");
    expect(found.differences.map(({ path }) => path)).toContain("/layers/0/digest");
  });

  it("converted on the way", async () => {
    const shelf = new ComparedShelf();
    const index = shelf.index(shelf.platforms("linux/amd64", "linux/arm64"));
    const found = await compared(shelf, index, shelf.image({ family: "docker", layers: ["base", "linux/amd64"] }));
    expect(found).toMatchObject({ verdict: "single-platform-of-index", same: { layers: true } });
    expect(found.explanation).toContain("the manifest was converted");
  });

  it("another image of that platform is judged by its layers", async () => {
    const shelf = new ComparedShelf();
    const index = shelf.index(shelf.platforms("linux/amd64", "linux/arm64"));
    expect(await compared(shelf, index, shelf.image({ layers: ["base", "other"] }))).toMatchObject({ verdict: "shared-layers" });
    expect(await compared(shelf, index, shelf.image({ layers: ["other"] }))).toMatchObject({ verdict: "unrelated" });
  });

  it("spelt in two ways is the same platform", async () => {
    const shelf = new ComparedShelf();
    const arm = shelf.image({ platform: "linux/arm64", layers: ["arm"] });
    const manifests = [
      { ...shelf.image(), platform: { os: "linux", architecture: "amd64" } },
      { ...arm, platform: { os: "linux", architecture: "arm64", variant: "v8" } },
    ];
    const found = await compared(
      shelf,
      shelf.put(INDEX, { manifests }),
      shelf.image({ platform: "linux/arm64", layers: ["arm"], packing: "zstd" }),
    );
    expect(found).toMatchObject({ verdict: "single-platform-of-index", platform: "linux/arm64/v8" });
    expect(found.explanation).toContain("The other platforms (linux/amd64) are not in right.");
  });
});

describe("two indexes", () => {
  it("over the same manifests are reserialized", async () => {
    const shelf = new ComparedShelf();
    const entries = shelf.platforms("linux/amd64", "linux/arm64");
    const found = await compared(shelf, shelf.index(entries), shelf.index(entries, { annotations: { by: "somebody" } }));
    expect(found).toMatchObject({ verdict: "reserialized", same: { digest: false, imageId: true } });
    expect(found.explanation).toContain("Both indexes list the same manifests, by digest");
    expect(found.differences).toEqual([{ document: "index", path: "/annotations", left: null, right: { by: "somebody" } }]);
  });

  it("say entry by entry what is the same, what differs and what is missing", async () => {
    const shelf = new ComparedShelf();
    const entries = shelf.platforms("linux/amd64", "linux/arm64", "linux/s390x", "linux/ppc64le");
    const rebuilt = ["linux/arm64", shelf.image({ platform: "linux/arm64", layers: ["new"] })] as const;
    const added = ["linux/riscv64", shelf.image({ platform: "linux/riscv64" })] as const;
    const [amd64, , s390x] = entries as [Entries[0], Entries[0], Entries[0]];
    const found = await compared(shelf, shelf.index(entries), shelf.index([added, s390x, rebuilt, amd64]));
    expect(found).toMatchObject({ verdict: "shared-layers", same: { digest: false, imageId: true, layers: true } });
    expect(found.explanation).toContain("Of the 4 entries of the index at left, 2 are the same at right.");
    expect(found.explanation).toContain(
      "Other digests at right: linux/arm64. Missing at right: linux/ppc64le. Only at right: linux/riscv64. In another order at right: linux/amd64, linux/s390x;",
    );
    const arm64 = imageOf(entries, 1);
    const other = (field: "digest" | "size") => ({
      document: "index",
      path: `/manifests/1/${field}`,
      rightPath: `/manifests/2/${field}`,
      left: arm64[field],
      right: rebuilt[1][field],
    });
    expect(found.differences).toEqual([
      other("digest"),
      other("size"),
      expect.objectContaining({ path: "/manifests/3", rightPath: null, right: null }),
      expect.objectContaining({ path: "/manifests/0", leftPath: null, left: null }),
      expect.objectContaining({ path: "/manifests/0/digest", rightPath: "/manifests/3/digest" }),
      expect.objectContaining({ path: "/manifests/2/digest", rightPath: "/manifests/1/digest" }),
    ]);
  });

  it.each([
    ["recompressed", { packing: "zstd" }],
    ["same-layers-new-config", { config: { author: "x" } }],
    ["shared-layers", { layers: ["base", "x"] }],
    ["unrelated", { layers: ["x"] }],
    ["reserialized", { family: "docker" }],
  ] as const)("are judged by the compared platform: %s", async (verdict, change) => {
    const shelf = new ComparedShelf();
    const make = (platform: string, more: object = {}) => [platform, shelf.image({ platform, ...more })] as const;
    const left = shelf.index([make("linux/amd64"), make("linux/arm64")]);
    const right = shelf.index([make("linux/arm64", { ...change, layers: ["y"] }), make("linux/amd64", change)]);
    const found = await compared(shelf, left, right);
    expect(found.verdict).toBe(verdict);
    expect(found.explanation).toContain("linux/amd64 was compared.");
    expect(found.explanation).toContain("Of the entries that differ only the compared platform was looked into.");
  });

  it("attestations are told by what they are about, and are no platform", async () => {
    const shelf = new ComparedShelf();
    const [entry] = shelf.platforms("linux/amd64") as [Entries[0]];
    const statement = (text: string) => {
      const annotations = { "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": entry[1].digest };
      return { ...shelf.image({ platform: "unknown/unknown", layers: [text] }), annotations };
    };
    const indexes = ["1", "2"].map((text) => shelf.index([entry, ["unknown/unknown", statement(text)]]));
    const found = await compared(shelf, indexes[0] as Descriptor, indexes[1] as Descriptor);
    expect(found).toMatchObject({ verdict: "shared-layers", left: { platforms: ["linux/amd64"] } });
    expect(found.explanation).toContain("Other digests at right: attestation of linux/amd64.");
  });

  it("of artifacts share what they list", async () => {
    const shelf = new ComparedShelf();
    const [one, two, three] = ["1", "2", "3"].map((name) => shelf.artifact("application/vnd.example.thing", [name])) as [
      Descriptor,
      Descriptor,
      Descriptor,
    ];
    const entry = (image: Descriptor) => [undefined, image] as const;
    const left = shelf.index([entry(one), entry(two)]);
    const found = await compared(shelf, left, shelf.index([entry(one), entry(three)]));
    expect(found).toMatchObject({ verdict: "shared-layers", left: { platforms: [] }, platform: null });
    expect((await compared(shelf, left, shelf.index([entry(three), entry(three)]))).verdict).toBe("unrelated");
  });

  it("within indexes are found, up to a documented number", async () => {
    const shelf = new ComparedShelf();
    const entries = shelf.platforms("linux/amd64", "linux/arm64");
    const inner = { ...shelf.index(entries), mediaType: INDEX };
    const outer = shelf.index([[undefined, inner]]);
    const found = await compared(shelf, outer, imageOf(entries, 0));
    expect(found.verdict).toBe("single-platform-of-index");
    const many = Array.from({ length: 9 }, (_, n) => [undefined, shelf.index(entries, { annotations: { n: String(n) } })] as const);
    await expect(compared(shelf, outer, shelf.index(many))).rejects.toMatchObject({
      failures: [{ side: "right", failure: { code: "unsupported" } }],
    });
  });
});

describe("the platform", () => {
  it("that is named is compared", async () => {
    const shelf = new ComparedShelf();
    const make = (platform: string, layers: string[]) => [platform, shelf.image({ platform, layers })] as const;
    const left = shelf.index([make("linux/amd64", ["a"]), make("linux/arm/v7", ["b"])]);
    const right = shelf.index([make("linux/amd64", ["a"]), make("linux/arm/v7", ["c"])]);
    expect((await compared(shelf, left, right, "linux/amd64")).same.layers).toBe(true);
    expect((await compared(shelf, left, right, "linux/arm")).verdict).toBe("shared-layers");
    expect((await compared(shelf, left, right, "linux/arm")).same.layers).toBe(false);
  });

  it("is the only one that both have, where linux/amd64 is not there", async () => {
    const shelf = new ComparedShelf();
    const [left, right] = [
      ["linux/arm64", "linux/s390x"],
      ["linux/riscv64", "linux/s390x"],
    ].map((names) => shelf.index(shelf.platforms(...names)));
    const found = await compared(shelf, left as Descriptor, right as Descriptor);
    expect(found.explanation).toContain("linux/s390x was compared.");
  });

  it("is each side's own where they have none in common", async () => {
    const shelf = new ComparedShelf();
    const [left, right] = [["linux/amd64", "linux/arm64"], ["windows/amd64"]].map((names) => shelf.index(shelf.platforms(...names)));
    const found = await compared(shelf, left as Descriptor, right as Descriptor);
    expect(found.explanation).toContain("linux/amd64 at left was compared with windows/amd64 at right: no platform is on both sides.");
  });

  it("that is not there is refused at its side, with those that are", async () => {
    const shelf = new ComparedShelf();
    const index = shelf.index(shelf.platforms("linux/amd64", "linux/arm64"));
    await expect(compared(shelf, index, shelf.image(), "linux/arm64")).rejects.toMatchObject({
      failures: [
        {
          side: "right",
          failure: {
            code: "not-found",
            registry: "right.example",
            message: "right.example/app:1 is an image for linux/amd64, not for linux/arm64",
          },
        },
      ],
    });
  });

  it("is the first of several that both have, where linux/amd64 is none of them", async () => {
    const shelf = new ComparedShelf();
    const index = shelf.index(shelf.platforms("linux/arm64", "linux/s390x"));
    expect((await compared(shelf, index, shelf.index(shelf.platforms("linux/s390x", "linux/arm64")))).platform).toBe("linux/arm64");
  });
});

describe("how to copy", () => {
  const advised = async (leftAt: string, rightAt: string) => {
    const shelf = new ComparedShelf();
    const readers = {
      left: shelf.side("left", shelf.image(), leftAt),
      right: shelf.side("right", shelf.image({ packing: "zstd" }), rightAt),
    };
    return /POST \/copy (\{.*?\})/.exec((await compare(readers, undefined)).explanation)?.[1];
  };

  it("names the source's digest where the caller does, and the destination's tag", async () => {
    const shelf = new ComparedShelf();
    const [left, right] = [shelf.image().digest, shelf.image({ packing: "zstd" }).digest];
    expect(await advised(`a.example/x@${left}`, "b.example/y:2")).toBe(`{"source":"a.example/x@${left}","destination":"b.example/y:2"}`);
    expect(await advised("a.example/x:1", `b.example/y@${right}`)).toBe('{"source":"a.example/x:1","destination":"b.example/y"}');
    // In one place there is nothing to copy.
    expect(await advised(`a.example/x@${left}`, `a.example/x@${right}`)).toBeUndefined();
    expect(await advised(`a.example/x:1@${left}`, `a.example/x:1@${right}`)).toBe(
      `{"source":"a.example/x:1@${left}","destination":"a.example/x:1"}`,
    );
  });
});

describe("failures", () => {
  it("of both sides are told, each with its registry", async () => {
    const shelf = new ComparedShelf();
    const gone = { mediaType: INDEX, digest: `sha256:${"0".repeat(64)}`, size: 1 } as const;
    await expect(compared(shelf, gone, gone)).rejects.toMatchObject({
      failures: [
        { side: "left", failure: { code: "not-found", registry: "left.example" } },
        { side: "right", failure: { code: "not-found", registry: "right.example" } },
      ],
    });
  });
});
