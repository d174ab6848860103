/** Dry runs: what a copy would do, in numbers, and not one write request to find it out. */
import { describe, expect, it, test } from "vitest";
import { copy, freshName, registry, requestKinds, twoRegistries } from "../support/copy-service.ts";
import type { ImageOptions } from "../support/images/image.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";

const IMAGE: ImageOptions = { seed: "dry", platforms: ["linux/amd64", "linux/arm64/v8"] };
const SINGLE: ImageOptions = { seed: "dry single", platforms: ["linux/amd64"], index: "none" };
const dry = { dryRun: true };

async function expectNoWrites(...registries: RemoteRegistry[]): Promise<void> {
  for (const at of registries) {
    const methods = (await at.requests()).map(({ method }) => method);
    expect(methods.filter((method) => !["GET", "HEAD"].includes(method))).toEqual([]);
  }
}

const sizeOf = (blobs: readonly { size: number }[]) => blobs.reduce((sum, { size }) => sum + size, 0);

describe("a dry run tells what a copy would do", () => {
  test("of a new image: everything would be sent", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, "1.0", IMAGE);

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, dry);

    const bytes = sizeOf(image.blobs);
    const plan = { manifests: { put: 3, existing: 0 }, tags: 1, blobs: { copy: 5, mount: 0, existing: 0 }, bytes: { copy: bytes } };
    expect(job).toMatchObject({ status: "succeeded", digest: image.digest, request: dry, plan });
    expect(job.images[0]?.destinations).toEqual([
      { reference: `${to.host}/${name}:1.0`, digest: image.digest, status: "copied", error: null, plan },
    ]);
    expect(job.progress).toEqual({
      manifests: { total: 3, done: 3 },
      blobs: { total: 5, done: 5, copied: 0, mounted: 0, existing: 0, staged: 0 },
      bytes: { total: bytes, done: bytes, copied: 0 },
    });
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1, "GET manifest": 3 });
    expect(await requestKinds(to)).toEqual({ "HEAD tag": 1, "HEAD blob": 5 });
    await expectNoWrites(from, to);
    expect(await to.writes()).toEqual([]);
  });

  test("and the copy then does just that", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    await to.putImage(name, "1.0", { ...IMAGE, seed: "dry", platforms: ["linux/amd64"] });
    await from.putImage(name, "1.0", IMAGE);

    const planned = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, dry);
    await expectNoWrites(from, to);
    const { progress } = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`);

    expect(planned.plan).toMatchObject({ manifests: { put: 2, existing: 1 }, tags: 1, blobs: { copy: 2, existing: 1 } });
    const { copied, existing } = progress.blobs;
    expect([planned.plan?.blobs.copy, planned.plan?.blobs.existing]).toEqual([copied, existing]);
    expect(planned.plan?.bytes.copy).toBe(progress.bytes.copied);
  });

  test("of an image that is there: nothing, for two requests", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const { digest } = await from.putImage(name, "1.0", IMAGE);
    await to.putImage(name, "1.0", IMAGE);

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, dry);

    expect(job.images[0]?.destinations).toMatchObject([{ status: "unchanged", digest }]);
    expect(job.plan).toEqual({
      manifests: { put: 0, existing: 1 },
      tags: 0,
      blobs: { copy: 0, mount: 0, existing: 0 },
      bytes: { copy: 0 },
    });
    expect([await requestKinds(from), await requestKinds(to)]).toEqual([{ "HEAD tag": 1 }, { "HEAD tag": 1 }]);
  });

  test("within one registry: blobs would be mounted, and none is", async () => {
    const at = await registry();
    const [name, mirror] = [freshName(), freshName()];
    await at.putImage(name, "1.0", SINGLE);

    const job = await copy(`${at.host}/${name}:1.0`, `${at.host}/${mirror}:1.0`, dry);

    expect(job.plan).toMatchObject({ blobs: { copy: 0, mount: 3, existing: 0 }, bytes: { copy: 0 } });
    expect(await requestKinds(at)).toEqual({ "HEAD tag": 2, "GET manifest": 1, "HEAD blob": 3 });
    await expectNoWrites(at);
  });

  test("each repository is counted once in all, and for each destination by itself", async () => {
    const [from, to] = await twoRegistries();
    const other = await registry();
    const [name, second] = [freshName(), freshName()];
    await from.putImage(name, "1.0", SINGLE);
    await other.putImage(name, undefined, SINGLE);

    const destinations = [`${to.host}/${name}:a`, `${to.host}/${name}:b`, `${to.host}/${second}`, `${other.host}/${name}`];
    const job = await copy(`${from.host}/${name}:1.0`, destinations, dry);

    const blobsOf = job.images[0]?.destinations.map(({ plan }) => [plan?.tags, plan?.blobs.copy, plan?.blobs.mount, plan?.blobs.existing]);
    expect(blobsOf).toEqual([
      [1, 3, 0, 0],
      [1, 3, 0, 0],
      // What the first repository would have by then, its sibling would mount.
      [1, 0, 3, 0],
      [1, 0, 0, 3],
    ]);
    expect(job.plan).toMatchObject({ manifests: { put: 3, existing: 0 }, tags: 4, blobs: { copy: 3, mount: 3, existing: 3 } });
    await expectNoWrites(from, to, other);
  });
});

describe("a dry run with another option", () => {
  test("overwrite: never: a tag that would stay is skipped", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    await from.putImage(name, "1.0", SINGLE);
    await to.putImage(name, "1.0", { ...SINGLE, seed: "another" });

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, { ...dry, overwrite: "never" });

    expect(job).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "skipped" }] }], plan: { tags: 0 } });
    await expectNoWrites(from, to);
  });

  test("check: deep: what is missing below an image that is there would be brought", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, "1.0", IMAGE);
    await to.putImage(name, "1.0", IMAGE);
    await to.remove(name, image.manifests[0]?.digest ?? "");
    await to.remove(name, image.blobs[0]?.digest ?? "");

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, { ...dry, check: "deep" });

    const plan = { manifests: { put: 1, existing: 2 }, tags: 0, blobs: { copy: 1, mount: 0, existing: 4 } };
    expect(job).toMatchObject({ plan, images: [{ destinations: [{ status: "copied", digest: image.digest, plan }] }] });
    await expectNoWrites(from, to);
    expect(await to.blob(name, image.blobs[0]?.digest ?? "")).toBeUndefined();
  });

  it.each([
    ["single", 1, 3],
    ["rewrite", 2, 3],
  ])("index: %s: %i manifests would be put", async (index, put, blobs) => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    await from.putImage(name, "1.0", IMAGE);

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, { ...dry, platforms: ["linux/arm64"], index });

    expect(job).toMatchObject({ status: "succeeded", digestPreserved: false, plan: { manifests: { put }, blobs: { copy: blobs } } });
    await expectNoWrites(from, to);
    expect(await to.tags(name)).toEqual({});
  });

  test("referrers: what is attached counts too, and is not put", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const { digest, mediaType, manifests } = await from.putImage(name, "1.0", SINGLE);
    await from.putArtifact(name, undefined, { seed: "dry sbom", subject: { digest, mediaType, size: manifests[0]?.size ?? 0 } });

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, { ...dry, referrers: true });

    expect(job).toMatchObject({ status: "succeeded", plan: { manifests: { put: 2 }, tags: 1, blobs: { copy: 5 } } });
    expect(job.images[0]?.destinations).toMatchObject([{ status: "copied", plan: { manifests: { put: 2 }, blobs: { copy: 5 } } }]);
    await expectNoWrites(from, to);
  });
});

test("a destination that can't be asked fails the dry run as it would the copy", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  await from.putImage(name, "1.0", SINGLE);
  await to.fail({ method: "HEAD", path: "/blobs/", times: "always", action: { status: 401 } });

  const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}`, dry);

  expect(job).toMatchObject({ status: "failed", error: { code: "access-denied", side: "destination", registry: to.host } });
  await expectNoWrites(from, to);
});
