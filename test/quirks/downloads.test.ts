/** Quirks 2: reading blobs. */
import { describe, expect, it } from "vitest";
import { blobOf } from "../support/memory-source.ts";
import type { FaultAction } from "../support/registry/faults.ts";
import type { Quirks } from "../support/registry/quirks.ts";
import { BLOB, Client, CONTENT, failureOf, isSame, layer, PASSWORD, readAll, seed, USER, withRegistry } from "./client.ts";

/** With a login, so that it shows where that is carried. */
const auth = { kind: "basic", user: USER, password: PASSWORD } as const;
const source = { as: "source", credentials: { username: USER, password: PASSWORD } } as const;

async function reading(quirks: Partial<Quirks>, use: (client: Client) => Promise<void>): Promise<void> {
  await withRegistry({ auth, quirks }, async (registry) => {
    await seed(registry);
    await use(new Client(registry, source));
  });
}

describe("a blob arrives, whole and from the middle on, where it", () => {
  it.each<[string, Partial<Quirks>, number | undefined]>([
    ["Q54, Q55 lies in a storage that takes no login beside its signature", { blobRedirect: { status: 307 } }, undefined],
    ["Q56 is elsewhere, as 301 says", { blobRedirect: { status: 301 } }, undefined],
    ["Q56 is elsewhere, as 302 says", { blobRedirect: { status: 302 } }, undefined],
    ["Q56 is elsewhere, as 303 says", { blobRedirect: { status: 303 } }, undefined],
    ["Q56 is elsewhere, as 308 says", { blobRedirect: { status: 308 } }, undefined],
    ["Q56 is elsewhere on the same host, by a relative redirect", { blobRedirect: { status: 302, relative: true } }, undefined],
    ["Q57 lies in a storage that wants a login of its own", { blobRedirect: { status: 307, login: true } }, undefined],
    ["Q61 comes whole whatever range is asked for", { blobRange: "ignored" }, 0],
    ["Q62 comes from another byte on than was asked for", { blobRange: "shifted" }, 0],
    ["Q62 comes without a Content-Range", { blobRange: "no-content-range" }, undefined],
    ["Q62 comes whole though it is called a part, without a Content-Range", { blobRange: "whole-as-206" }, 0],
    ["Q62 comes from the middle of an unknown whole", { blobRange: "no-total" }, undefined],
    ["Q63 has no ranges, as a 416 says", { blobRange: 416 }, 0],
    ["Q63 has no ranges, as a 400 says", { blobRange: 400 }, 0],
    ["Q65 comes without a length", { blobLength: false }, undefined],
    ["Q67 comes gzipped though nobody asked for that", { blobGzip: true }, undefined],
  ])("%s", async (_, quirks, offset) => {
    await reading(quirks, async ({ repository }) => {
      const whole = await repository.openBlob(BLOB, 0);
      expect(isSame(CONTENT, await readAll(whole.stream))).toBe(true);
      const rest = await repository.openBlob(BLOB, 100_000);
      expect([offset ?? 100_000, 0]).toContain(rest.offset);
      expect(isSame(CONTENT.subarray(rest.offset), await readAll(rest.stream))).toBe(true);
    });
  });

  it("Q58 lies behind a link that has expired meanwhile: the registry is asked again", async () => {
    await reading({ blobRedirect: { status: 307 } }, async (client) => {
      const first = await client.repository.openBlob(BLOB, 0);
      await first.stream.cancel();
      await client.registry.expire("links");
      const rest = await client.repository.openBlob(BLOB, 100_000);
      expect(isSame(CONTENT.subarray(100_000), await readAll(rest.stream))).toBe(true);
    });
  });

  it.each([400, 401, 403])("Q58 lies behind a link that was given to others before, and is refused with %i by now", async (status) => {
    await reading({ blobRedirect: { status: 307 } }, async (client) => {
      await client.registry.fail({ server: "storage", action: { status } });
      const whole = await client.repository.openBlob(BLOB, 0);
      expect(isSame(CONTENT, await readAll(whole.stream))).toBe(true);
      expect(await client.requests()).toEqual(["GET 401", "GET 307", "GET 307"]);
    });
  });

  it("Q63 is read to its end already: nothing is asked", async () => {
    await reading({}, async (client) => {
      const { stream, offset } = await client.repository.openBlob(BLOB, BLOB.size);
      expect([offset, (await readAll(stream)).byteLength, await client.requests()]).toEqual([BLOB.size, 0, []]);
    });
  });
});

describe("a redirect", () => {
  it("Q56 that leads in a circle comes to an end", async () => {
    await reading({}, async (client) => {
      await client.registry.fail({ method: "GET", path: "blobs", times: "always", action: { redirectTo: "{path}" } });
      expect(await failureOf(client.repository.openBlob(BLOB, 0))).toMatchObject({ code: "registry-unavailable", retry: "never" });
      expect((await client.requests()).length).toBeLessThanOrEqual(13);
    });
  });

  it("Q54 that leads elsewhere and back again comes without the login, which is not asked for once more", async () => {
    await reading({}, async (client) => {
      const { registry, repository } = client;
      await repository.resolve("1");
      await registry.clearRequests();
      await registry.fail({ path: "blobs", action: { redirectTo: `http://${registry.storageHost}{path}` } });
      await registry.fail({ server: "storage", action: { redirectTo: `${registry.url}{path}` } });
      expect(await failureOf(repository.openBlob(BLOB, 0))).toMatchObject({ code: "access-denied", side: "source" });
      const requests = await registry.requests();
      expect(requests.map(({ server, status, headers }) => [server, status, headers.authorization])).toEqual([
        ["registry", 307, "Basic"],
        ["storage", 307, undefined],
        ["registry", 401, undefined],
      ]);
    });
  });

  it("Q56 that says not where to is a failure", async () => {
    await reading({}, async (client) => {
      await client.registry.fail({ method: "GET", path: "blobs", times: "always", action: { status: 307 } });
      expect(await failureOf(client.repository.openBlob(BLOB, 0))).toMatchObject({ code: "registry-unavailable", retry: "never" });
    });
  });
});

