/** Referrers together with the other options of a copy: only of what is copied, and as thoroughly as that. */
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { OCI_INDEX, OCI_MANIFEST } from "../../src/oci/media-types.ts";
import { attach, digestTag, entryOf, fallbackEntries, hasManifest, topOf } from "../support/attached.ts";
import { expectArrived } from "../support/copied-image.ts";
import { copy, freshName, registry, twoRegistries } from "../support/copy-service.ts";
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

describe("an index with an attestation in it that says itself what it is about", () => {
  /** As BuildKit writes them: a child of the index, attached to another child by `subject`. */
  async function attested(toOptions: RegistryOptions) {
    const [from, to] = await twoRegistries({}, toOptions);
    const name = freshName();
    const image = await from.putImage(name, "plain", { seed: "attested", platforms: ["linux/amd64", "linux/arm64/v8"] });
    const [amd64, arm64] = image.manifests as [ReturnType<typeof topOf>, ReturnType<typeof topOf>];
    const attestation = await attach(from, name, amd64, "attestation of amd64");
    const children = [
      { ...amd64, platform: { os: "linux", architecture: "amd64" } },
      { ...arm64, platform: { os: "linux", architecture: "arm64" } },
      { ...topOf(attestation), platform: { os: "unknown", architecture: "unknown" } },
    ];
    const body = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: children });
    const digest = await from.putManifest(name, "1.0", OCI_INDEX, new TextEncoder().encode(body));
    return { from, to, name, digest, amd64, attestation };
  }

  test.each([
    ["with referrers", { referrers }],
    ["with referrers, written anew", { referrers, platforms: ["linux/amd64"], index: "rewrite" }],
    ["without", {}],
  ])("goes with it, and is listed there: %s", async (_, options) => {
    const { from, to, name, digest, amd64, attestation } = await attested({ quirks: { referrers: 404 } });

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, options);

    expect(job).toMatchObject({ status: "succeeded", digest, error: null });
    expect(await hasManifest(to, name, attestation.digest)).toBe(true);
    expect(await fallbackEntries(to, name, amd64.digest)).toEqual([entryOf(attestation)]);
    await to.clearRequests();
    expect((await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, options)).images[0]?.destinations[0]?.status).toBe(
      "unchanged",
    );
    expect(await to.requests({ method: "PUT" })).toEqual([]);
  });
});

test("what is copied by a tag of its own is listed under its subject, as every client has to see to", async () => {
  const [from, to] = await twoRegistries({}, { quirks: { referrers: 404 } });
  const name = freshName();
  const image = await from.putImage(name, "1.0", { seed: "listed", platforms: ["linux/amd64"], index: "none" });
  const sbom = await from.putArtifact(name, "sbom", {
    seed: "sbom",
    artifactType: "application/vnd.example.sbom",
    subject: { ...topOf(image) },
  });

  const job = await copy(`${from.host}/${name}:sbom`, `${to.host}/${name}:sbom`);

  expect(job).toMatchObject({ status: "succeeded", digest: sbom.digest });
  expect(job.progress.referrers).toBeUndefined();
  expect(await to.tags(name)).toMatchObject({ sbom: sbom.digest });
  expect(await fallbackEntries(to, name, image.digest)).toEqual([entryOf(sbom)]);
});

test("foreign layers of what is attached come with it where they are asked for", async () => {
  const [from, to, elsewhere] = [...(await twoRegistries()), await registry()];
  const name = freshName();
  const image = await from.putImage(name, "1.0", { seed: "subject of foreign", platforms: ["linux/amd64"], index: "none" });
  const windows = await elsewhere.putImage(name, "1.0", { seed: "foreign", platforms: ["linux/amd64"], index: "none", layers: [500] });
  const layer = windows.blobs.find(({ size }) => size === 500) as (typeof windows.blobs)[number];
  const config = await from.putArtifact(name, undefined, { seed: "empty config", layers: [] });
  const [empty] = config.blobs as [(typeof config.blobs)[number]];
  const body = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: "application/vnd.example.sbom",
    config: { mediaType: "application/vnd.oci.empty.v1+json", digest: empty.digest, size: empty.size },
    layers: [
      {
        mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        digest: layer.digest,
        size: layer.size,
        urls: [`${elsewhere.url}/v2/${name}/blobs/${layer.digest}`],
      },
    ],
    subject: topOf(image),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  await from.putManifest(name, digestOf(bytes), OCI_MANIFEST, bytes);

  const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, { referrers, foreignLayers: "copy" });

  expect(job).toMatchObject({ status: "succeeded", error: null });
  expect(await to.blob(name, layer.digest)).toBeDefined();
});
