/** Which references an image is to be found under: several at once, with and without tags and digests. */
import { describe, expect, test } from "vitest";
import { expectArrived, expectNothing } from "../support/copied-image.ts";
import { copy, freshName, registry, requestKinds, twoRegistries } from "../support/copy-service.ts";
import type { ImageOptions } from "../support/images/image.ts";

const SINGLE: ImageOptions = { seed: "destinations", platforms: ["linux/amd64"], index: "none" };

describe("several destinations", () => {
  test("in two registries read the source once", async () => {
    const [from, first] = await twoRegistries();
    const second = await registry();
    const name = freshName();
    const image = await from.putImage(name, "1.0", { seed: "both" });

    const job = await copy(`${from.host}/${name}:1.0`, [`${first.host}/${name}`, `${second.host}/${name}:other`]);

    expect(job).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "copied" }, { status: "copied" }] }] });
    expect(await first.tags(name)).toEqual({ "1.0": image.digest });
    expect(await second.tags(name)).toEqual({ other: image.digest });
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1, "GET manifest": 3, "GET blob": 5 });
    for (const to of [first, second]) {
      await expectArrived(image, { at: from, name }, { at: to, name });
      expect(await requestKinds(to)).toEqual({
        "HEAD tag": 1,
        "HEAD blob": 5,
        "POST upload": 5,
        "PUT upload": 5,
        "PUT manifest": 2,
        "PUT tag": 1,
      });
    }
  });

  test("of which one denies: the other gets the image, the job fails with that one's error", async () => {
    const [from, to] = await twoRegistries();
    const denies = await registry();
    const name = freshName();
    const image = await from.putImage(name, "1.0", SINGLE);
    const body = { errors: [{ code: "DENIED", message: "requested access to the resource is denied" }] };
    await denies.fail({ method: "POST", path: "/blobs/uploads/", times: "always", action: { status: 403, body } });

    const job = await copy(`${from.host}/${name}:1.0`, [`${denies.host}/${name}:1.0`, `${to.host}/${name}:1.0`]);

    const error = { code: "access-denied", side: "destination", registry: denies.host, upstream: { status: 403, code: "DENIED" } };
    expect(job).toMatchObject({ status: "failed", error });
    expect(job.images[0]?.destinations).toMatchObject([
      { reference: `${denies.host}/${name}:1.0`, status: "failed", digest: null, error },
      { reference: `${to.host}/${name}:1.0`, status: "copied", digest: image.digest, error: null },
    ]);
    await expectArrived(image, { at: from, name }, { at: to, name });
    await expectNothing(denies);
  });

  test("that are tags of one repository cost one transfer", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const { digest } = await from.putImage(name, "1.2.3", SINGLE);

    const tags = ["1.2.3", "1.2", "1", "latest"];
    const job = await copy(
      `${from.host}/${name}:1.2.3`,
      tags.map((tag) => `${to.host}/${name}:${tag}`),
    );

    expect(job.progress).toMatchObject({ manifests: { total: 1 }, blobs: { total: 3, copied: 3 } });
    expect(job.images[0]?.destinations.map(({ status }) => status)).toEqual(["copied", "copied", "copied", "copied"]);
    expect(await to.tags(name)).toEqual(Object.fromEntries(tags.map((tag) => [tag, digest])));
    expect(await requestKinds(to)).toEqual({ "HEAD tag": 4, "HEAD blob": 3, "POST upload": 3, "PUT upload": 3, "PUT tag": 4 });
  });

  test("of which one has the image already: only the other is written", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const { digest } = await from.putImage(name, "1.0", SINGLE);
    await to.putImage(name, "1.0", SINGLE);

    const job = await copy(`${from.host}/${name}:1.0`, [`${to.host}/${name}:1.0`, `${to.host}/${name}:new`]);

    expect(job.images[0]?.destinations.map(({ status }) => status)).toEqual(["unchanged", "copied"]);
    expect(await to.tags(name)).toEqual({ "1.0": digest, new: digest });
    expect((await requestKinds(to))["PUT tag"]).toBe(1);
  });

  test("in two repositories of one registry get every blob, sent or mounted from the other", async () => {
    const [from, to] = await twoRegistries();
    const [one, two] = [freshName(), freshName()];
    const image = await from.putImage(one, "1.0", SINGLE);

    const job = await copy(`${from.host}/${one}:1.0`, [`${to.host}/${one}`, `${to.host}/${two}`]);

    const { copied, mounted, total } = job.progress.blobs;
    expect([job.status, total, copied + mounted]).toEqual(["succeeded", 6, 6]);
    expect((await requestKinds(from))["GET blob"]).toBe(copied);
    await expectArrived(image, { at: from, name: one }, { at: to, name: one });
    await expectArrived(image, { at: from, name: one }, { at: to, name: two });
  });
});

describe("a source named by its digest", () => {
  test("gives a destination without a tag the manifest by digest, and no tag", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, undefined, { seed: "by digest" });

    const job = await copy(`${from.host}/${name}@${image.digest}`, `${to.host}/${name}`);

    const reference = `${to.host}/${name}@${image.digest}`;
    expect(job.images[0]?.destinations).toEqual([{ reference, digest: image.digest, status: "copied", error: null }]);
    await expectArrived(image, { at: from, name }, { at: to, name });
    expect(await to.tags(name)).toEqual({});
    expect(await requestKinds(from)).toMatchObject({ "HEAD manifest": 1, "GET manifest": 3 });
    expect(await requestKinds(to)).toMatchObject({ "HEAD manifest": 1, "PUT manifest": 3 });

    await to.clearRequests();
    const again = await copy(`${from.host}/${name}@${image.digest}`, `${to.host}/${name}`);
    expect(again.images[0]?.destinations).toMatchObject([{ status: "unchanged", digest: image.digest }]);
    expect(await requestKinds(to)).toEqual({ "HEAD manifest": 1 });
  });

  test("gives a destination without a tag the platform's manifest by its own digest, once that is known", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, undefined, { seed: "by digest" });

    const job = await copy(`${from.host}/${name}@${image.digest}`, `${to.host}/${name}`, { platforms: ["linux/amd64"], index: "single" });

    const [{ reference, digest } = {}] = job.images[0]?.destinations ?? [];
    expect(digest).not.toBe(image.digest);
    expect(reference).toBe(`${to.host}/${name}@${digest}`);
  });

  test("and a tag takes the digest, and the tag for the destination", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const older = await from.putImage(name, undefined, SINGLE);
    await from.putImage(name, "1.0", { ...SINGLE, seed: "newer" });

    const job = await copy(`${from.host}/${name}:1.0@${older.digest}`, `${to.host}/${name}`);

    expect(job).toMatchObject({ status: "succeeded", digest: older.digest });
    expect(await to.tags(name)).toEqual({ "1.0": older.digest });
  });
});

describe("a destination that names a digest", () => {
  test("gets the image where that is its digest", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const { digest } = await from.putImage(name, "1.0", SINGLE);

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:checked@${digest}`);

    expect(job).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "copied", digest }] }] });
    expect(await to.tags(name)).toEqual({ checked: digest });
  });

  test("gets nothing where it is not, and the source is asked for no more than its digest", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    await from.putImage(name, "1.0", SINGLE);
    const wrong = `sha256:${"0".repeat(64)}`;

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:checked@${wrong}`);

    expect(job).toMatchObject({ status: "failed", error: { code: "digest-mismatch", side: "source", registry: from.host } });
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1 });
    await expectNothing(to);
  });
});
