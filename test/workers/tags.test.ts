/** Many tags of a repository in one job: which are copied, what that costs, and what is told of them. */
import { describe, expect, test } from "vitest";
import type { ImagePage, JobDocument } from "../../src/jobs/document.ts";
import { api, apiJson, copy, freshName, requestKinds, twoRegistries } from "../support/copy-service.ts";
import type { ImageOptions } from "../support/images/image.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";

/** One layer that all share, and one of its own. */
function image(seed: string): ImageOptions {
  return { seed, platforms: ["linux/amd64"], index: "none", layers: [1_000] };
}

async function putTags(at: RemoteRegistry, name: string, tags: readonly string[]): Promise<void> {
  await Promise.all(tags.map((tag) => at.putImage(name, tag, image(tag))));
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `1.${index}`);
}

describe("all tags", () => {
  test("arrive as they are, under the same names, at every destination", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    await putTags(from, name, numbered(12));

    const job = await copy(`${from.host}/${name}`, [`${to.host}/${name}`, `${to.host}/other/${name}`], { tags: "all" });

    expect(job).toMatchObject({ status: "succeeded", source: `${from.host}/${name}`, digest: null, error: null });
    expect(job.progress).toMatchObject({ images: { total: 12, done: 12, failed: 0 }, manifests: { total: 24, done: 24 } });
    expect(await to.tags(name)).toEqual(await from.tags(name));
    expect(await to.tags(`other/${name}`)).toEqual(await from.tags(name));
    expect(job.images.map(({ source }) => source).toSorted()).toEqual(
      numbered(12)
        .map((tag) => `${from.host}/${name}:${tag}`)
        .toSorted(),
    );
    expect(job.images[0]?.destinations).toMatchObject([
      { reference: `${to.host}/${name}:1.0`, status: "copied", error: null },
      { reference: `${to.host}/other/${name}:1.0`, status: "copied", error: null },
    ]);
  });

  test("that have not changed cost one HEAD at each side, beside the pages of the list", async () => {
    const [from, to] = await twoRegistries({ quirks: { tagPage: 20 } });
    const name = freshName();
    const tags = numbered(50);
    await putTags(from, name, tags);
    await putTags(to, name, tags);
    const changed = await from.putImage(name, "1.7", image("changed"));
    await from.putImage(name, "new", image("new"));
    const ends = [`${from.host}/${name}`, `${to.host}/${name}`] as const;

    const job = await copy(...ends, { tags: "all" });

    expect(job).toMatchObject({ status: "succeeded", progress: { images: { total: 51, done: 51, failed: 0 } } });
    expect((await to.tags(name))["1.7"]).toBe(changed.digest);
    expect(await to.tags(name)).toEqual(await from.tags(name));
    expect(await requestKinds(from)).toMatchObject({ "HEAD tag": 51, [`GET /v2/${name}/tags/list`]: 3, "GET manifest": 2 });
    expect(await requestKinds(to)).toMatchObject({ "HEAD tag": 51, "PUT tag": 2 });

    await Promise.all([from.clearRequests(), to.clearRequests()]);
    expect(await copy(...ends, { tags: "all" })).toMatchObject({ status: "succeeded", progress: { blobs: { total: 0 } } });
    expect(await requestKinds(from)).toEqual({ "HEAD tag": 51, [`GET /v2/${name}/tags/list`]: 3 });
    expect(await requestKinds(to)).toEqual({ "HEAD tag": 51 });
  });

  test("that share a digest or blobs bring these once", async () => {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const made = await from.putImage(name, "1", { seed: "shared", platforms: ["linux/amd64", "linux/arm64"], layers: [5_000, 6_000] });
    for (const tag of ["1.0", "1.0.0", "latest"]) {
      await from.putImage(name, tag, { seed: "shared", platforms: ["linux/amd64", "linux/arm64"], layers: [5_000, 6_000] });
    }

    const job = await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" });

    expect(job).toMatchObject({ status: "succeeded", progress: { images: { total: 4, done: 4 } } });
    expect(Object.values(await to.tags(name))).toEqual(Array(4).fill(made.digest));
    const blobs = (await to.writes()).filter(({ kind }) => kind === "blob").map(({ digest }) => digest);
    expect(blobs.toSorted()).toEqual([...new Set(blobs)].toSorted());
    expect(await requestKinds(to)).toMatchObject({ "PUT tag": 4, "PUT manifest": 2 });
  });
});

