/** The fault table, fifth part: contents that vanish or move while the copy runs, and tags that are put but not there. */
import { describe, expect, it } from "vitest";
import { copy } from "../../support/copy-service.ts";
import type { RemoteRegistry } from "../../support/registry/remote.ts";
import { type Attempt, at, expectOutcome, type FaultRow, whileHeld } from "./fault-row.ts";

const PUT_TAG = { method: "PUT", path: "/manifests/1.0" };

const LACKS_A_BLOB = { errors: [{ code: "MANIFEST_BLOB_UNKNOWN", message: "blob unknown to registry" }] };

describe("a blob vanishes between its HEAD and the manifest's PUT", () => {
  it.each<FaultRow>([
    {
      side: "destination",
      fault: "one that was there before",
      ...vanishing(async ({ to, name, image }) => {
        await to.putImage(name, undefined, { seed: image.seed, platforms: ["linux/amd64"], index: "none", layers: [3_500_000] });
      }),
      also: async (attempt) => expect(await uploadsOf(attempt)).toBe(1),
    },
    { side: "destination", fault: "one that this job has put", ...vanishing(() => {}), read: 2, sent: 2 },
    {
      side: "destination",
      fault: "one that another job has put a moment ago",
      given: async ({ from, to, name, layer }) => {
        await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:0.9`);
        await remove(to, `${name}/blobs/${layer}`);
      },
      read: 2,
      sent: 2,
    },
    {
      side: "destination",
      fault: "with the child of an index that has it",
      index: "flat",
      ...vanishing(async ({ to, name, image }) => {
        const options = { seed: image.seed, platforms: ["linux/amd64"], layers: [3_500_000] };
        await to.putImage(name, "1.0", { ...options, annotations: { version: "older" } });
      }, "manifests"),
      also: async (attempt) => expect(await uploadsOf(attempt)).toBe(1),
    },
    {
      side: "destination",
      fault: "again and again, as it seems",
      given: at("to", { ...PUT_TAG, times: "always" }, { status: 400, body: LACKS_A_BLOB }),
      error: { code: "destination-refused", side: "destination", upstream: { status: 400, code: "MANIFEST_BLOB_UNKNOWN" } },
      also: async ({ to }) => expect(await to.requests(PUT_TAG)).toHaveLength(3),
    },
  ])("$side: $fault", expectOutcome);
});

describe("the tag moves during the copy", () => {
  it.each<FaultRow>([
    {
      side: "source",
      fault: "while a layer is read: the image is the one that the tag stood for at first",
      ...whileHeld("from", ({ layer }) => ({ method: "GET", path: layer }), move),
    },
    {
      side: "source",
      fault: "before its manifest is read: likewise",
      ...whileHeld("from", () => ({ method: "GET", path: "/manifests/sha256:" }), move),
    },
  ])("$side: $fault", expectOutcome);
});

describe("the manifest's PUT is answered 200 with HTML", () => {
  it.each<FaultRow>([
    { side: "destination", fault: "once", given: at("to", PUT_TAG, { html200: true }) },
    {
      side: "destination",
      fault: "always",
      given: at("to", { ...PUT_TAG, times: "always" }, { html200: true }),
      error: { code: "destination-refused", side: "destination", upstream: { status: 200 } },
    },
  ])("$side: $fault", expectOutcome);
});

/** What is there before, and the layer gone once the tag is about to be put, with the child manifest that names it if so wanted. */
function vanishing(before: (attempt: Attempt) => unknown, ...also: "manifests"[]): Required<Pick<FaultRow, "given" | "meanwhile">> {
  const { given, meanwhile } = whileHeld(
    "to",
    () => PUT_TAG,
    async ({ to, name, image, layer }) => {
      await remove(to, `${name}/blobs/${layer}`);
      if (also.length > 0) {
        await remove(to, `${name}/manifests/${image.manifests[0]?.digest}`);
      }
    },
  );
  return {
    given: async (attempt) => {
      await before(attempt);
      await given(attempt);
    },
    meanwhile,
  };
}

async function remove({ url }: RemoteRegistry, path: string): Promise<void> {
  expect((await fetch(`${url}/v2/${path}`, { method: "DELETE" })).status).toBe(202);
}

async function move({ from, name }: Attempt): Promise<void> {
  await from.putImage(name, "1.0", { seed: "newer", platforms: ["linux/amd64"], index: "none" });
}

async function uploadsOf({ to }: Attempt): Promise<number> {
  return (await to.requests({ method: "POST", path: "/uploads/" })).length;
}
