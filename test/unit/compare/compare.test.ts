/** Every verdict, each by a pair of images that was made for it. */
import { describe, expect, test } from "vitest";
import { type Comparison, compare } from "../../../src/compare/compare.ts";
import type { SideReader } from "../../../src/compare/read-sides.ts";
import { readBlob } from "../../../src/copy/read-blob.ts";
import { parsePlatform } from "../../../src/oci/platform.ts";
import { sourceReference } from "../../../src/oci/reference.ts";
import { Shelf } from "./shelf.ts";

const pretty = (value: object) => JSON.stringify(value, null, 3);
const reversed = (value: object) => JSON.stringify(Object.fromEntries(Object.entries(value).reverse()));

const AMD = { platform: "linux/amd64" };
const ARM = { platform: "linux/arm64" };

/** Compares `left` and `right` of one shelf. */
async function compared(make: (shelf: Shelf) => void, platform?: string): Promise<Comparison & { taken: string[] }> {
  const shelf = new Shelf();
  make(shelf);
  const end = (tag: string): SideReader => ({
    reference: sourceReference(`a.io/app:${tag}`),
    readManifest: (reference) => shelf.fetchManifest(reference),
    readConfig: (config) => readBlob(config, shelf),
  });
  const wanted = platform === undefined ? undefined : parsePlatform(platform);
  return { ...(await compare({ left: end("left"), right: end("right") }, wanted)), taken: shelf.taken };
}

interface Row {
  make: (shelf: Shelf) => void;
  verdict: string;
  same: string;
  says: RegExp;
}

/** `same` names what is the same, of digest, imageId, layers, diffIds. */
const PAIRS: Record<string, Row> = {
  "one image under two tags": {
    make: (shelf) => ["left", "right"].forEach((tag) => void shelf.image(tag)),
    verdict: "identical",
    same: "digest imageId layers diffIds",
    says: /same bytes/,
  },
  "one index under two tags": {
    make: (shelf) => ["left", "right"].forEach((tag) => void shelf.index(tag, [shelf.image("amd", AMD), shelf.image("arm", ARM)])),
    verdict: "identical",
    same: "digest imageId layers diffIds",
    says: /an index over 2 platforms/,
  },
  "an index and its image": {
    make: (shelf) => {
      shelf.index("left", [shelf.image("right", AMD), shelf.image("arm", ARM)]);
    },
    verdict: "single-platform-of-index",
    same: "imageId layers diffIds",
    says: /^right is the linux\/amd64 image of the index at left, byte for byte/,
  },
  "an image and the index that it is from, of another platform than the usual": {
    make: (shelf) => {
      shelf.index("right", [shelf.image("amd", AMD), shelf.image("left", { ...ARM, layers: ["arm"] })]);
    },
    verdict: "single-platform-of-index",
    same: "imageId layers diffIds",
    says: /^left is the linux\/arm64 image of the index at right/,
  },
  "an index, and its image pulled and pushed again": {
    make: (shelf) => {
      shelf.index("left", [shelf.image("amd", { ...AMD, layers: ["a", "b"] }), shelf.image("arm", ARM)]);
      shelf.image("right", { ...AMD, layers: ["A", "B"], diffIds: ["a", "b"], docker: true });
    },
    verdict: "single-platform-of-index",
    same: "imageId diffIds",
    says: /docker push packs them again/,
  },
  "a manifest with other white space": {
    make: (shelf) => {
      shelf.image("left");
      shelf.image("right", { write: pretty });
    },
    verdict: "reserialized",
    same: "imageId layers diffIds",
    says: /only white space/,
  },
  "a manifest with its fields in another order": {
    make: (shelf) => {
      shelf.image("left");
      shelf.image("right", { write: reversed });
    },
    verdict: "reserialized",
    same: "imageId layers diffIds",
    says: /order of fields/,
  },
  "a manifest of Docker's family": {
    make: (shelf) => {
      shelf.image("left");
      shelf.image("right", { docker: true });
    },
    verdict: "reserialized",
    same: "imageId layers diffIds",
    says: /media type application\/vnd\.oci\.image\.manifest/,
  },
  "an index of Docker's family": {
    make: (shelf) => {
      const children = [shelf.image("amd", AMD), shelf.image("arm", ARM)];
      shelf.index("left", children);
      shelf.index("right", children, { docker: true });
    },
    verdict: "reserialized",
    same: "imageId layers diffIds",
    says: /Both indexes list the same manifests/,
  },
  "layers packed by another compressor": {
    make: (shelf) => {
      shelf.image("left", { layers: ["a", "b"] });
      shelf.image("right", { layers: ["A", "B"], diffIds: ["a", "b"] });
    },
    verdict: "recompressed",
    same: "imageId diffIds",
    says: /compressed in another way/,
  },
  "another config on the same layers": {
    make: (shelf) => {
      shelf.image("left", { layers: ["a", "b"] });
      shelf.image("right", { layers: ["a", "b"], config: { created: "2026-11-25T00:00:00Z" } });
    },
    verdict: "same-layers-new-config",
    same: "layers diffIds",
    says: /The image IDs .* differ too/,
  },
  "a common base": {
    make: (shelf) => {
      shelf.image("left", { layers: ["base", "a"] });
      shelf.image("right", { layers: ["base", "b"] });
    },
    verdict: "shared-layers",
    same: "",
    says: /1 of the 2 layers at left is at right too, the first one in the same place/,
  },
  "a common base that was packed again": {
    make: (shelf) => {
      shelf.image("left", { layers: ["base", "a"] });
      shelf.image("right", { layers: ["BASE", "b"], diffIds: ["base", "b"] });
    },
    verdict: "shared-layers",
    same: "",
    says: /1 of the 2 layers at left is at right too/,
  },
  "an index that has lost a platform": {
    make: (shelf) => {
      const amd = shelf.image("amd", AMD);
      shelf.index("left", [amd, shelf.image("arm", ARM)]);
      shelf.index("right", [amd]);
    },
    verdict: "shared-layers",
    same: "imageId layers diffIds",
    says: /Of the 2 entries of the index at left, 1 is the same at right. Missing at right: linux\/arm64/,
  },
  "two images": {
    make: (shelf) => {
      shelf.image("left", { layers: ["a"] });
      shelf.image("right", { layers: ["b"] });
    },
    verdict: "unrelated",
    same: "",
    says: /nothing in common/,
  },
  "two artifacts with other annotations": {
    make: (shelf) => {
      shelf.image("left", { diffIds: null });
      shelf.image("right", { diffIds: null, fields: { annotations: { a: "b" } } });
    },
    verdict: "reserialized",
    same: "imageId layers diffIds",
    says: /the manifest differs in annotations/,
  },
  "an artifact and an image": {
    make: (shelf) => {
      shelf.image("left", { diffIds: null, layers: ["chart"] });
      shelf.image("right", { layers: ["a"] });
    },
    verdict: "unrelated",
    same: "",
    says: /nothing in common/,
  },
};

