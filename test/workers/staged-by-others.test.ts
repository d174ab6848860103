/** What one job has staged and another wants: it is used where the other's source has it too, and no way to a layer that its source does not have. */
import { describe, expect, test } from "vitest";
import { expectArrived } from "../support/copied-image.ts";
import { copy, freshName, registry, requestKinds, twoRegistries } from "../support/copy-service.ts";

const MIB = 1024 * 1024;

/** An image with a layer of that size, staged by a copy of it; and at another registry a manifest that names the layer, which is not there. */
async function stagedElsewhere(size: number) {
  const [from, to] = await twoRegistries();
  const other = await registry();
  const name = freshName();
  const image = await from.putImage(name, "1.0", { seed: name, platforms: ["linux/amd64"], index: "none", layers: [size] });
  const staged = await copy(`${from.host}/${name}:1.0`, `${to.host}/private/${name}`, { stage: "always" });
  expect(staged).toMatchObject({ status: "succeeded", progress: { blobs: { staged: 2 } } });
  const manifest = await from.manifest(name, image.digest);
  const { config, layers } = JSON.parse(new TextDecoder().decode(manifest?.bytes)) as Record<"config" | "layers", never>;
  await other.putBlob(name, (await from.blob(name, (config as { digest: string }).digest)) ?? new Uint8Array());
  await other.putManifest(name, "1.0", manifest?.mediaType ?? "", manifest?.bytes ?? new Uint8Array());
  const [{ digest }] = layers as [{ digest: string }];
  return { to, other, name, image, layer: digest, bytes: await from.blob(name, digest) };
}

describe("a layer that another job has staged", () => {
  test.each([
    { stage: "always", size: 5_000, targets: 1 },
    { stage: "auto", size: 5_000, targets: 2 },
    // Large enough to be looked for in the stage before it is asked for.
    { stage: "auto", size: 4 * MIB, targets: 1 },
  ])("is not given to one whose source does not have it: $stage, $size bytes, $targets registries", async ({ stage, size, targets }) => {
    const { to, other, name, layer } = await stagedElsewhere(size);
    const second = await registry();
    const destinations = [to, second].slice(0, targets).map(({ host }) => `${host}/guest/${name}`);

    const job = await copy(`${other.host}/${name}:1.0`, destinations, { stage });

    expect(job).toMatchObject({ status: "failed", error: { code: "not-found", side: "source", registry: other.host } });
    expect(await to.blob(`guest/${name}`, layer)).toBeUndefined();
    expect(await second.blob(`guest/${name}`, layer)).toBeUndefined();
  });

  test.each([
    { stage: "always", size: 5_000 },
    { stage: "auto", size: 4 * MIB },
  ])("is asked for and not read again where the source has it: $stage, $size bytes", async ({ stage, size }) => {
    const { to, other, name, image, bytes } = await stagedElsewhere(size);
    await other.putBlob(name, bytes ?? new Uint8Array());
    await other.clearRequests();

    const job = await copy(`${other.host}/${name}:1.0`, `${to.host}/guest/${name}`, { stage });

    expect(job).toMatchObject({ status: "succeeded", digest: image.digest });
    await expectArrived(image, { at: other, name }, { at: to, name: `guest/${name}` });
    // The config, too small to be looked for in the stage, is read where that is not asked for always.
    const config = stage === "always" ? { "HEAD blob": 2 } : { "HEAD blob": 1, "GET blob": 1 };
    expect(await requestKinds(other)).toEqual({ "HEAD tag": 1, "GET manifest": 1, ...config });
  });

  test("is asked for with GET where the source does not answer HEAD", async () => {
    const { to, other, name, image, layer, bytes } = await stagedElsewhere(5_000);
    await other.putBlob(name, bytes ?? new Uint8Array());
    await other.fail({ method: "HEAD", path: `blobs/${layer}`, times: "always", action: { status: 405 } });

    const job = await copy(`${other.host}/${name}:1.0`, `${to.host}/guest/${name}`, { stage: "always" });

    expect(job).toMatchObject({ status: "succeeded", digest: image.digest });
    expect(await other.requests({ method: "GET", path: `blobs/${layer}` })).toHaveLength(1);
  });
});
