/** Manifests on real sockets whose answers don't come whole. How registries differ is the subject of test/quirks. */
import { expect, it } from "vitest";
import { Client, CONTENT, failureOf, MANIFEST, seed, withRegistry } from "../quirks/client.ts";

it("a manifest whose body breaks off fails with what may pass", async () => {
  await withRegistry({}, async (registry) => {
    await seed(registry);
    await registry.fail({ method: "GET", path: "manifests", times: "always", action: { truncateAfter: 20 } });
    const { repository } = new Client(registry, { as: "source" });
    expect(await failureOf(repository.fetchManifest("1"))).toMatchObject({ code: "registry-unavailable", retry: "later", side: "source" });
  });
});

it("a manifest is put where no answer to it ever comes", async () => {
  await withRegistry({}, async (registry) => {
    await registry.putBlob("acme/app", CONTENT);
    await registry.fail({ method: "PUT", times: "always", action: { dropConnection: "after-handling" } });
    await new Client(registry).repository.putManifest(MANIFEST, "1");
  });
});
