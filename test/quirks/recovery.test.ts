/** Quirks 3c: uploads that something happens to. */
import { describe, expect, it } from "vitest";
import type { Effects } from "../../src/net/effects.ts";
import type { RegistrySettings } from "../../src/registry/settings.ts";
import { blobOf, seededBytes } from "../support/memory-source.ts";
import { realSleep } from "../support/quick-effects.ts";
import type { FaultRule } from "../support/registry/faults.ts";
import type { Quirks } from "../support/registry/quirks.ts";
import { Client, failureOf, isSame, layer, withRegistry } from "./client.ts";

const MIB = 1024 * 1024;
const chunked: RegistrySettings = { upload: "chunked", chunkSize: 2 * MIB };
const CONTENT = layer(51);
const BLOB = blobOf(CONTENT);

/** Uploads a layer past a fault, checks that it arrived and left nothing open, and gives the requests of its uploads. */
async function arrives(fault: FaultRule, settings: RegistrySettings = {}, quirks: Partial<Quirks> = {}): Promise<string[]> {
  let requests: string[] = [];
  await withRegistry({ quirks }, async (registry) => {
    const client = new Client(registry, { settings });
    await registry.fail(fault);
    await client.place(CONTENT);
    expect(isSame(CONTENT, await registry.blob("acme/app", BLOB.digest))).toBe(true);
    expect((await registry.counts()).openUploads).toBe(0);
    requests = await client.uploadRequests();
  });
  return requests;
}

