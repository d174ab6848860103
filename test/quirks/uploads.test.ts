/** Quirks 3a and 3b: upload sessions, their Locations, and the bodies that go there. */
import { describe, expect, it } from "vitest";
import type { RegistrySettings } from "../../src/registry/settings.ts";
import { blobOf, seededBytes } from "../support/memory-source.ts";
import type { FaultRule } from "../support/registry/faults.ts";
import type { Quirks } from "../support/registry/quirks.ts";
import type { LoggedRequest } from "../support/registry/request-log.ts";
import { Client, failureOf, isSame, layer, withRegistry } from "./client.ts";

const MIB = 1024 * 1024;
const chunked: RegistrySettings = { upload: "chunked", chunkSize: 2 * MIB };

interface Arrival {
  /** `POST 202`, `PUT 201`, … */
  requests: string[];
  log: LoggedRequest[];
  client: Client;
}

/** Uploads a layer and checks that it arrived and left nothing open. */
async function arrives(quirks: Partial<Quirks>, settings: RegistrySettings = {}, fault?: FaultRule, content = layer(1)): Promise<Arrival> {
  const found: Partial<Arrival> = {};
  await withRegistry({ quirks }, async (registry) => {
    const client = new Client(registry, { settings });
    if (fault !== undefined) {
      await registry.fail(fault);
    }
    await client.place(content);
    expect(isSame(content, await registry.blob("acme/app", blobOf(content).digest))).toBe(true);
    expect((await registry.counts()).openUploads).toBe(0);
    Object.assign(found, { requests: await client.uploadRequests(), log: await registry.requests(), client });
  });
  return found as Arrival;
}

const ways: [string, Partial<Quirks>][] = [
  ["Q72 where Locations are relative", { uploadLocation: "relative" }],
  ["Q72 where Locations are the last segment alone", { uploadLocation: "bare" }],
  ["Q72 where Locations are on another path", { uploadLocation: "other-path" }],
  ["Q73, Q76 where Locations are signed, at another host", { uploadLocation: "other-host" }],
  ["Q74 where Locations lack the port", { uploadLocation: "no-port" }],
  ["Q84 where a commit is a 204", { blobPutStatus: 204 }],
  ["Q84 where a commit is a 202", { blobPutStatus: 202 }],
  ["Q84 where a commit is a 200", { blobPutStatus: 200 }],
  ["Q85 where Range has a unit", { rangeForm: "bytes=0-N" }],
  ["Q86 where an empty upload is 0-0", { emptyRange: "0-0" }],
  ["Q86 where an empty upload is 0--1", { emptyRange: "0--1" }],
  ["Q86 where an empty upload has no Range", { emptyRange: "absent" }],
  ["Q88 where there is no Range at all", { rangeForm: "absent" }],
];

describe("a layer arrives in one PUT", () => {
  it.each(ways)("%s", async (_, quirks) => {
    expect((await arrives(quirks)).requests).toHaveLength(2);
  });

  it("Q77, Q78, Q79, Q99 begun by a POST to `uploads/` that names no digest and has no body", async () => {
    const { log, requests } = await arrives({ singlePost: "taken" });
    const [post] = log.filter(({ method }) => method === "POST");
    expect(post).toMatchObject({ path: "/v2/acme/app/blobs/uploads/", query: "", headers: { "content-length": "0" } });
    expect(requests).toEqual(["POST 202", "PUT 201"]);
  });

  it.each([411, 400] as const)("Q93, Q98 of a known length, where any other is a %i", async (lengthRequired) => {
    const { log } = await arrives({ lengthRequired });
    const [put] = log.filter(({ method }) => method === "PUT");
    expect(put?.headers["content-length"]).toBe(String(layer(1).byteLength));
    expect(put?.headers["transfer-encoding"]).toBeUndefined();
  });

  it("Q74 where TLS ends at a proxy, and Locations say plain HTTP", async () => {
    await withRegistry({}, async (registry) => {
      const permits = () => ({ http: false, private: true });
      const client = new Client(registry, { settings: { http: false }, permits });
      await client.place(layer(1));
      expect(await client.uploadRequests()).toEqual(["POST 202", "PUT 201"]);
    });
  });

  it("Q69 of no bytes, with a Content-Length of 0", async () => {
    const { log, requests } = await arrives({}, {}, undefined, new Uint8Array(0));
    expect(requests).toEqual(["POST 202", "PUT 201"]);
    expect(log.at(-1)?.headers["content-length"]).toBe("0");
  });

  it("Q59 where HEAD of blobs is denied", async () => {
    expect((await arrives({ blobHead: 403 })).requests).toEqual(["POST 202", "PUT 201"]);
  });
});

