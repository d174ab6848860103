/** A deep check: what the destination lacks below a manifest that it has is found and brought. */
import { describe, expect, it, test } from "vitest";
import { expectArrived, expectNoUploads } from "../support/copied-image.ts";
import { api, copy, freshName, jobEnd, registry, requestKinds, twoRegistries } from "../support/copy-service.ts";
import type { ImageOptions } from "../support/images/image.ts";

const IMAGE: ImageOptions = { seed: "deep", platforms: ["linux/amd64", "linux/arm64/v8"] };
const deep = { check: "deep" };

describe("a deep check", () => {
  test("of an image that is whole asks for all of it and writes nothing", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const { digest } = await from.putImage(name, "1.0", IMAGE);
    await to.putImage(name, "1.0", IMAGE);

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, deep);

    expect(job).toMatchObject({ status: "succeeded", digest, images: [{ destinations: [{ status: "unchanged", digest }] }] });
    expect(job.progress).toMatchObject({ manifests: { total: 3, done: 3 }, blobs: { total: 5, done: 5, existing: 5, copied: 0 } });
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1, "GET manifest": 3 });
    expect(await requestKinds(to)).toEqual({ "HEAD tag": 1, "HEAD manifest": 2, "HEAD blob": 5 });
  });

  it.each<{ what: string; lacking: string; progress: object; puts: object }>([
    { what: "a child of the index", lacking: "manifest", progress: { blobs: { existing: 5, copied: 0 } }, puts: { "PUT manifest": 1 } },
    { what: "a blob", lacking: "blob", progress: { blobs: { existing: 4, copied: 1 } }, puts: { "PUT upload": 1 } },
  ])("brings $what that is missing, and leaves the tag alone", async ({ lacking, progress, puts }) => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, "1.0", IMAGE);
    await to.putImage(name, "1.0", IMAGE);
    const digest = lacking === "blob" ? image.blobs[1]?.digest : image.manifests[0]?.digest;
    await to.remove(name, digest ?? "");

    const shallow = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);
    expect(shallow.images[0]?.destinations).toMatchObject([{ status: "unchanged" }]);
    await to.clearRequests();
    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, deep);

    expect(job).toMatchObject({ status: "succeeded", progress, images: [{ destinations: [{ status: "copied", digest: image.digest }] }] });
    await expectArrived(image, { at: from, name }, { at: to, name });
    await expectNoUploads(to);
    const kinds = await requestKinds(to);
    expect(kinds).toMatchObject(puts);
    expect(kinds["PUT tag"]).toBeUndefined();
  });

  test("does not believe what another job has seen", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, "1.0", IMAGE);
    await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);
    await to.remove(name, image.blobs[0]?.digest ?? "");

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, deep);

    expect(job).toMatchObject({ progress: { blobs: { existing: 4, copied: 1 } }, images: [{ destinations: [{ status: "copied" }] }] });
    await expectArrived(image, { at: from, name }, { at: to, name });
  });

  test("within one registry looks before it mounts", async () => {
    const at = await registry();
    const [name, mirror] = [freshName(), freshName()];
    const image = await at.putImage(name, "1.0", IMAGE);
    await at.putImage(mirror, "1.0", IMAGE);
    await at.remove(mirror, image.blobs[0]?.digest ?? "");

    const job = await copy(`${at.host}/${name}:1.0`, `${at.host}/${mirror}:1.0`, deep);

    expect(job.progress.blobs).toMatchObject({ total: 5, existing: 4, mounted: 1, copied: 0 });
    expect(await requestKinds(at)).toMatchObject({ "HEAD blob": 5, "POST mount": 1 });
    await expectArrived(image, { at, name }, { at, name: mirror });
  });

  test("counts each destination by what it lacked", async () => {
    const [from, whole] = await twoRegistries();
    const lacking = await registry();
    const name = freshName();
    const image = await from.putImage(name, "1.0", IMAGE);
    await whole.putImage(name, "1.0", IMAGE);
    await lacking.putImage(name, "1.0", IMAGE);
    await lacking.remove(name, image.manifests[0]?.digest ?? "");

    const job = await copy(
      `${from.host}/${name}:1.0`,
      [`${whole.host}/${name}`, `${lacking.host}/${name}`, `${lacking.host}/${name}:new`],
      deep,
    );

    expect(job.images[0]?.destinations.map(({ status }) => status)).toEqual(["unchanged", "copied", "copied"]);
    expect(await lacking.tags(name)).toEqual({ "1.0": image.digest, new: image.digest });
  });

  test("that failed is done anew by a retry, and counts what is there as there", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, "1.0", IMAGE);
    await to.putImage(name, "1.0", IMAGE);
    const denied = await to.fail({ method: "HEAD", path: "/blobs/", times: "always", action: { status: 401 } });
    const failed = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, deep);
    expect(failed).toMatchObject({ status: "failed", error: { code: "access-denied" } });
    await to.clearFaults(denied);

    await api("POST", `/jobs/${failed.id}/retry`);
    const job = await jobEnd(failed.id);

    expect(job).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "unchanged", digest: image.digest }] }] });
    expect(job.progress).toMatchObject({ manifests: { total: 3, done: 3 }, blobs: { existing: 5 } });
    expect((await requestKinds(to))["PUT manifest"]).toBeUndefined();
  });
});
