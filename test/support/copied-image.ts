/** Whether an image arrived: the same bytes of every manifest, every blob whole, the tag that stands for it. */
import { expect } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import type { ImageSummary } from "./images/deliver.ts";
import type { RemoteRegistry } from "./registry/remote.ts";

/** One repository of a fake registry. */
interface Place {
  at: RemoteRegistry;
  name: string;
}

/** Expects everything of an image to be at `to` as it is at `from`. */
export async function expectArrived(image: Pick<ImageSummary, "manifests" | "blobs">, from: Place, to: Place): Promise<void> {
  for (const { digest, mediaType } of image.manifests) {
    const [sent, arrived] = await Promise.all([from.at.manifest(from.name, digest), to.at.manifest(to.name, digest)]);
    expect(arrived, `manifest ${digest}`).toEqual(sent);
    expect(arrived?.mediaType).toBe(mediaType);
  }
  for (const { digest } of image.blobs) {
    const bytes = await to.at.blob(to.name, digest);
    expect(bytes && digestOf(bytes), `blob ${digest}`).toBe(digest);
  }
}

/** Expects every upload that was begun at a registry to come to its end, by a commit or a cancel. */
export async function expectNoUploads(at: RemoteRegistry): Promise<void> {
  await expect.poll(() => at.counts(), { timeout: 8_000 }).toMatchObject({ openUploads: 0 });
}

/** Expects nothing to have become visible at a registry, and no upload to be open there. */
export async function expectNothing(at: RemoteRegistry): Promise<void> {
  expect(await at.writes()).toEqual([]);
  await expectNoUploads(at);
}