test.each(Object.entries(PAIRS))("%s", async (_, { make, verdict, same, says }) => {
  const result = await compared(make);
  const names = Object.entries(result.same).flatMap(([name, is]) => (is ? [name] : []));
  expect([result.verdict, names.join(" ")]).toEqual([verdict, same]);
  expect(result.explanation).toMatch(says);
  expect(result.differences.length > 0).toBe(verdict !== "identical" && !/white space|order of fields/.test(result.explanation));
});

test("both sides are described", async () => {
  const { left, right, platform } = await compared((shelf) => {
    shelf.index("left", [shelf.image("right", AMD), shelf.image("arm", ARM)]);
  });
  expect(left).toMatchObject({
    reference: "a.io/app:left",
    mediaType: "application/vnd.oci.image.index.v1+json",
    platforms: ["linux/amd64", "linux/arm64"],
  });
  expect(right).toMatchObject({
    reference: "a.io/app:right",
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    platforms: ["linux/amd64"],
  });
  expect(left.imageId).toMatch(/^sha256:/);
  expect([right.imageId, platform]).toEqual([left.imageId, "linux/amd64"]);
});

test("differences name the place in the document, by JSON pointer", async () => {
  const { differences } = await compared((shelf) => {
    shelf.image("left", { layers: ["a", "b"], config: { config: { Env: ["A=1"] } } });
    shelf.image("right", {
      layers: ["a", "B"],
      diffIds: ["a", "b"],
      config: { config: { Env: ["A=2"] } },
      fields: { annotations: { "a/b": "c" } },
    });
  });
  expect(differences.map(({ document, path }) => `${document} ${path}`)).toEqual([
    "manifest /config/digest",
    "manifest /layers/1/digest",
    "manifest /annotations",
    "config /config/Env/0",
  ]);
  expect(differences[2]).toMatchObject({ left: null, right: { "a/b": "c" } });
});

describe("the compared platform", () => {
  const two = (shelf: Shelf) => {
    shelf.index("left", [shelf.image("a", AMD), shelf.image("b", { ...ARM, layers: ["arm"] })]);
    shelf.index("right", [shelf.image("a", AMD), shelf.image("c", { ...ARM, layers: ["ARM"], diffIds: ["arm"] })]);
  };

  test("is linux/amd64 where nothing is said", async () => {
    expect(await compared(two)).toMatchObject({ platform: "linux/amd64", verdict: "shared-layers" });
  });

  test("is the one that is asked for", async () => {
    expect(await compared(two, "linux/arm64")).toMatchObject({ platform: "linux/arm64", verdict: "recompressed" });
  });

  test("that is not there is said with those that are", async () => {
    await expect(compared(two, "linux/s390x")).rejects.toThrow(/no image for linux\/s390x; it has linux\/amd64, linux\/arm64/);
  });

  test("of a single image is what its config says", async () => {
    await expect(compared((shelf) => ["left", "right"].forEach((tag) => void shelf.image(tag, AMD)), "linux/arm64")).rejects.toThrow(
      /is an image for linux\/amd64, not for linux\/arm64/,
    );
  });

  test("is the only one where there is one", async () => {
    const only = (shelf: Shelf) =>
      ["left", "right"].forEach((tag) => void shelf.index(tag, [shelf.image(`${tag}-arm`, { ...ARM, layers: [tag] })]));
    expect(await compared(only)).toMatchObject({ platform: "linux/arm64", verdict: "unrelated" });
  });
});

test("three requests a side at most, and no layer", async () => {
  const { taken } = await compared((shelf) => {
    shelf.index("left", [shelf.image("a", AMD), shelf.image("b", ARM)]);
    shelf.index("right", [shelf.image("c", { ...AMD, layers: ["c"] }), shelf.image("d", ARM)]);
  });
  expect(taken.sort()).toEqual(
    ["blob", "blob", "manifest left", "manifest right", "manifest sha256:", "manifest sha256:"].map((one) =>
      one.replace("sha256:", "sha256:".slice(0, 7)),
    ),
  );
});

test("identical references are read once", async () => {
  const { taken } = await compared((shelf) => ["left", "right"].forEach((tag) => void shelf.image(tag)));
  expect(taken.filter((one) => one === "blob")).toHaveLength(1);
});

test("a config that is not what its digest says is not believed", async () => {
  await expect(
    compared((shelf) => {
      shelf.image("left");
      shelf.image("right", { layers: ["b"] });
      shelf.spoil();
    }),
  ).rejects.toThrow(/have another digest/);
});
