/** Referrers together with the other options of a copy: only of what is copied, and as thoroughly as that. */
import { describe, expect, test } from "vitest";
import { attach, digestTag, entryOf, fallbackEntries, hasManifest, topOf } from "../support/attached.ts";
import { expectArrived } from "../support/copied-image.ts";
import { copy, freshName, twoRegistries } from "../support/copy-service.ts";
import type { RegistryOptions } from "../support/registry/fake-registry.ts";

const SPARSE: RegistryOptions = { quirks: { referrers: 404, sparseIndexes: true } };
const referrers = true;

/** An index over two platforms, something attached to each of the three manifests, and a signature tag of the first platform. */
async function twoPlatforms() {
  const [from, to] = await twoRegistries({}, SPARSE);
  const name = freshName();
  const image = await from.putImage(name, "1.0", { seed: "options", platforms: ["linux/amd64", "linux/arm64/v8"] });
  const [amd64, arm64] = image.manifests as [ReturnType<typeof topOf>, ReturnType<typeof topOf>];
  const ofIndex = await attach(from, name, topOf(image), "of the index");
  const ofAmd64 = await attach(from, name, amd64, "of amd64");
  const ofArm64 = await attach(from, name, arm64, "of arm64");
  const signature = await from.putArtifact(name, digestTag(amd64.digest, ".sig"), { seed: "signature of amd64" });
  const arrived = (...artifacts: { digest: string }[]) => Promise.all(artifacts.map(({ digest }) => hasManifest(to, name, digest)));
  return {
    from,
    to,
    name,
    image,
    amd64,
    arm64,
    ofIndex,
    ofAmd64,
    ofArm64,
    signature,
    arrived,
    copyWith: (more: Record<string, unknown>) => copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, { referrers, ...more }),
  };
}

describe("with platforms, what is attached to those that are copied comes, and nothing else:", () => {
  test("a sparse index keeps its own", async () => {
    const { copyWith, arrived, ofIndex, ofAmd64, ofArm64, signature, from } = await twoPlatforms();
    const job = await copyWith({ platforms: ["linux/amd64"] });
    expect(job).toMatchObject({ status: "succeeded", progress: { referrers: { total: 3, done: 3 } } });
    expect(await arrived(ofIndex, ofAmd64, signature, ofArm64)).toEqual([true, true, true, false]);
    // Each copied manifest is asked about, and each of the three that were found.
    expect(await from.requests({ path: "/referrers/" })).toHaveLength(5);
  });

  test("of a single platform the index's do not belong to it", async () => {
    const { copyWith, arrived, amd64, to, name, ofIndex, ofAmd64, ofArm64, signature } = await twoPlatforms();
    const job = await copyWith({ platforms: ["linux/amd64"], index: "single" });
    expect(job).toMatchObject({ status: "succeeded", progress: { referrers: { total: 2, done: 2 } } });
    expect(await arrived(ofAmd64, signature, ofIndex, ofArm64)).toEqual([true, true, false, false]);
    expect(await to.tags(name)).toMatchObject({ "1.0": amd64.digest, [digestTag(amd64.digest, ".sig")]: signature.digest });
  });

  test("of an index that is made anew the old one's do not belong to it", async () => {
    const { copyWith, arrived, arm64, to, name, ofIndex, ofAmd64, ofArm64, signature, from } = await twoPlatforms();
    const job = await copyWith({ platforms: ["linux/arm64/v8"], index: "rewrite" });
    expect(job).toMatchObject({ status: "succeeded", digestPreserved: false, progress: { referrers: { total: 1, done: 1 } } });
    expect(await arrived(ofArm64, ofIndex, ofAmd64, signature)).toEqual([true, false, false, false]);
    expect(await fallbackEntries(to, name, arm64.digest)).toEqual([entryOf(ofArm64)]);
    // The new index is nothing that the source could know.
    expect(await from.requests({ path: "/referrers/" })).toHaveLength(2);
  });
});

describe("a deep check", () => {
  test("brings back what a referrer has lost at the destination", async () => {
    const { copyWith, from, to, name, ofIndex, image } = await twoPlatforms();
    await copyWith({});
    expect((await copyWith({})).images[0]?.destinations[0]?.status).toBe("unchanged");
    const lost = ofIndex.blobs.at(-1)?.digest ?? "";
    await to.remove(name, lost);
    // The list still names it, and so nothing is missing at first sight.
    expect((await copyWith({})).images[0]?.destinations[0]?.status).toBe("unchanged");
    expect(await to.blob(name, lost)).toBeUndefined();

    const job = await copyWith({ check: "deep" });

    expect(job).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "copied", digest: image.digest }] }] });
    expect(job.progress).toMatchObject({ referrers: { total: 4, done: 4 }, blobs: { copied: 1 } });
    await expectArrived(ofIndex, { at: from, name }, { at: to, name });
  });

  test("that finds everything in place writes nothing", async () => {
    const { copyWith, to, name } = await twoPlatforms();
    await copyWith({});
    const before = (await to.writes()).length;
    const job = await copyWith({ check: "deep" });
    expect(job).toMatchObject({ images: [{ destinations: [{ status: "unchanged" }] }], progress: { referrers: { total: 4, done: 4 } } });
    expect((await to.writes()).length).toBe(before);
    expect((await to.requests({ method: "HEAD", path: `/${name}/manifests/sha256:` })).length).toBeGreaterThanOrEqual(6);
  });
});