describe("whether a blob is there", () => {
  it.each<[string, Partial<Quirks>, boolean]>([
    ["Q59 can't be told where HEAD is denied", { blobHead: 403 }, false],
    ["Q59 can't be told where HEAD is not allowed", { blobHead: 405 }, false],
    ["Q59 can't be told by a link that is signed for GET", { blobRedirect: { status: 307, head: true } }, false],
    ["Q60 is told by a HEAD without a length", { blobHeadLength: false }, true],
  ])("%s", async (_, quirks, expected) => {
    await reading(quirks, async ({ repository }) => {
      expect(await repository.hasBlob(BLOB)).toBe(expected);
    });
  });

  it.each([500, 502])("Q59 can't be told where HEAD fails with %i", async (status) => {
    await reading({}, async (client) => {
      await client.registry.fail({ method: "HEAD", times: "always", action: { status } });
      expect(await client.repository.hasBlob(BLOB)).toBe(false);
    });
  });
});

describe("a blob that breaks off", () => {
  it.each<[string, Partial<Quirks>, FaultAction]>([
    ["Q64 is read on from where it broke off", {}, { resetAfter: 2_500_000 }],
    ["Q64 is read on where it ends too early, against its length", {}, { truncateAfter: 2_500_000 }],
    ["Q64 is read again where the registry ignores ranges", { blobRange: "ignored" }, { resetAfter: 2_500_000 }],
    ["Q64, Q65 is read on where there was no length", { blobLength: false }, { resetAfter: 2_500_000 }],
    ["Q66 is begun again where a bit was flipped", {}, { flipBitAt: 2_500_000 }],
  ])("%s", async (_, quirks, action) => {
    await reading(quirks, async (from) => {
      // Of several reads: of a single one nothing is kept.
      const content = layer(41);
      const blob = blobOf(content);
      await from.registry.putBlob("acme/app", content);
      // The first is refused for want of a login.
      await from.registry.fail({ method: "GET", path: "blobs", skip: 1, action });
      await withRegistry({}, async (to) => {
        await new Client(to).placeFrom(from.repository, blob);
        expect(isSame(content, await to.blob("acme/app", blob.digest))).toBe(true);
        const ranges = (await from.registry.requests({ method: "GET", path: "blobs" })).map(({ headers }) => headers.range);
        expect(ranges).toEqual([undefined, undefined, action.flipBitAt === undefined ? expect.stringMatching(/^bytes=\d+-$/) : undefined]);
      });
    });
  });
});

describe("a blob that always breaks off", () => {
  it("Q64 before it gets any further is asked for only so often, and never committed", async () => {
    await reading({}, async (from) => {
      await from.registry.fail({ method: "GET", path: "blobs", skip: 1, times: "always", action: { resetAfter: 1000 } });
      await withRegistry({}, async (to) => {
        const client = new Client(to);
        expect(await failureOf(client.placeFrom(from.repository, BLOB))).toMatchObject({ code: "registry-unavailable", side: "source" });
        expect(await from.requests()).toEqual(["GET 401", ...Array(5).fill("GET 200")]);
        expect((await client.uploadRequests()).at(-1)).toBe("DELETE 204");
      });
    });
  });
});

describe("a blob that is not what it should be", () => {
  it.each<[string, FaultAction, object]>([
    ["Q65 too short", { truncateAfter: 100, lengthFits: true }, { code: "size-mismatch", retry: "never" }],
    ["Q65 too long", { extraBytes: 1 }, { code: "size-mismatch", retry: "never" }],
    ["Q65 too long by a byte that no length announces", { extraBytes: 1, noLength: true }, { code: "size-mismatch" }],
    ["Q66 of other bytes", { flipBitAt: 5 }, { code: "digest-mismatch" }],
    ["Q71 missing", { status: 404, body: { errors: [{ code: "BLOB_UNKNOWN" }] } }, { code: "not-found", retry: "never" }],
  ])("%s is named in the failure, and never committed", async (_, action, expected) => {
    await reading({}, async (from) => {
      await from.registry.fail({ method: "GET", path: "blobs", times: "always", action });
      await withRegistry({}, async (to) => {
        const client = new Client(to);
        const failure = await failureOf(client.placeFrom(from.repository, BLOB));
        expect(failure).toMatchObject({ ...expected, side: "source" });
        expect(failure.message).toContain(BLOB.digest);
        expect((await client.uploadRequests()).filter((request) => /^PUT 2/.test(request))).toEqual([]);
        expect(await to.blob("acme/app", BLOB.digest)).toBeUndefined();
      });
    });
  });
});