describe("a layer arrives in chunks", () => {
  it.each<[string, Partial<Quirks>]>([
    ...ways,
    ["Q75 where only the newest Location is good", { staleLocation: "refused" }],
    ["Q75 where an old Location ends the session", { staleLocation: "fatal" }],
    ["Q75 where a chunk's answer names no Location", { patchLocation: false, staleLocation: "tolerated" }],
    ["Q83 where a chunk is a 201", { patchStatus: 201 }],
    ["Q83 where a chunk is a 204", { patchStatus: 204 }],
    ["Q87 where Range stays at the first chunk", { rangeStuck: true }],
    ["Q90 where all chunks must be of one size", { chunksEqual: true }],
    ["Q93 where a body without a length is refused", { lengthRequired: 400 }],
    ["Q96 where a chunk without Content-Range is refused", { contentRange: "required" }],
  ])("%s", async (_, quirks) => {
    const { requests } = await arrives(quirks, chunked);
    expect(requests).toHaveLength(5);
    expect(requests.filter((request) => request.startsWith("PATCH"))).toHaveLength(3);
  });

  it("Q81, Q82, Q90 each with its range, length and type, and an empty PUT at the end", async () => {
    const { log } = await arrives({}, chunked);
    const size = layer(1).byteLength;
    const patches = log.filter(({ method }) => method === "PATCH");
    expect(patches.map(({ headers }) => [headers["content-range"], headers["content-length"], headers["content-type"]])).toEqual([
      [`0-${2 * MIB - 1}`, String(2 * MIB), "application/octet-stream"],
      [`${2 * MIB}-${4 * MIB - 1}`, String(2 * MIB), "application/octet-stream"],
      [`${4 * MIB}-${size - 1}`, String(size - 4 * MIB), "application/octet-stream"],
    ]);
    expect(log.at(-1)).toMatchObject({ method: "PUT", headers: { "content-length": "0" } });
  });

  it("Q93 from the beginning at ACR, which takes no large PUT", async () => {
    const { requests } = await arrives({ monolithic: 20_000_000 }, { profile: "acr" }, undefined, seededBytes(21 * MIB, 1));
    expect(requests).toEqual(["POST 202", "PATCH 202", "PATCH 202", "PUT 201"]);
  });

  it("Q89 of the least size that the registry announces", async () => {
    const { requests } = await arrives({ chunkMinLength: 3 * MIB }, chunked);
    expect(requests).toEqual(["POST 202", "PATCH 202", "PATCH 202", "PUT 201"]);
  });

  it("Q89 of the most that the registry announces", async () => {
    const { requests } = await arrives({ chunkMaxLength: MIB });
    expect(requests.filter((request) => request.startsWith("PATCH"))).toHaveLength(6);
  });

  it("Q90 none of which is a single byte", async () => {
    await arrives({ chunksEqual: true }, chunked, undefined, seededBytes(4 * MIB + 1, 3));
  });
});