describe("an upload goes on", () => {
  it("Q101 where a 416 says that it stands", async () => {
    await withRegistry({}, async (registry) => {
      const client = new Client(registry, { settings: chunked });
      const begun = await client.repository.startUpload(BLOB);
      await begun.write(CONTENT.subarray(0, 4 * MIB));
      const held = begun.checkpoint?.();
      // What is remembered is one chunk behind, and the Location with it is no longer the newest.
      await registry.clearRequests();
      const upload = client.repository.continueUpload(BLOB, { ...held, held: 2 * MIB, pieceSize: 2 * MIB, location: held?.location ?? "" });
      const failure = await failureOf(upload.write(CONTENT.subarray(2 * MIB, 4 * MIB)));
      expect(failure).toMatchObject({ retry: "now", upstream: { status: 416 } });
      const from = await upload.resume();
      expect(from).toBe(4 * MIB);
      const [patch, status] = await client.registry.requests({ path: "uploads" });
      expect([patch?.method, status?.method, patch?.query === status?.query]).toEqual(["PATCH", "GET", false]);
      await upload.finish(CONTENT.subarray(from));
      expect(isSame(CONTENT, await registry.blob("acme/app", BLOB.digest))).toBe(true);
    });
  });

  it("Q101 in chunks of the same size, where a 416 at its beginning says that it has got further", async () => {
    await withRegistry({}, async (registry) => {
      const client = new Client(registry, { settings: chunked });
      await registry.fail({ method: "PATCH", action: { dropConnection: "after-handling" } });
      await registry.fail({ method: "GET", path: "uploads", action: { headers: { range: null } } });
      await client.place(CONTENT);
      expect(client.plans).toEqual([]);
      const answers = ["PATCH 0", "GET 204", "PATCH 416", "GET 204", "PATCH 202", "PATCH 202"];
      expect(await client.uploadRequests()).toEqual(["POST 202", ...answers, "PUT 201"]);
    });
  });

  it.each<[string, RegistrySettings, FaultRule]>([
    ["in the middle of the PUT", {}, { method: "PUT", action: { resetRequestAfter: 2.5 * MIB } }],
    ["in the middle of a chunk", chunked, { method: "PATCH", skip: 1, action: { resetRequestAfter: MIB } }],
    ["before the answer to a chunk", chunked, { method: "PATCH", action: { dropConnection: "after-handling" } }],
    ["before the answer to the commit", chunked, { method: "PUT", action: { dropConnection: "after-handling" } }],
  ])("Q102 where the registry says that it stands, after a connection that ended %s", async (_, settings, fault) => {
    const requests = await arrives(fault, settings);
    expect(requests.filter((request) => request.startsWith("POST"))).toHaveLength(1);
  });

  it.each<[string, Partial<Quirks>]>([
    ["Q85 Range has a unit", { rangeForm: "bytes=0-N" }],
    ["Q86 nothing is called 0-0", { emptyRange: "0-0" }],
    ["Q87 Range stays where it was", { rangeStuck: true }],
    ["Q88 there is no Range", { rangeForm: "absent" }],
    ["Q102 no upload's status is told", { uploadStatus: 404 }],
    ["Q102 no upload's status is told, as a 405", { uploadStatus: 405 }],
    ["Q75 old Locations end it", { staleLocation: "fatal", contentRange: "ignored" }],
  ])("or is begun again, after a connection that ended, where %s", async (_, quirks) => {
    await arrives({ method: "PUT", path: "uploads", action: { resetRequestAfter: 2.5 * MIB } }, {}, quirks);
    await arrives({ method: "PATCH", skip: 1, action: { resetRequestAfter: MIB } }, chunked, quirks);
  });

  it.each(["0-0", "0--1", "absent"] as const)(
    "Q86 at its beginning, where an upload that holds nothing is called %s",
    async (emptyRange) => {
      const requests = await arrives({ method: "PUT", action: { dropConnection: "at-once" } }, {}, { emptyRange });
      expect(requests).toEqual(["POST 202", "PUT 0", "GET 204", "PUT 201"]);
      const chunks = await arrives({ method: "PATCH", action: { dropConnection: "at-once" } }, chunked, { emptyRange });
      expect(chunks).toEqual(["POST 202", "PATCH 0", "GET 204", "PATCH 202", "PATCH 202", "PATCH 202", "PUT 201"]);
    },
  );

  it("Q87, Q102 only so often: a registry that gets no further is not asked for ever", async () => {
    await withRegistry({}, async (registry) => {
      await registry.fail({ method: "PATCH", times: "always", action: { resetRequestAfter: 1000 } });
      const client = new Client(registry, { settings: chunked });
      await failureOf(client.place(CONTENT));
      expect((await registry.requests({ path: "uploads" })).length).toBeLessThan(150);
      expect((await registry.counts()).openUploads).toBe(0);
    });
  });

  it("Q87 from where its chunks were acknowledged, though Range stays behind", async () => {
    const broken: FaultRule = { method: "PATCH", skip: 2, action: { dropConnection: "at-once" } };
    const requests = await arrives(broken, chunked, { rangeStuck: true });
    expect(requests).toEqual(["POST 202", "PATCH 202", "PATCH 202", "PATCH 0", "GET 204", "PATCH 202", "PUT 201"]);
  });

  it("Q87, Q102 only so often, though it gets a little further each time", async () => {
    await withRegistry({}, async (registry) => {
      const content = seededBytes(24 * MIB, 52);
      // Of each chunk more than one read of a copy, so that every time counts as a step forward.
      await registry.fail({ method: "PATCH", times: 21, action: { resetRequestAfter: 1_150_000 } });
      const client = new Client(registry, { settings: { upload: "chunked", chunkSize: 1_250_000 } });
      await client.place(content);
      const requests = await client.uploadRequests();
      expect(requests.filter((request) => request.startsWith("GET"))).toHaveLength(20);
      expect(requests.filter((request) => request.startsWith("POST"))).toHaveLength(2);
    });
  });

  it.each(["oci", "html"] as const)("Q103 from the beginning where it is lost, as a 404 (%s) says", async (errorStyle) => {
    await withRegistry({ quirks: { errorStyle } }, async (registry) => {
      await registry.fail({ method: "PATCH", skip: 1, action: { hold: "lost" } });
      const client = new Client(registry, { settings: chunked });
      const placed = client.place(CONTENT);
      await registry.waitForRequests({ method: "PATCH" }, 2);
      await registry.expire("uploads");
      await registry.release("lost");
      await placed;
      expect(isSame(CONTENT, await registry.blob("acme/app", BLOB.digest))).toBe(true);
      const again = ["POST 202", "PATCH 202", "PATCH 202", "PATCH 202", "PUT 201"];
      expect(await client.uploadRequests()).toEqual(["POST 202", "PATCH 202", "PATCH 404", "GET 404", "DELETE 404", ...again]);
    });
  });
});

