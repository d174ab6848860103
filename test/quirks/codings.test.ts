/** Quirk 67, what is neither a blob nor a manifest: a coding that nobody asked for, on everything that a registry says in JSON. */
import { describe, expect, it } from "vitest";
import { bearer, Client, failureOf, MANIFEST, PASSWORD, seed, USER, withRegistry } from "./client.ts";

const JSON_GZIP = { quirks: { jsonGzip: true } };

describe("Q67 gzipped, though nobody asked for that,", () => {
  it("is a token answer read, and a list of tags", async () => {
    await withRegistry({ ...bearer({}), ...JSON_GZIP }, async (registry) => {
      await seed(registry);
      const client = new Client(registry, { as: "source", credentials: { username: USER, password: PASSWORD } });
      expect(await client.directory().tagPage(undefined)).toMatchObject({ tags: ["1"] });
    });
  });

  it("is a list of referrers read", async () => {
    await withRegistry(JSON_GZIP, async (registry) => {
      await seed(registry);
      expect(await new Client(registry, { as: "source" }).directory().referrers(MANIFEST.descriptor.digest)).toEqual([]);
    });
  });

  it("is an error read", async () => {
    await withRegistry(JSON_GZIP, async (registry) => {
      expect(await failureOf(new Client(registry, { as: "source" }).directory().tagPage(undefined))).toMatchObject({
        code: "not-found",
        upstream: { status: 404, code: "NAME_UNKNOWN" },
      });
    });
  });
});
