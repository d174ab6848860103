/** Uploads on real sockets: bodies of known length, answers that come early, and every way in which registries differ. */
import { describe, expect, it } from "vitest";
import { CopyError } from "../../src/oci/errors.ts";
import type { RegistrySettings } from "../../src/registry/settings.ts";
import { blobOf, seededBytes } from "../support/memory-source.ts";
import type { FaultRule } from "../support/registry/faults.ts";
import type { Quirks } from "../support/registry/quirks.ts";
import { Client, isSame, layer, withRegistry } from "./registry-fixture.ts";

const MIB = 1024 * 1024;
const chunked: RegistrySettings = { upload: "chunked", chunkSize: 2 * MIB };

/** Uploads a layer and checks that it arrived and left nothing open. Gives the requests of its uploads. */
async function arrives(
  quirks: Partial<Quirks>,
  settings: RegistrySettings = {},
  fault?: FaultRule,
  content = layer(1),
): Promise<{ requests: string[]; client: Client }> {
  const found: { requests: string[]; client?: Client } = { requests: [] };
  await withRegistry({ quirks }, async (registry) => {
    const client = new Client(registry, settings);
    if (fault !== undefined) {
      await registry.fail(fault);
    }
    await client.place(content);
    const blob = blobOf(content);
    expect(isSame(content, await registry.blob("acme/app", blob.digest))).toBe(true);
    expect((await registry.counts()).openUploads).toBe(0);
    found.requests = await client.uploadRequests();
    found.client = client;
  });
  return { requests: found.requests, client: found.client as Client };
}

describe("a layer arrives", () => {
  it("as one PUT with its length", async () => {
    await withRegistry({ quirks: { lengthRequired: 411 } }, async (registry) => {
      const client = new Client(registry);
      const content = layer(2);
      await client.place(content);
      const [put] = await registry.requests({ method: "PUT" });
      expect(put?.headers).toMatchObject({ "content-length": String(content.byteLength), "content-type": "application/octet-stream" });
      expect(put?.headers["transfer-encoding"]).toBeUndefined();
      expect(await client.uploadRequests()).toEqual(["POST 202", "PUT 201"]);
    });
  });

  it("in chunks with their lengths", async () => {
    const { requests } = await arrives({ lengthRequired: 400, contentRange: "required" }, chunked);
    expect(requests).toEqual(["POST 202", "PATCH 202", "PATCH 202", "PATCH 202", "PUT 201"]);
  });

  it("of no bytes, with Content-Length 0 (Q69)", async () => {
    const { requests } = await arrives({}, {}, undefined, new Uint8Array(0));
    expect(requests).toEqual(["POST 202", "PUT 201"]);
  });

  it("of two bytes, in a request of bytes", async () => {
    const { requests } = await arrives({}, chunked, undefined, new TextEncoder().encode("{}") as Uint8Array<ArrayBuffer>);
    expect(requests).toEqual(["POST 202", "PUT 201"]);
  });

  const quirks: [string, Partial<Quirks>][] = [
    ["Q72: relative Locations", { uploadLocation: "relative" }],
    ["Q72: Locations of the last segment", { uploadLocation: "bare" }],
    ["Q72: Locations on another path", { uploadLocation: "other-path" }],
    ["Q74: Locations without the port", { uploadLocation: "no-port" }],
    ["Q50, Q73, Q76: signed Locations at another host", { uploadLocation: "other-host" }],
    ["Q84: 204 for the commit", { blobPutStatus: 204 }],
    ["Q84: 202 for the commit", { blobPutStatus: 202 }],
    ["Q86: 0--1 for an empty upload", { emptyRange: "0--1" }],
    ["Q88: no Range", { rangeForm: "absent" }],
    ["Q85: a Range with a unit", { rangeForm: "bytes=0-N" }],
    ["distribution 2.8", { staleLocation: "fatal", contentRange: "ignored" }],
    ["Q59: no HEAD of blobs", { blobHead: 403 }],
  ];
  it.each(quirks)("in one PUT with %s", async (_, quirk) => {
    const { requests } = await arrives(quirk);
    expect(requests).toHaveLength(2);
  });

  it.each<[string, Partial<Quirks>]>([
    ...quirks,
    ["Q83: 201 for a chunk", { patchStatus: 201 }],
    ["Q83: 204 for a chunk", { patchStatus: 204 }],
    ["Q87: a Range that stays", { rangeStuck: true }],
    ["Q75: no Location after a chunk", { patchLocation: false, staleLocation: "tolerated" }],
    ["Q90: equal chunks only", { chunksEqual: true }],
  ])("in chunks with %s", async (_, quirk) => {
    const { requests } = await arrives(quirk, chunked);
    expect(requests.filter((request) => request.startsWith("PATCH"))).toHaveLength(3);
  });

  it("Q89: in chunks of the registry's least size", async () => {
    const { requests } = await arrives({ chunkMinLength: 3 * MIB }, chunked);
    expect(requests.filter((request) => request.startsWith("PATCH"))).toHaveLength(2);
  });

  it("Q92: in chunks of the registry's most", async () => {
    const { requests } = await arrives({ chunkMaxLength: MIB }, {});
    expect(requests.filter((request) => request.startsWith("PATCH"))).toHaveLength(6);
  });

  it("Q90: without a chunk of a single byte", async () => {
    await arrives({ chunksEqual: true }, chunked, undefined, seededBytes(4 * MIB + 1, 3));
  });

  it("Q97: in chunks once a proxy has found it too large", async () => {
    const { client, requests } = await arrives({ maxBody: 3 * MIB }, { chunkSize: 2 * MIB });
    expect(client.plans).toEqual([{ way: "chunked", chunkSize: 2 * MIB }]);
    expect(requests.slice(-5)).toEqual(["POST 202", "PATCH 202", "PATCH 202", "PATCH 202", "PUT 201"]);
  });

  it("Q93: in chunks once one PUT was too large", async () => {
    const { client } = await arrives({ monolithic: 3 * MIB }, { chunkSize: 2 * MIB });
    expect(client.plans).toEqual([{ way: "chunked", chunkSize: 2 * MIB }]);
  });

  it("Q95: in one PATCH once a PUT was not known", async () => {
    const { client } = await arrives({ monolithic: 404 });
    expect(client.plans).toMatchObject([{ way: "stream-patch" }]);
  });

  it("Q97: in chunks once bodies break off again and again, since the 413 of a connection that ends may be lost", async () => {
    const early: FaultRule = { method: "PUT", times: 2, action: { early: true, status: 413, body: "<html>" } };
    const { client } = await arrives({}, { chunkSize: 2 * MIB }, early);
    expect(client.plans).toEqual([{ way: "chunked", chunkSize: 2 * MIB }]);
  });
});

