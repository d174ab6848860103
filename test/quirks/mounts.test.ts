/** Quirks 3d: layers that a registry takes from another repository of its own. */
import { describe, expect, it } from "vitest";
import { blobOf } from "../support/memory-source.ts";
import type { Quirks } from "../support/registry/quirks.ts";
import { Client, isSame, layer, withRegistry } from "./client.ts";

const CONTENT = layer(61);

describe("a layer is mounted", () => {
  it.each<[string, Quirks["mount"], string, string[]]>([
    ["Q108 by one request, which is a 201", "done", "mounted", ["POST 201"]],
    ["Q108 or sent in the upload that a 202 has begun", "session", "copied", ["POST 202", "PUT 201"]],
    ["Q108 or sent in another, where that 202 names no place", "session-without-location", "copied", ["POST 202", "POST 202", "PUT 201"]],
    ["Q111 or sent, where a mount is a bad request", 400, "copied", ["POST 400", "POST 202", "PUT 201"]],
    ["Q110, Q111 or sent, where a mount is denied", 401, "copied", ["POST 401", "POST 202", "PUT 201"]],
    ["Q111 or sent, where there is no mounting", 404, "copied", ["POST 404", "POST 202", "PUT 201"]],
    ["Q111 or sent, where mounting is not allowed", 405, "copied", ["POST 405", "POST 202", "PUT 201"]],
  ])("%s", async (_, mount, placement, requests) => {
    await withRegistry({ quirks: { mount } }, async (registry) => {
      await registry.putBlob("acme/base", CONTENT);
      const client = new Client(registry);
      expect(await client.place(CONTENT, undefined, "acme/base")).toBe(placement);
      expect(await client.uploadRequests()).toEqual(requests);
      expect(isSame(CONTENT, await registry.blob("acme/app", blobOf(CONTENT).digest))).toBe(true);
      expect((await registry.counts()).openUploads).toBe(0);
    });
  });

  it("Q109, Q112 with the digest and the other repository's path, without its host", async () => {
    await withRegistry({}, async (registry) => {
      await registry.putBlob("library/base", CONTENT);
      await new Client(registry).place(CONTENT, undefined, "library/base");
      const [post] = await registry.requests({ method: "POST" });
      expect([...new URLSearchParams(post?.query)]).toEqual([
        ["mount", blobOf(CONTENT).digest],
        ["from", "library/base"],
      ]);
    });
  });
});
