import { expect, test } from "vitest";
import { CopyError } from "../../../../src/oci/errors.ts";
import { creatingRepository } from "../../../../src/registry/cloud/repository-creation.ts";
import type { RegistryRequest, Transport } from "../../../../src/registry/request.ts";

const BASE = "https://registry.test/v2/acme/app";
const START: RegistryRequest = { method: "POST", url: new URL(`${BASE}/blobs/uploads/`), scopes: [] };
const MANIFEST: RegistryRequest = { method: "PUT", url: new URL(`${BASE}/manifests/1`), body: new Uint8Array(2), scopes: [] };

/** A registry that lacks the repository until it is created, and says so in one of the two ways. */
function missing(how: "404" | "silence", create: () => Promise<boolean> = async () => true) {
  let created = 0;
  let sent = 0;
  const transport: Transport = {
    endpoint: { registry: "registry.test", base: new URL("https://registry.test"), side: "destination" },
    send: async ({ url }) => {
      sent++;
      if (created > 0) {
        return { response: new Response(null, { status: 202 }), url };
      }
      if (how === "silence") {
        throw new CopyError({ code: "registry-unavailable", message: "no answer", retry: "later" });
      }
      return { response: new Response('{"errors":[{"code":"NAME_UNKNOWN"}]}', { status: 404 }), url };
    },
  };
  const creating = creatingRepository(transport, "acme/app", async () => {
    const isNew = await create();
    created++;
    return isNew;
  });
  return { creating, counts: () => ({ created, sent }) };
}

test.each(["404", "silence"] as const)(
  "a push that shows by %s that the repository is missing is sent again once it is there",
  async (how) => {
    for (const request of [START, MANIFEST]) {
      const { creating, counts } = missing(how);
      expect((await creating.send(request)).response.status).toBe(202);
      expect(counts()).toEqual({ created: 1, sent: 2 });
      await creating.send(request);
      expect(counts()).toEqual({ created: 1, sent: 3 });
    }
  },
);

test("many at once create it once", async () => {
  const { creating, counts } = missing("404");
  await Promise.all([creating.send(START), creating.send(START), creating.send(MANIFEST)]);
  expect(counts().created).toBe(1);
});

test("what reads, and what can't be sent again, is left alone", async () => {
  const { creating, counts } = missing("404");
  for (const method of ["GET", "HEAD", "DELETE", "PATCH"] as const) {
    expect((await creating.send({ ...START, method })).response.status).toBe(404);
  }
  const stream = new Blob(["x"]).stream();
  expect((await creating.send({ method: "PUT", url: new URL(`${BASE}/blobs/uploads/1`), body: stream, scopes: [] })).response.status).toBe(
    404,
  );
  expect(counts().created).toBe(0);
});

test("silence from a registry that has the repository stays a failure", async () => {
  const { creating } = missing("silence", async () => false);
  await expect(creating.send(START)).rejects.toMatchObject({ failure: { code: "registry-unavailable" } });
});

test("where creating fails, that is the failure, and the next push tries again", async () => {
  let tries = 0;
  const { creating } = missing("404", async () => {
    if (tries++ === 0) {
      throw new CopyError({ code: "access-denied", message: "no", retry: "never" });
    }
    return true;
  });
  await expect(creating.send(START)).rejects.toMatchObject({ failure: { code: "access-denied" } });
  expect((await creating.send(START)).response.status).toBe(202);
});