describe("what may pass is tried again", () => {
  it.each([408, 429, 499, 500, 502, 503, 504, 522])("Q104 a POST answered with %i", async (status) => {
    expect(await arrives({ method: "POST", action: { status } })).toEqual([`POST ${status}`, "POST 202", "PUT 201"]);
  });

  it.each(["TOOMANYREQUESTS", "UNAVAILABLE", "BLOB_UPLOAD_INVALID"])("Q104 a chunk answered with %s", async (code) => {
    await arrives({ method: "PATCH", action: { status: 400, body: { errors: [{ code }] } } }, chunked);
  });

  it("Q104 a connection that is hung up on", async () => {
    await arrives({ method: "POST", action: { dropConnection: "at-once" } });
  });

  it("Q104 but no commit that was done and answered with an error: the blob is looked for first", async () => {
    const requests = await arrives({ method: "PUT", action: { answerStatus: 500 } });
    expect(requests).toEqual(["POST 202", "PUT 500"]);
  });
});

describe("what does not pass is not", () => {
  it("Q105 a digest that the registry calls wrong", async () => {
    await withRegistry({}, async (registry) => {
      await registry.fail({ method: "PUT", times: "always", action: { status: 400, body: { errors: [{ code: "DIGEST_INVALID" }] } } });
      const client = new Client(registry);
      expect(await failureOf(client.place(CONTENT))).toMatchObject({ code: "digest-mismatch", retry: "never", side: "destination" });
      expect((await registry.requests({ method: "PUT" })).length).toBe(1);
    });
  });

  it("Q105 bytes that are not the digest's are never committed", async () => {
    await withRegistry({}, async (registry) => {
      const wrong = Uint8Array.from(CONTENT);
      wrong[3 * MIB] = 1 + (wrong[3 * MIB] as number);
      expect(await failureOf(new Client(registry).place(wrong, BLOB))).toMatchObject({ code: "digest-mismatch", side: "source" });
      expect((await registry.requests({ method: "PUT" })).filter(({ status }) => status !== 0)).toEqual([]);
    });
  });
});

describe("an upload that is given up", () => {
  it.each([202, 404, 405, 500])("Q106 is given back, and a %i to that is no failure", async (status) => {
    await withRegistry({}, async (registry) => {
      const client = new Client(registry);
      const upload = await client.repository.startUpload(BLOB);
      await registry.fail({ method: "DELETE", times: "always", action: { status } });
      await upload.cancel();
      expect((await client.uploadRequests()).slice(0, 2)).toEqual(["POST 202", `DELETE ${status}`]);
    });
  });

  it("Q106 is left alone where the registry does not answer to that", async () => {
    await withRegistry({}, async (registry) => {
      const late = Promise.withResolvers<void>();
      const sleep: Effects["sleep"] = (ms, signal) => (ms <= 10_000 ? late.promise : realSleep(ms, signal));
      const client = new Client(registry, { effects: { sleep } });
      const upload = await client.repository.startUpload(BLOB);
      await registry.fail({ method: "DELETE", action: { hold: "cancel" } });
      const cancelled = upload.cancel();
      await registry.waitForRequests({ method: "DELETE" });
      late.resolve();
      await cancelled;
      await expect.poll(async () => (await registry.requests({ method: "DELETE" })).map(({ ended }) => ended)).toEqual([true]);
    });
  });

  it("Q106 is given back where the registry refuses the layer", async () => {
    await withRegistry({}, async (registry) => {
      await registry.fail({ method: "PUT", times: "always", action: { status: 400, body: { errors: [{ code: "UNSUPPORTED" }] } } });
      const client = new Client(registry);
      await failureOf(client.place(CONTENT));
      expect((await client.uploadRequests()).at(-1)).toBe("DELETE 204");
      expect((await registry.counts()).openUploads).toBe(0);
    });
  });
});
