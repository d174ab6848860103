/** A list of referrers that is copied with its tag, as an image of its own: byte for byte where nothing of others is lost by that, else added to. */
import { expect, test } from "vitest";
import type { JobDocument } from "../../src/jobs/document.ts";
import { OCI_INDEX } from "../../src/oci/media-types.ts";
import { attach, digestTag, type Entry, entryOf, fallbackEntries, putFallbackIndex, topOf } from "../support/attached.ts";
import { copy, freshName, twoRegistries } from "../support/copy-service.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";

const NO_API = { quirks: { referrers: 404 } } as const;

/** An image with two artifacts, listed as nobody here would: with a note, and its fields in another order. `digest` is the list's. */
async function listed() {
  const [from, to] = await twoRegistries(NO_API, NO_API);
  const name = freshName();
  const options = { seed: "listed", platforms: ["linux/amd64"], index: "none" } as const;
  const image = await from.putImage(name, "1.0", { ...options, platforms: [...options.platforms] });
  await to.putImage(name, "1.0", { ...options, platforms: [...options.platforms] });
  const artifacts = [await attach(from, name, topOf(image), "one"), await attach(from, name, topOf(image), "two")];
  const manifests = artifacts.map((artifact) => entryOf(artifact)).map(({ size, digest, ...rest }) => ({ size, ...rest, digest }));
  const body = { annotations: { by: "somebody" }, manifests, mediaType: OCI_INDEX, schemaVersion: 2 };
  const tag = digestTag(image.digest);
  const digest = await from.putManifest(name, tag, OCI_INDEX, new TextEncoder().encode(JSON.stringify(body)));
  const mirror = (more: object = {}, at = "") => copy(`${from.host}/${name}:${tag}`, `${to.host}/${name}:${tag}${at}`, { ...more });
  return { from, to, name, image, artifacts, tag, digest, mirror };
}

const endOf = ({ images }: JobDocument) => images[0]?.destinations[0];

/** Attaches something at the destination only, and lists it there. */
async function attachThere(to: RemoteRegistry, name: string, image: Parameters<typeof topOf>[0]): Promise<Entry> {
  const theirs = entryOf(await attach(to, name, topOf(image), "theirs"));
  await putFallbackIndex(to, name, image.digest, [theirs]);
  return theirs;
}

test("arrives byte for byte where there was none, though its artifacts list themselves first", async () => {
  const { to, name, tag, digest, mirror } = await listed();
  const planned = await mirror({ dryRun: true });
  const job = await mirror();
  expect([endOf(planned), endOf(job)]).toMatchObject(Array(2).fill({ status: "copied", digest }));
  expect(job).toMatchObject({ status: "succeeded", digest, digestPreserved: true });
  expect((await to.tags(name))[tag]).toBe(digest);
  expect(endOf(await mirror())).toMatchObject({ status: "unchanged", digest });
});

test("is added to where others have listed something, and then unchanged", async () => {
  const { to, name, image, artifacts, tag, digest, mirror } = await listed();
  const theirs = await attachThere(to, name, image);
  expect(endOf(await mirror({ dryRun: true }))).toMatchObject({ status: "copied", digest: null });

  const job = await mirror();

  const merged = (await to.tags(name))[tag];
  expect(merged).not.toBe(digest);
  expect(job).toMatchObject({ status: "succeeded", digest, digestPreserved: false });
  expect(endOf(job)).toMatchObject({ status: "copied", digest: merged });
  const digests = [theirs.digest, ...artifacts.map((artifact) => artifact.digest)];
  expect((await fallbackEntries(to, name, image.digest))?.map((entry) => entry.digest)).toEqual(digests);

  await to.clearRequests();
  const [planned, again] = [await mirror({ dryRun: true }), await mirror()];
  expect([endOf(planned), endOf(again)]).toMatchObject(Array(2).fill({ status: "unchanged", digest: merged }));
  expect([planned.plan, again.digestPreserved]).toMatchObject([{ manifests: { put: 0 }, tags: 0 }, false]);
  expect(await to.requests({ method: "PUT" })).toEqual([]);
});

test("is not added to where the destination asks for a digest", async () => {
  const { to, name, image, tag, digest, mirror } = await listed();
  expect(endOf(await mirror({}, `@${digest}`))).toMatchObject({ status: "copied", digest });
  const theirs = await attachThere(to, name, image);
  const before = (await to.tags(name))[tag];

  const job = await mirror({}, `@${digest}`);

  expect(job).toMatchObject({ status: "failed", error: { code: "digest-mismatch", side: "destination", registry: to.host } });
  expect((await to.tags(name))[tag]).toBe(before);
  expect(await fallbackEntries(to, name, image.digest)).toEqual([theirs]);
});