describe("a layer arrives all the same where", () => {
  const faults: [string, RegistrySettings, FaultRule][] = [
    ["the connection ends in the middle of the PUT", {}, { method: "PUT", action: { resetRequestAfter: 2.5 * MIB } }],
    ["the connection ends in the middle of a chunk", chunked, { method: "PATCH", skip: 1, action: { resetRequestAfter: MIB } }],
    ["the PUT is hung up on at once", {}, { method: "PUT", action: { dropConnection: "at-once" } }],
    ["the answer to the PUT never comes", {}, { method: "PUT", action: { dropConnection: "after-handling" } }],
    ["the answer to a chunk never comes", chunked, { method: "PATCH", action: { dropConnection: "after-handling" } }],
    ["the answer to the commit never comes", chunked, { method: "PUT", action: { dropConnection: "after-handling" } }],
    ["the commit is done and answered with 500", {}, { method: "PUT", action: { answerStatus: 500 } }],
    ["the commit after chunks is done and answered with 500", chunked, { method: "PUT", action: { answerStatus: 500 } }],
    ["the PUT is answered with 503", {}, { method: "PUT", action: { status: 503 } }],
    ["a chunk is answered with 503", chunked, { method: "PATCH", skip: 1, action: { status: 503 } }],
    ["a chunk is answered early with 503", chunked, { method: "PATCH", skip: 1, action: { early: true, status: 503 } }],
    ["the POST is hung up on", {}, { method: "POST", action: { dropConnection: "at-once" } }],
    ["Q100: the PUT is sent elsewhere", {}, { method: "PUT", action: { redirectTo: "{path}&again=1", early: true } }],
  ];
  it.each(faults)("%s", async (_, settings, fault) => {
    await arrives({}, settings, fault);
  });

  it.each(faults)("%s, at distribution 2.8", async (_, settings, fault) => {
    await arrives({ staleLocation: "fatal", contentRange: "ignored" }, settings, fault);
  });

  it.each<[string, Partial<Quirks>]>([
    ["no upload's status is known", { uploadStatus: 404 }],
    ["Q94: no rest may be sent by PATCH", { patch: false }],
    ["Q86: nothing is called 0-0", { emptyRange: "0-0" }],
    ["Q87: Range stays where it was", { rangeStuck: true }],
    ["Q85: Range has a unit", { rangeForm: "bytes=0-N" }],
    ["Q88: there is no Range", { rangeForm: "absent" }],
  ])("the connection ends in the middle and %s", async (_, quirk) => {
    await arrives(quirk, {}, { method: "PUT", path: "uploads", action: { resetRequestAfter: 2.5 * MIB } });
  });

  it("Q103: the registry loses its sessions in mid-blob", async () => {
    await withRegistry({}, async (registry) => {
      await registry.fail({ method: "PATCH", skip: 1, action: { hold: "lost" } });
      const client = new Client(registry, chunked);
      const content = layer(4);
      const placed = client.place(content);
      await registry.waitForRequests({ method: "PATCH" }, 2);
      await registry.expire("uploads");
      await registry.release("lost");
      await placed;
      expect(isSame(content, await registry.blob("acme/app", blobOf(content).digest))).toBe(true);
    });
  });
});

