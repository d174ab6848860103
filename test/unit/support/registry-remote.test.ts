/** The fake registry from afar: what tests inside workerd can do with it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { send } from "../../support/http.ts";
import { claimRegistry, releaseRegistry } from "../../support/registry/claim.ts";
import { sha256 } from "../../support/registry/digest.ts";
import { type Farm, startFarm } from "../../support/registry/farm.ts";
import { OCI_MANIFEST } from "../../support/registry/manifest-rules.ts";

let farm: Farm;
beforeAll(async () => {
  farm = await startFarm(2);
});
afterAll(() => farm.close());

test("content goes in and comes out", async () => {
  const registry = await claimRegistry(farm.url);
  const blob = new Uint8Array([1, 2, 3]);
  const digest = await registry.putBlob("a/b", blob);
  expect(digest).toBe(sha256(blob));
  expect(await registry.blob("a/b", digest)).toEqual(blob);
  expect(await registry.blob("a/c", digest)).toBeUndefined();

  const manifest = new Uint8Array([0x7b, 0x7d]);
  expect(await registry.putManifest("a/b", "tag", OCI_MANIFEST, manifest)).toBe(sha256(manifest));
  expect(await registry.manifest("a/b", "tag")).toEqual({ mediaType: OCI_MANIFEST, bytes: manifest });
  expect(await registry.manifest("a/b", "other")).toBeUndefined();
  expect(await registry.tags("a/b")).toEqual({ tag: sha256(manifest) });
  expect((await registry.writes()).map(({ kind }) => kind)).toEqual(["blob", "manifest", "tag"]);
  await releaseRegistry(farm.url, registry);
});

test("images are made there", async () => {
  const registry = await claimRegistry(farm.url);
  const image = await registry.putImage("a/b", "tag", { seed: "remote", formatting: "odd" });
  expect(await registry.tags("a/b")).toEqual({ tag: image.digest });
  for (const { digest, size } of image.blobs) {
    expect((await registry.blob("a/b", digest))?.length).toBe(size);
  }
  const artifact = await registry.putArtifact("a/b", undefined, { seed: "remote" });
  expect((await registry.manifest("a/b", artifact.digest))?.mediaType).toBe(OCI_MANIFEST);
  await releaseRegistry(farm.url, registry);
});

test("faults, switches and the log", async () => {
  const registry = await claimRegistry(farm.url, { quirks: { tagDelete: false } });
  const id = await registry.fail({ method: "GET", action: { status: 418 } });
  const base = `${registry.url}/v2/`;
  expect([(await send("GET", base)).status, (await send("GET", base)).status]).toEqual([418, 200]);
  expect(await registry.fault(id)).toMatchObject({ applied: 1 });
  await registry.clearFaults();
  expect(await registry.fault(id)).toBeNull();
  expect((await registry.requests({ method: "GET", path: "^/v2/$" })).map(({ status }) => status)).toEqual([418, 200]);
  await registry.clearRequests();
  expect(await registry.requests()).toEqual([]);

  await registry.setQuirks({ blobHead: 405 });
  expect((await send("HEAD", `${registry.url}/v2/a/blobs/${sha256("")}`)).status).toBe(405);
  await send("POST", `${registry.url}/v2/a/blobs/uploads/`);
  expect(await registry.counts()).toEqual({ openUploads: 1, tokens: 0 });
  await registry.expire("uploads");
  expect(await registry.counts()).toEqual({ openUploads: 0, tokens: 0 });
  await registry.reset();
  expect((await send("HEAD", `${registry.url}/v2/a/blobs/${sha256("")}`)).status).toBe(404);
  await releaseRegistry(farm.url, registry);
});

test("waiting for a request, and letting it go", async () => {
  const registry = await claimRegistry(farm.url);
  await registry.fail({ action: { hold: "gate" } });
  const held = send("GET", `${registry.url}/v2/`);
  expect((await registry.waitForRequests({ path: "^/v2/$" })).length).toBe(1);
  await registry.release("gate");
  expect((await held).status).toBe(200);
  await releaseRegistry(farm.url, registry);
});

test("a registry belongs to one at a time, and comes back empty", async () => {
  const [one, two] = [await claimRegistry(farm.url), await claimRegistry(farm.url)];
  await one.putBlob("a", new Uint8Array([1]));
  const third = claimRegistry(farm.url, { auth: { kind: "basic", user: "x", password: "y" } });
  await releaseRegistry(farm.url, one);
  const again = await third;
  expect(again.host).toBe(one.host);
  expect(again.host).not.toBe(two.host);
  expect(await again.writes()).toEqual([]);
  expect((await send("GET", `${again.url}/v2/`)).status).toBe(401);
});

test("mistakes say what they are", async () => {
  const { registries } = farm;
  const answer = await send("GET", `http://${registries[0]?.host}/_control/nothing`);
  expect([answer.status, answer.body.toString()]).toEqual([404, "no command GET nothing"]);
  const broken = await send("POST", `http://${registries[0]?.host}/_control/faults`, { body: "{" });
  expect(broken.status).toBe(500);
});
