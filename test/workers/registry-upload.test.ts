/** Uploads on real sockets that something happens to, and those that fail. How registries differ is the subject of test/quirks. */
import { describe, expect, it } from "vitest";
import { CopyError } from "../../src/oci/errors.ts";
import type { RegistrySettings } from "../../src/registry/settings.ts";
import { Client, isSame, layer, withRegistry } from "../quirks/client.ts";
import { blobOf } from "../support/memory-source.ts";
import type { FaultRule } from "../support/registry/faults.ts";
import type { Quirks } from "../support/registry/quirks.ts";

const MIB = 1024 * 1024;
const chunked: RegistrySettings = { upload: "chunked", chunkSize: 2 * MIB };

/** Uploads a layer and checks that it arrived and left nothing open. */
async function arrives(quirks: Partial<Quirks>, settings: RegistrySettings, fault: FaultRule): Promise<void> {
  const content = layer(1);
  await withRegistry({ quirks }, async (registry) => {
    const client = new Client(registry, { settings });
    await registry.fail(fault);
    await client.place(content);
    expect(isSame(content, await registry.blob("acme/app", blobOf(content).digest))).toBe(true);
    expect((await registry.counts()).openUploads).toBe(0);
  });
}

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
  ];
  it.each(faults)("%s", async (_, settings, fault) => {
    await arrives({}, settings, fault);
  });

  it.each(faults)("%s, at distribution 2.8", async (_, settings, fault) => {
    await arrives({ staleLocation: "fatal", contentRange: "ignored" }, settings, fault);
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
      const client = new Client(registry, { settings: { upload: "monolithic" } });
      const error = await client.place(layer(5)).catch((thrown: unknown) => thrown);
      expect((error as CopyError).failure).toMatchObject({ ...expected, retry: "never", side: "destination", registry: registry.host });
      expect((await client.uploadRequests()).at(-1)).toBe("DELETE 204");
      expect((await registry.counts()).openUploads).toBe(0);
    });
  });

  it("holds its writer back while the registry does not read", async () => {
    await withRegistry({}, async (registry) => {
      await registry.fail({ method: "PUT", times: "always", action: { stallRequestAfter: MIB } });
      const client = new Client(registry);
      const upload = await client.repository.startUpload({ ...blobOf(new Uint8Array(1)), size: 256 * MIB });
      let written = 0;
      const writing = (async () => {
        while (written < 128 * MIB) {
          await upload.write(new Uint8Array(MIB));
          written += MIB;
        }
      })();
      const ended = writing.catch((thrown: unknown) => thrown);
      await registry.waitForRequests({ method: "PUT" });
      let before: number;
      do {
        before = written;
        // A writer that nobody holds back writes on during each of these round trips.
        for (let trips = 0; trips < 20; trips++) {
          await registry.counts();
        }
      } while (written > before);
      expect(written).toBeGreaterThan(0);
      expect(written).toBeLessThan(32 * MIB);
      await upload.cancel();
      expect(await ended).toBeInstanceOf(CopyError);
    });
  });
});
