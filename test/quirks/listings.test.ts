/** Quirks 4: lists of tags and of referrers. */
import { describe, expect, it } from "vitest";
import { OCI_MANIFEST } from "../../src/oci/media-types.ts";
import { ReferrersSupport } from "../../src/registry/referrers-support.ts";
import type { Quirks } from "../support/registry/quirks.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";
import { BLOB, bearer, Client, failureOf, MANIFEST, PASSWORD, seed, USER, withRegistry } from "./client.ts";

const { digest } = MANIFEST.descriptor;
const TAGS = Array.from({ length: 7 }, (_, number) => `v${number}`);

async function seedTags(registry: RemoteRegistry): Promise<void> {
  await registry.putBlob("acme/app", new Uint8Array(1));
  for (const tag of TAGS) {
    await registry.putManifest("acme/app", tag, OCI_MANIFEST, MANIFEST.bytes);
  }
}

/** All tags, page by page. */
async function allTags(client: Client): Promise<string[]> {
  const directory = client.directory();
  const found: string[] = [];
  let next: string | undefined;
  do {
    const page = await directory.tagPage(next);
    found.push(...page.tags);
    next = page.next;
  } while (next !== undefined);
  return found;
}

/** Puts two manifests that refer to {@link MANIFEST}, and gives their digests. */
async function attach(registry: RemoteRegistry): Promise<string[]> {
  await seed(registry);
  const referrers = ["one", "two"].map((name) => {
    const subject = { ...MANIFEST.descriptor };
    const body = { schemaVersion: 2, mediaType: OCI_MANIFEST, artifactType: `test/${name}`, config: { ...BLOB }, layers: [], subject };
    return new Uint8Array(new TextEncoder().encode(JSON.stringify(body)));
  });
  const digests = await Promise.all(referrers.map((bytes, index) => registry.putManifest("acme/app", `r${index}`, OCI_MANIFEST, bytes)));
  return digests.sort();
}

describe("the tags of a repository are listed to the end", () => {
  it.each<[string, Partial<Quirks>, number]>([
    ["Q142 by relative links", { tagPage: 3 }, 3],
    ["Q142 by absolute links", { tagPage: 3, linkForm: "absolute" }, 3],
    ["Q142 by links without brackets and quotes", { tagPage: 3, linkForm: "bare" }, 3],
    ["Q142 by links that have lost the port", { tagPage: 3, linkForm: "no-port" }, 3],
    ["Q51, Q142 by links that name another host: that is not asked", { tagPage: 3, linkForm: "other-host" }, 3],
    ["Q143 in one page, where the registry knows none", { tagPage: 0 }, 1],
  ])("%s", async (_, quirks, pages) => {
    await withRegistry({ quirks }, async (registry) => {
      await seedTags(registry);
      const client = new Client(registry, { as: "source" });
      expect(await allTags(client)).toEqual(TAGS);
      const requests = await registry.requests({ path: "tags/list" });
      expect(requests).toHaveLength(pages);
    });
  });

  it("Q143 with pages of a thousand at most: more is an error at some, and none gives few at others", async () => {
    await withRegistry({}, async (registry) => {
      await seedTags(registry);
      await allTags(new Client(registry, { as: "source" }));
      const [first] = await registry.requests({ path: "tags/list" });
      expect(new URLSearchParams(first?.query).get("n")).toBe("1000");
    });
  });

  it("Q144 where they are `null`, as none", async () => {
    await withRegistry({ quirks: { emptyTags: "null" } }, async (registry) => {
      await registry.putBlob("acme/app", new Uint8Array(1));
      expect(await allTags(new Client(registry, { as: "source" }))).toEqual([]);
    });
  });

  it("Q144 or the repository is said to be missing", async () => {
    await withRegistry({}, async (registry) => {
      expect(await failureOf(allTags(new Client(registry, { as: "source" })))).toMatchObject({
        code: "not-found",
        upstream: { code: "NAME_UNKNOWN" },
      });
    });
  });
});

describe("referrers", () => {
  it.each<[string, Partial<Quirks>, number]>([
    ["Q133 are asked for without a filter, which not every registry minds", {}, 1],
    ["Q133 come in pages", { referrersPage: 1 }, 2],
    ["Q142 come in pages by links without brackets", { referrersPage: 1, linkForm: "bare" }, 2],
    ["Q132 may have any size in their list", { referrersSize: "wrong" }, 1],
  ])("%s", async (_, quirks, pages) => {
    await withRegistry({ quirks }, async (registry) => {
      const attached = await attach(registry);
      const found = await new Client(registry, { as: "source" }).directory().referrers(digest);
      expect(found?.map((descriptor) => descriptor.digest).sort()).toEqual(attached);
      const requests = await registry.requests({ path: "referrers" });
      expect(requests.map(({ query }) => new URLSearchParams(query).has("artifactType"))).toEqual(Array(pages).fill(false));
    });
  });

  it.each([404, 400, 401, 406, "html"] as const)("Q131 have no API, as %s says; that is remembered for the host", async (referrers) => {
    await withRegistry({ quirks: { referrers } }, async (registry) => {
      await attach(registry);
      const support = new ReferrersSupport();
      const directory = new Client(registry, { as: "source" }).directory(support);
      expect(await directory.referrers(digest)).toBeUndefined();
      expect(support.knows(registry.host, Date.now())).toBe(false);
      const before = (await registry.requests({ path: "referrers" })).length;
      expect(await directory.referrers(digest)).toBeUndefined();
      expect((await registry.requests({ path: "referrers" })).length).toBe(before);
    });
  });

  it("Q131 have no API where that is led to a page of HTML (GHCR)", async () => {
    await withRegistry({}, async (registry) => {
      await attach(registry);
      const action = { redirectTo: `http://${registry.storageHost}/`, redirectStatus: 303 };
      await registry.fail({ path: "referrers", times: "always", action });
      await registry.fail({ server: "storage", times: "always", action: { html200: true } });
      expect(await new Client(registry, { as: "source" }).directory().referrers(digest)).toBeUndefined();
    });
  });

  it("Q131 have no API where a 200 is no OCI index, whatever it lists", async () => {
    await withRegistry({}, async (registry) => {
      await attach(registry);
      const headers = { "content-type": "application/json" };
      await registry.fail({ path: "referrers", times: "always", action: { status: 200, headers, body: { manifests: [] } } });
      const support = new ReferrersSupport();
      expect(await new Client(registry, { as: "source" }).directory(support).referrers(digest)).toBeUndefined();
      expect(support.knows(registry.host, Date.now())).toBe(false);
    });
  });

  it("Q5, Q131 have no API where a 401 to a good login names no way (Harbor 2.7)", async () => {
    await withRegistry(bearer(), async (registry) => {
      await attach(registry);
      await registry.fail({ path: "referrers", times: "always", action: { status: 401 } });
      const credentials = { username: USER, password: PASSWORD };
      const client = new Client(registry, { as: "source", credentials });
      expect(await client.directory().referrers(digest)).toBeUndefined();
      expect((await client.repository.resolve("1")).digest).toBe(digest);
    });
  });

  it("Q131 are waited for where the registry asks for patience", async () => {
    await withRegistry({}, async (registry) => {
      await attach(registry);
      await registry.fail({ path: "referrers", times: "always", action: { status: 429, retryAfter: 60 } });
      const support = new ReferrersSupport();
      const asking = new Client(registry, { as: "source" }).directory(support).referrers(digest);
      expect(await failureOf(asking)).toMatchObject({ code: "rate-limited", waitMs: 60_000 });
      expect(support.knows(registry.host, Date.now())).toBeUndefined();
    });
  });
});
