/** Tags that are there already: left alone where the caller asks for that, and where the registry does not let them be changed. */
import { describe, expect, it, test } from "vitest";
import { copy, freshName, jobEnd, requestKinds, submit, twoRegistries } from "../support/copy-service.ts";
import type { ImageOptions } from "../support/images/image.ts";

const SINGLE: ImageOptions = { seed: "overwrite", platforms: ["linux/amd64"], index: "none" };
const OTHER: ImageOptions = { ...SINGLE, seed: "another" };
const never = { overwrite: "never" };

describe("with overwrite: never", () => {
  test("a tag of another digest is left alone, for one request", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    await from.putImage(name, "1.0", SINGLE);
    const { digest } = await to.putImage(name, "1.0", OTHER);

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, never);

    expect(job).toMatchObject({ status: "succeeded", error: null, request: never });
    expect(job.images[0]?.destinations).toEqual([{ reference: `${to.host}/${name}:1.0`, digest, status: "skipped", error: null }]);
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 1 });
    expect(await requestKinds(to)).toEqual({ "HEAD tag": 1 });
  });

  test("a tag of the same digest is unchanged, one that is missing is written", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const { digest } = await from.putImage(name, "1.0", SINGLE);
    await to.putImage(name, "1.0", SINGLE);

    const job = await copy(`${from.host}/${name}:1.0`, [`${to.host}/${name}:1.0`, `${to.host}/${name}:new`], never);

    expect(job.images[0]?.destinations.map(({ status }) => status)).toEqual(["unchanged", "copied"]);
    expect(await to.tags(name)).toEqual({ "1.0": digest, new: digest });
    // Once to see what is there, and once more right before the write.
    expect(await requestKinds(to)).toMatchObject({ "HEAD tag": 3, "PUT tag": 1 });
  });

  it.each([
    { what: "another image", options: OTHER, status: "skipped" },
    { what: "the same image", options: SINGLE, status: "unchanged" },
  ])("a tag that somebody gives $what meanwhile is not written", async ({ options, status }) => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    await from.putImage(name, "1.0", SINGLE);
    await to.fail({ method: "PUT", path: "/blobs/uploads/", action: { hold: "blob" } });
    const { id } = await submit(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, never);
    await to.waitForRequests({ method: "PUT" });
    const { digest } = await to.putImage(name, "1.0", options);
    await to.release("blob");

    const job = await jobEnd(id);

    expect(job).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status, digest }] }] });
    expect(await to.tags(name)).toEqual({ "1.0": digest });
    expect((await requestKinds(to))["PUT tag"]).toBeUndefined();
  });
});

describe.each(["ecr", "harbor", "denied", "quay", "acr"] as const)("where tags can't be changed (%s)", (existingTag) => {
  test("the same image again is unchanged", async () => {
    const [from, to] = await twoRegistries({}, { quirks: { existingTag } });
    const name = freshName();
    await from.putImage(name, "1.0", SINGLE);
    await to.putImage(name, "1.0", SINGLE);

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);

    expect(job).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "unchanged" }] }] });
    expect(await requestKinds(to)).toEqual({ "HEAD tag": 1 });
  });

  test("another image is an error that says so", async () => {
    const [from, to] = await twoRegistries({}, { quirks: { existingTag } });
    const name = freshName();
    await from.putImage(name, "1.0", SINGLE);
    const { digest } = await to.putImage(name, "1.0", OTHER);

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);

    expect(job).toMatchObject({ status: "failed", error: { code: "tag-immutable", side: "destination", registry: to.host } });
    expect(await to.tags(name)).toEqual({ "1.0": digest });
  });

  test("overwrite: never does not even try", async () => {
    const [from, to] = await twoRegistries({}, { quirks: { existingTag } });
    const name = freshName();
    await from.putImage(name, "1.0", SINGLE);
    await to.putImage(name, "1.0", OTHER);
    const before = await to.writes();

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, never);

    expect(job).toMatchObject({ status: "succeeded", images: [{ destinations: [{ status: "skipped" }] }] });
    expect(await to.writes()).toEqual(before);
  });
});