describe("a body that is too large, or comes in the wrong way, is begun again another way:", () => {
  it("Q97 in chunks, where a proxy answers with a page of HTML", async () => {
    const { client, requests } = await arrives({ maxBody: 3 * MIB }, { chunkSize: 2 * MIB });
    expect(client.plans).toEqual([{ way: "chunked", chunkSize: 2 * MIB }]);
    expect(requests.slice(-5)).toEqual(["POST 202", "PATCH 202", "PATCH 202", "PATCH 202", "PUT 201"]);
  });

  it("Q97 in smaller chunks, where those are too large too, and none as large as what was refused", async () => {
    const { client, requests } = await arrives({ maxBody: 2 * MIB });
    expect(client.plans).toEqual([{ way: "chunked", chunkSize: MIB }]);
    expect(requests.filter((request) => request.startsWith("POST"))).toHaveLength(2);
  });

  it("Q97 in chunks, where the 413 is lost since the connection ends with it", async () => {
    const lost: FaultRule = { method: "PUT", times: 2, action: { dropConnection: "at-once" } };
    expect((await arrives({}, { chunkSize: 2 * MIB }, lost)).client.plans).toEqual([{ way: "chunked", chunkSize: 2 * MIB }]);
  });

  it("Q93 in chunks, where one PUT has a limit", async () => {
    const { client } = await arrives({ monolithic: 3 * MIB }, { chunkSize: 2 * MIB });
    expect(client.plans).toEqual([{ way: "chunked", chunkSize: 2 * MIB }]);
  });

  it("Q92 in chunks, where one PATCH has a limit, told by a 416", async () => {
    const refusal: FaultRule = {
      method: "PATCH",
      action: { status: 416, body: { errors: [{ code: "UNKNOWN", message: "body is too large" }] } },
    };
    const { client } = await arrives({}, { upload: "patch", chunkSize: 4 * MIB }, refusal);
    expect(client.plans).toEqual([{ way: "chunked", chunkSize: 4 * MIB }]);
  });

  it("Q95 in one PATCH, where a PUT's session is not known", async () => {
    const { client, requests } = await arrives({ monolithic: 404 });
    expect(client.plans).toMatchObject([{ way: "stream-patch" }]);
    expect(requests.slice(-3)).toEqual(["POST 202", "PATCH 202", "PUT 201"]);
  });

  it("Q94 or not at all, where the registry takes no chunks: that is said", async () => {
    await withRegistry({ quirks: { patch: false, monolithic: MIB } }, async (registry) => {
      const client = new Client(registry, { settings: { profile: "gar" } });
      expect(await failureOf(client.place(layer(1)))).toMatchObject({ code: "destination-refused", upstream: { status: 413 } });
      expect((await registry.requests({ method: "PATCH" })).length).toBe(0);
    });
  });

  it.each<[string, RegistrySettings]>([
    ["a profile with chunks", { profile: "serverless-registry", chunkSize: 2 * MIB }],
    ["a profile with one PATCH", { profile: "artifactory-6" }],
  ])("Q94 whole, where %s is wrong and the registry knows no PATCH", async (_, settings) => {
    const { client, requests } = await arrives({ patch: false }, settings);
    expect(client.plans).toEqual([{ way: "monolithic", chunkSize: 0 }]);
    expect(requests.filter((request) => !request.startsWith("DELETE"))).toEqual(["POST 202", "PATCH 405", "POST 202", "PUT 201"]);
  });

  it("Q94 whole, where it broke off and no rest may be sent by PATCH", async () => {
    const broken: FaultRule = { method: "PUT", action: { resetRequestAfter: 2.5 * MIB } };
    const { requests } = await arrives({ patch: false }, { profile: "gar" }, broken);
    expect(requests.filter((request) => request.startsWith("PATCH"))).toEqual([]);
  });

  it.each([307, 308])("Q100 at the address that a %i names, once its source is open again", async (redirectStatus) => {
    const elsewhere: FaultRule = { method: "PUT", action: { redirectTo: "{path}&again=1", redirectStatus } };
    const { log, requests } = await arrives({}, {}, elsewhere);
    expect(requests).toEqual(["POST 202", `PUT ${redirectStatus}`, "PUT 201"]);
    expect(log.at(-1)?.query).toContain("&again=1");
  });
});

describe("an upload is refused", () => {
  it("Q69 of an empty layer: the registry's words are passed on", async () => {
    await withRegistry({ quirks: { emptyBlob: false } }, async (registry) => {
      const failure = await failureOf(new Client(registry).place(new Uint8Array(0)));
      expect(failure).toMatchObject({ side: "destination", upstream: { status: 400 } });
      expect(failure.message).toContain("an upload must not be empty");
    });
  });

  it("Q75 by a 202 that names no place to send the layer to", async () => {
    await withRegistry({}, async (registry) => {
      await registry.fail({ method: "POST", times: "always", action: { status: 202 } });
      const failure = await failureOf(new Client(registry).place(layer(1)));
      expect(failure).toMatchObject({ code: "destination-refused", retry: "never" });
      expect(failure.message).toContain("without a place to send it to");
    });
  });

  it.each([200, 202])("Q84 where a commit is said to be done by a %i and is not", async (status) => {
    await withRegistry({}, async (registry) => {
      await registry.fail({ method: "PUT", times: "always", action: { status } });
      expect(await failureOf(new Client(registry).place(layer(1)))).toMatchObject({ code: "registry-unavailable", side: "destination" });
    });
  });

  it.each(["must-exist-drop", "must-exist-404"] as const)(
    "Q80 where the repository has to be made first (%s): that is said",
    async (repositories) => {
      await withRegistry({ quirks: { repositories } }, async (registry) => {
        const failure = await failureOf(new Client(registry).place(layer(1)));
        expect(failure).toMatchObject({ code: "not-found", retry: "never", side: "destination" });
        expect(failure.message).toContain("created");
      });
    },
  );
});