describe("an upload that fails", () => {
  it.each<[string, FaultRule["action"], object]>([
    ["for its size, with no smaller way", { status: 413, body: "<html>" }, { code: "destination-refused", upstream: { status: 413 } }],
    [
      "for want of a right",
      { status: 403, body: { errors: [{ code: "DENIED" }] } },
      { code: "access-denied", upstream: { code: "DENIED" } },
    ],
    ["for the blob's kind", { status: 400, body: { errors: [{ code: "UNSUPPORTED" }] } }, { code: "destination-refused" }],
  ])("%s, says so and is given back", async (_, action, expected) => {
    await withRegistry({}, async (registry) => {
      await registry.fail({ method: "PUT", times: "always", action });
      const client = new Client(registry, { upload: "monolithic" });
      const error = await client.place(layer(5)).catch((thrown: unknown) => thrown);
      expect((error as CopyError).failure).toMatchObject({ ...expected, retry: "never", side: "destination", registry: registry.host });
      expect((await client.uploadRequests()).at(-1)).toBe("DELETE 204");
      expect((await registry.counts()).openUploads).toBe(0);
    });
  });

  it("for wrong bytes is never committed", async () => {
    await withRegistry({}, async (registry) => {
      const client = new Client(registry);
      const content = layer(6);
      const blob = blobOf(content);
      const wrong = Uint8Array.from(content);
      wrong[3 * MIB] = 1 + (wrong[3 * MIB] as number);
      const error = await client.place(wrong, blob).catch((thrown: unknown) => thrown);
      expect((error as CopyError).failure).toMatchObject({ code: "digest-mismatch", side: "source" });
      expect(await registry.blob("acme/app", blob.digest)).toBeUndefined();
      expect((await registry.counts()).openUploads).toBe(0);
      const puts = await registry.requests({ method: "PUT" });
      expect(puts.every(({ status }) => status === 0)).toBe(true);
    });
  });

  it("holds its writer back while the registry does not read", async () => {
    await withRegistry({}, async (registry) => {
      await registry.fail({ method: "PUT", times: "always", action: { stallRequestAfter: MIB } });
      const client = new Client(registry);
      const upload = await client.repository.startUpload({ ...blobOf(new Uint8Array(1)), size: 256 * MIB });
      let written = 0;
      const writing = (async () => {
        for (;;) {
          await upload.write(new Uint8Array(MIB));
          written += MIB;
        }
      })();
      const ended = writing.catch((thrown: unknown) => thrown);
      const before = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1_000))]);
      expect(before).toBeUndefined();
      expect(written).toBeLessThan(32 * MIB);
      await upload.cancel();
      expect(await ended).toBeInstanceOf(CopyError);
    });
  });
});