test("a filter says which tags; neither the others nor an empty choice are an error", async () => {
  const [from, to] = await twoRegistries({ quirks: { tagPage: 3 } });
  const name = freshName();
  await putTags(from, name, ["1.0", "1.1", "1.2", "1.3", "1.10", "2.0", "1.2-alpine", "edge"]);
  const ends = [`${from.host}/${name}`, `${to.host}/${name}`] as const;

  expect(await copy(...ends, { tags: { semver: "<2", latest: 2, exclude: ["1.1"] } })).toMatchObject({ status: "succeeded" });
  expect(Object.keys(await to.tags(name)).toSorted()).toEqual(["1.10", "1.3"]);

  const nothing = await copy(...ends, { tags: { include: ["3.*"] } });
  expect(nothing).toMatchObject({ status: "succeeded", images: [], progress: { images: { total: 0, done: 0, failed: 0 } } });

  const query = new URLSearchParams([
    ["source", ends[0]],
    ["destination", ends[1]],
    ["tags.include", "e*"],
    ["tags.include", "/2\\.\\d/"],
  ]);
  const response = await api("POST", `/copy?${query}`, undefined, { prefer: "wait=15" });
  expect((await response.json()) as JobDocument).toMatchObject({
    status: "succeeded",
    request: { tags: { include: ["e*", "/2\\.\\d/"] } },
  });
  expect(Object.keys(await to.tags(name)).toSorted()).toEqual(["1.10", "1.3", "2.0", "edge"]);
});

test("one image that fails does not stop the others, and the job says which", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  await putTags(from, name, numbered(20));
  const { blobs } = await from.putImage(name, "1.5", image("1.5"));
  await from.remove(name, blobs.at(-1)?.digest ?? "");

  const job = await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" });

  expect(job).toMatchObject({ status: "failed", progress: { images: { total: 20, done: 20, failed: 1 } } });
  expect(job.error).toMatchObject({ code: "not-found", side: "source", registry: from.host });
  expect(job.error?.detail).toMatch(/^1 of 20 tags failed; the first is .*:1\.5: /);
  expect(Object.keys(await to.tags(name))).toHaveLength(19);

  // Once the cause is gone, a retry goes on with what failed and with nothing else.
  await from.putImage(name, "1.5", image("1.5"));
  await Promise.all([from.clearRequests(), to.clearRequests()]);
  await api("POST", `/jobs/${job.id}/retry`);
  const text = await (await api("GET", `/jobs/${job.id}/events`)).text();
  expect(text).toContain('"status":"succeeded"');
  expect(await to.tags(name)).toEqual(await from.tags(name));
  expect(await requestKinds(from)).not.toHaveProperty(`GET /v2/${name}/tags/list`);
  expect((await requestKinds(to))["HEAD tag"]).toBe(1);
});

test("the document shows some images, those that failed first; all come page by page", async () => {
  const [from, to] = await twoRegistries({ quirks: { tagPage: 0 } });
  const name = freshName();
  await putTags(from, name, numbered(130));
  const { digest } = await from.putImage(name, "zzz", image("zzz"));
  await putTags(to, name, numbered(130));
  await from.fail({ method: "GET", path: `/manifests/${digest}`, times: "always", action: { status: 404 } });

  const job = await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" });

  expect(job).toMatchObject({ status: "failed", progress: { images: { total: 131, done: 131, failed: 1 } } });
  expect(job.images).toHaveLength(100);
  expect(job.images[0]).toMatchObject({ source: `${from.host}/${name}:zzz`, destinations: [{ status: "failed" }] });

  const seen: string[] = [];
  let next: string | undefined = `${job.links.images}?limit=60`;
  while (next !== undefined) {
    const response = await api("GET", next);
    const page = (await response.json()) as ImagePage;
    seen.push(...page.images.map(({ source }) => source));
    next = /^<(.*)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1];
    expect(next === undefined).toBe(page.cursor === null);
  }
  expect(new Set(seen).size).toBe(131);
  expect(seen).toHaveLength(131);
  const failed = await apiJson<ImagePage>("GET", `${job.links.images}?status=failed`);
  expect(failed.images.map(({ source }) => source)).toEqual([`${from.host}/${name}:zzz`]);
  expect((await api("GET", `${job.links.images}?status=odd`)).status).toBe(422);

  const list = await apiJson<{ jobs: { id: string; destinations: string[] }[] }>("GET", "/jobs");
  expect(list.jobs.find(({ id }) => id === job.id)?.destinations).toEqual([`${to.host}/${name}`]);
});
