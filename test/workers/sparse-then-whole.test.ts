/** All of an image after some of its platforms: the registry's answer for the tag is the same, what is there is not. */
import { describe, expect, test } from "vitest";
import { copy, freshName, requestKinds, twoRegistries } from "../support/copy-service.ts";
import type { ImageSummary } from "../support/images/deliver.ts";
import type { ImageOptions } from "../support/images/image.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";

const IMAGE: ImageOptions = { seed: "sparse, then whole", platforms: ["linux/amd64", "linux/arm64/v8", "linux/s390x"] };
const TAKES_SPARSE = { quirks: { sparseIndexes: true } };

/** Which of an image's manifests are in a repository. */
async function manifestsAt(at: RemoteRegistry, name: string, { manifests }: ImageSummary): Promise<string[]> {
  const there = await Promise.all(manifests.map(async ({ digest }) => ((await at.manifest(name, digest)) === undefined ? [] : [digest])));
  return there.flat().sort();
}

describe("sparse, and then all of it", () => {
  const sparse = { platforms: ["linux/arm64"] };

  test.each([
    ["the tag alone", {}],
    ["with referrers", { referrers: true }],
    ["among many tags", { tags: "all" }],
  ])("what was left out before is brought: %s", async (_, options) => {
    const [from, to] = await twoRegistries({}, TAKES_SPARSE);
    const name = freshName();
    const image = await from.putImage(name, "1.0", IMAGE);
    await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, sparse);
    expect(await manifestsAt(to, name, image)).toHaveLength(2);
    const tag = "tags" in options ? "" : ":1.0";
    const whole = () => copy(`${from.host}/${name}${tag}`, `${to.host}/${name}${tag}`, options);

    expect((await whole()).images[0]?.destinations).toMatchObject([{ status: "copied", digest: image.digest }]);
    expect(await manifestsAt(to, name, image)).toHaveLength(image.manifests.length);

    await Promise.all([from.clearRequests(), to.clearRequests()]);
    expect((await whole()).images[0]?.destinations).toMatchObject([{ status: "unchanged", digest: image.digest }]);
    expect((await requestKinds(to))["HEAD tag"]).toBe(1);
    expect(await to.requests({ method: "PUT" })).toEqual([]);
  });

  test("a dry run says so", async () => {
    const [from, to] = await twoRegistries({}, TAKES_SPARSE);
    const name = freshName();
    await from.putImage(name, "1.0", IMAGE);
    await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, sparse);
    await to.clearRequests();
    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, { dryRun: true });
    expect(job.images[0]?.destinations).toMatchObject([{ status: "copied" }]);
    expect(await to.requests({ method: "PUT" })).toEqual([]);
  });

  test("by digest, without a tag", async () => {
    const [from, to] = await twoRegistries({}, TAKES_SPARSE);
    const name = freshName();
    const image = await from.putImage(name, "1.0", IMAGE);
    const byDigest = (options = {}) => copy(`${from.host}/${name}@${image.digest}`, `${to.host}/${name}`, options);
    await byDigest(sparse);
    expect(await manifestsAt(to, name, image)).toHaveLength(2);
    expect((await byDigest({ dryRun: true })).images[0]?.destinations).toMatchObject([{ status: "copied" }]);
    expect((await byDigest()).images[0]?.destinations).toMatchObject([{ status: "copied", digest: image.digest }]);
    expect(await manifestsAt(to, name, image)).toHaveLength(image.manifests.length);
    expect((await byDigest()).images[0]?.destinations).toMatchObject([{ status: "unchanged", digest: image.digest }]);
  });

  test("under another tag, that the sparse one was given inside of the repository", async () => {
    const [from, to] = await twoRegistries({}, TAKES_SPARSE);
    const name = freshName();
    const image = await from.putImage(name, "1.0", IMAGE);
    await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:a`, sparse);
    await copy(`${to.host}/${name}:a`, `${to.host}/${name}:b`);
    const whole = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:b`);
    expect(whole.images[0]?.destinations).toMatchObject([{ status: "copied", digest: image.digest }]);
    expect(await manifestsAt(to, name, image)).toHaveLength(image.manifests.length);
    const first = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:a`);
    expect(first.images[0]?.destinations).toMatchObject([{ status: "unchanged", digest: image.digest }]);
  });

  test("where tags are not overwritten: this one is not, and what it lacked is brought", async () => {
    const [from, to] = await twoRegistries({}, TAKES_SPARSE);
    const name = freshName();
    const image = await from.putImage(name, "1.0", IMAGE);
    await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, sparse);
    const whole = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, { overwrite: "never" });
    expect(whole.images[0]?.destinations).toMatchObject([{ status: "copied", digest: image.digest }]);
    expect(await manifestsAt(to, name, image)).toHaveLength(image.manifests.length);
  });
});
