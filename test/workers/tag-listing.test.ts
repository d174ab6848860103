/** The source's list of tags, in all the ways in which registries page it. */
import { describe, expect, test } from "vitest";
import { copy, freshName, requestKinds, twoRegistries } from "../support/copy-service.ts";
import type { ImageOptions } from "../support/images/image.ts";
import type { FaultAction } from "../support/registry/faults.ts";
import type { Quirks } from "../support/registry/quirks.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";

const IMAGE: ImageOptions = { seed: "listing", platforms: ["linux/amd64"], index: "none", layers: [100] };

const TAGS = ["a", "b", "c", "d", "e"];

async function source(quirks: Partial<Quirks> = {}): Promise<{ from: RemoteRegistry; to: RemoteRegistry; name: string }> {
  const [from, to] = await twoRegistries({ quirks });
  const name = freshName();
  for (const tag of TAGS) {
    await from.putImage(name, tag, IMAGE);
  }
  return { from, to, name };
}

function page(tags: unknown, link?: string): FaultAction {
  return { status: 200, body: { name: "x", tags }, ...(link === undefined ? {} : { headers: { link } }) };
}

describe("every tag arrives", () => {
  test.each<[string, Partial<Quirks>]>([
    ["one page of all, without paging", { tagPage: 0 }],
    ["pages of one, relative links", { tagPage: 1 }],
    ["absolute links", { tagPage: 2, linkForm: "absolute" }],
    ["links without brackets", { tagPage: 2, linkForm: "bare" }],
    ["a last page that is full", { tagPage: 5 }],
  ])("%s", async (_, quirks) => {
    const { from, to, name } = await source(quirks);
    expect(await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" })).toMatchObject({ status: "succeeded" });
    expect(await to.tags(name)).toEqual(await from.tags(name));
  });

  test("an empty page in between, tags that come twice, and entries that are no tags (serverless-registry lists digests)", async () => {
    const { from, to, name } = await source();
    const list = `/v2/${name}/tags/list`;
    await from.fail({ path: "tags/list", action: page(["a", `sha256:${"a".repeat(64)}`, "b", "a", 7, ""], `<${list}?p=2>; rel="next"`) });
    await from.fail({ path: "tags/list", action: page(null, `<${list}?p=3>; rel="next"`) });
    await from.fail({ path: "tags/list", action: page([], `<https://elsewhere.test${list}?p=4>; rel="next"`) });
    await from.fail({ path: "tags/list", action: page(["e", "b", "c"]) });

    const job = await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" });

    expect(job).toMatchObject({ status: "succeeded", progress: { images: { total: 4, done: 4 } } });
    expect(Object.keys(await to.tags(name)).toSorted()).toEqual(["a", "b", "c", "e"]);
    const asked = await from.requests({ path: "tags/list" });
    expect(asked.map(({ query }) => query)).toEqual(["?n=1000", "?p=2", "?p=3", "?p=4"]);
  });
});

test("a registry that is out of order for a moment is asked again for the same page, and no page twice", async () => {
  const { from, to, name } = await source({ tagPage: 2 });
  await from.fail({ path: "tags/list", skip: 1, times: 6, action: { status: 503, retryAfter: 1 } });

  expect(await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" })).toMatchObject({ status: "succeeded" });

  const good = (await from.requests({ path: "tags/list" })).filter(({ status }) => status === 200);
  expect(good).toHaveLength(3);
  expect(await to.tags(name)).toEqual(await from.tags(name));
});

describe("nothing is copied where the list", () => {
  const list = "/v2/x/tags/list";
  test.each<[what: string, action: FaultAction, code: string, detail: RegExp]>([
    ["leads to the same page", page(["a"], `<${list}?p=1>; rel="next"`), "registry-unavailable", /without an end: what follows page 2/],
    ["is no list", { status: 200, body: "[]" }, "registry-unavailable", /no list of tags/],
    ["is a page of HTML", { html200: true }, "registry-unavailable", /no list of tags/],
    ["is refused", { status: 403, body: { errors: [{ code: "DENIED" }] } }, "access-denied", /tags/],
    ["is of a repository that is not there", { status: 404, body: { errors: [{ code: "NAME_UNKNOWN" }] } }, "not-found", /tags/],
  ])("%s", async (_, action, code, detail) => {
    const { from, to, name } = await source();
    await from.fail({ path: "tags/list", times: "always", action });

    const job = await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" });

    expect(job).toMatchObject({ status: "failed", error: { code, side: "source", registry: from.host } });
    expect(job.error?.detail).toMatch(detail);
    expect(await to.writes()).toEqual([]);
    expect((await requestKinds(to))["HEAD tag"]).toBeUndefined();
  });

  test("leads in a circle of several pages", async () => {
    const { from, to, name } = await source();
    for (let page = 0; page < 3; page++) {
      const tags = [`${TAGS[page]}`];
      const link = `</v2/${name}/tags/list?p=${(page + 1) % 3}>; rel="next"`;
      await from.fail({
        path: page === 0 ? "list\\?(n=1000|p=0)" : `p=${page}`,
        times: "always",
        action: { status: 200, body: { tags }, headers: { link } },
      });
    }
    const job = await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" });
    expect(job).toMatchObject({ status: "failed", error: { code: "registry-unavailable" } });
    expect(await from.requests({ path: "tags/list" })).toHaveLength(4);
    expect(await to.writes()).toEqual([]);
  });
});

describe("a tag that is listed and then not found", () => {
  test("is skipped where the list no longer has it: it was deleted meanwhile", async () => {
    const { from, to, name } = await source();
    await from.fail({ path: "tags/list", action: page([...TAGS, "deleted"]) });

    const job = await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" });

    expect(job).toMatchObject({ status: "succeeded", error: null, progress: { images: { total: 6, done: 6, failed: 0 } } });
    expect(job.images.at(-1)?.destinations).toMatchObject([{ status: "skipped", digest: null, error: { code: "not-found" } }]);
    expect(await to.tags(name)).toEqual(await from.tags(name));
  });

  test("is an error where it is still listed: something is lost at the source", async () => {
    const { from, to, name } = await source();
    await from.fail({ path: "tags/list", times: "always", action: page([...TAGS, "broken"]) });

    const job = await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: "all" });

    expect(job).toMatchObject({ status: "failed", error: { code: "not-found", side: "source" }, progress: { images: { failed: 1 } } });
    expect(job.error?.detail).toMatch(/^1 of 6 tags failed; the first is .*:broken: .* lists this tag of .*, but does not have it/);
    expect(await to.tags(name)).toEqual(await from.tags(name));
  });
});

test("with referrers the tags of signatures go with their images, not by themselves", async () => {
  const { from, to, name } = await source();
  const { digest } = await from.putImage(name, "a", IMAGE);
  const signature = digest.replace(":", "-");
  await from.putArtifact(name, `${signature}.sig`, {});

  const job = await copy(`${from.host}/${name}`, `${to.host}/${name}`, { tags: { include: ["a", "sha256-*"] }, referrers: true });

  expect(job).toMatchObject({ status: "succeeded", progress: { images: { total: 1 }, referrers: { total: 1, done: 1 } } });
  expect(Object.keys(await to.tags(name)).toSorted()).toEqual(["a", `${signature}.sig`]);
});
