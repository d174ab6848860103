/** The fake registry's faults: each does what it says, to the requests that it is for, and to no others. */
import { once } from "node:events";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type HttpAnswer, type HttpRequest, send } from "../../support/http.ts";
import { sha256 } from "../../support/registry/digest.ts";
import type { FakeRegistry } from "../../support/registry/fake-registry.ts";
import type { FaultAction } from "../../support/registry/faults.ts";
import { startRegistry } from "../../support/registry/server.ts";

const BLOB = Buffer.alloc(200_000, "abcdefgh");
const DIGEST = sha256(BLOB);

let registry: FakeRegistry;
beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(() => registry.close());
beforeEach(async () => {
  await registry.reset();
  registry.putBlob("a/b", BLOB);
});

const get = (request: HttpRequest = {}): Promise<HttpAnswer> =>
  send("GET", `${registry.url}/v2/a/b/blobs/${DIGEST}`, { partial: true, ...request });

describe("faults of the answer", () => {
  const rows: readonly (readonly [
    string,
    FaultAction,
    Partial<HttpAnswer> & { length?: string | undefined; header?: Record<string, string> },
  ])[] = [
    ["truncateAfter", { truncateAfter: 1000 }, { status: 200, body: BLOB.subarray(0, 1000), broken: true, length: "200000" }],
    ["truncateAfter nothing", { truncateAfter: 0 }, { status: 200, body: Buffer.alloc(0), broken: true, length: "200000" }],
    [
      "truncateAfter and lengthFits",
      { truncateAfter: 1000, lengthFits: true },
      { status: 200, body: BLOB.subarray(0, 1000), length: "1000" },
    ],
    ["resetAfter", { resetAfter: 100_000 }, { status: 200, broken: true, length: "200000" }],
    ["extraBytes", { extraBytes: 3 }, { status: 200, body: Buffer.concat([BLOB, Buffer.from("...")]), length: "200003" }],
    ["noLength", { noLength: true }, { status: 200, body: BLOB, length: undefined }],
    [
      "noLength and extraBytes",
      { noLength: true, extraBytes: 1 },
      { status: 200, body: Buffer.concat([BLOB, Buffer.from(".")]), length: undefined },
    ],
    ["status", { status: 503, retryAfter: 7 }, { status: 503, body: Buffer.alloc(0), header: { "retry-after": "7" } }],
    ["status and text", { status: 500, body: "<html>" }, { status: 500, body: Buffer.from("<html>") }],
    ["status and JSON", { status: 429, body: { errors: [] } }, { status: 429, body: Buffer.from('{"errors":[]}') }],
    [
      "bodyTimes",
      { status: 200, body: "abc", bodyTimes: 50_000 },
      { status: 200, body: Buffer.from("abc".repeat(50_000)), length: "150000" },
    ],
    ["pieceBytes", { pieceBytes: 7 }, { status: 200, body: BLOB }],
    ["html200", { html200: true }, { status: 200, header: { "content-type": "text/html; charset=utf-8" } }],
    ["answerStatus", { answerStatus: 500 }, { status: 500, body: Buffer.alloc(0) }],
    ["headers", { headers: { "Docker-Content-Digest": null, "x-more": "1" } }, { status: 200, body: BLOB, header: { "x-more": "1" } }],
    ["delayMs", { delayMs: 1 }, { status: 200, body: BLOB }],
    ["rate", { rate: 100_000_000 }, { status: 200, body: BLOB }],
  ];

  test.each(rows)("%s", async (_, action, { header = {}, ...expected }) => {
    registry.fail({ action });
    const answer = await get();
    expect(answer.status).toBe(expected.status);
    expect(answer.broken ?? false).toBe(expected.broken ?? false);
    if (expected.body !== undefined) {
      expect(answer.body.equals(expected.body)).toBe(true);
    }
    if ("length" in expected) {
      expect(answer.headers["content-length"]).toBe(expected.length);
    }
    expect(answer.headers).toMatchObject(header);
    expect((await get()).body.equals(BLOB), "the next request is undisturbed").toBe(true);
  });

  test("flipBitAt changes one bit", async () => {
    registry.fail({ action: { flipBitAt: 150_000 } });
    const { body } = await get();
    expect(body.equals(BLOB)).toBe(false);
    body[150_000] = (body[150_000] ?? 0) ^ 1;
    expect(body.equals(BLOB)).toBe(true);
  });

  test("headers can be taken away", async () => {
    registry.fail({ action: { headers: { "docker-content-digest": null } } });
    expect((await get()).headers).not.toHaveProperty("docker-content-digest");
  });

  test("redirectTo keeps path and query", async () => {
    registry.fail({ action: { redirectTo: "http://other.example:5000{path}", redirectStatus: 308 } });
    const answer = await send("GET", `${registry.url}/v2/a/b/tags/list?n=1`);
    expect(answer.status).toBe(308);
    expect(answer.headers.location).toBe("http://other.example:5000/v2/a/b/tags/list?n=1");
  });

  test("stallAfter sends so much and then nothing", async () => {
    registry.fail({ action: { stallAfter: 10 } });
    const socket = connect(registry.port, "127.0.0.1");
    socket.write(`GET /v2/a/b/blobs/${DIGEST} HTTP/1.1\r\nHost: ${registry.host}\r\n\r\n`);
    let received = "";
    while (!received.includes("\r\n\r\nabcdefghab")) {
      const [chunk] = (await once(socket, "data")) as [Buffer];
      received += chunk.toString();
    }
    expect(received.endsWith("\r\n\r\nabcdefghab")).toBe(true);
    expect(registry.requests.entries[0]).toMatchObject({ status: 200, bytesOut: 10, ended: false });
    socket.destroy();
  });
});

describe("faults of the connection", () => {
  test.each(["at-once", "after-body", "after-handling"] as const)("dropConnection %s", async (dropConnection) => {
    registry.fail({ method: "PUT", action: { dropConnection } });
    const { headers } = await send("POST", `${registry.url}/v2/c/d/blobs/uploads/`);
    await expect(send("PUT", `${headers.location}&digest=${DIGEST}`, { body: BLOB })).rejects.toThrow(/ECONNRESET|EPIPE|hang up/);
    expect(registry.hasBlob("c/d", DIGEST)).toBe(dropConnection === "after-handling");
    expect(registry.requests.select({ method: "PUT" })[0]?.bytesIn).toBe(dropConnection === "at-once" ? 0 : BLOB.length);
  });

  test("answerStatus hides what was stored", async () => {
    registry.fail({ method: "PUT", action: { answerStatus: 500 } });
    const { headers } = await send("POST", `${registry.url}/v2/c/d/blobs/uploads/`);
    expect((await send("PUT", `${headers.location}&digest=${DIGEST}`, { body: BLOB })).status).toBe(500);
    expect(registry.hasBlob("c/d", DIGEST)).toBe(true);
  });

  test("resetRequestAfter leaves what had come, and the upload goes on from there", async () => {
    registry.fail({ method: "PATCH", action: { resetRequestAfter: 60_000 } });
    const { headers } = await send("POST", `${registry.url}/v2/c/d/blobs/uploads/`);
    await expect(send("PATCH", headers.location ?? "", { body: BLOB })).rejects.toThrow(/ECONNRESET|EPIPE|hang up/);
    const state = await send("GET", headers.location ?? "");
    expect(state.status).toBe(204);
    const held = 60_000;
    expect(state.headers.range).toBe(`0-${held - 1}`);
    const rest = BLOB.subarray(held);
    const range = { "content-range": `${held}-${BLOB.length - 1}` };
    const next = await send("PATCH", state.headers.location ?? "", {
      body: rest,
      headers: { ...range, "content-type": "application/octet-stream" },
    });
    expect(next.status).toBe(202);
    expect((await send("PUT", `${next.headers.location}&digest=${DIGEST}`)).status).toBe(201);
    expect((await registry.blobBytes("c/d", DIGEST)).equals(BLOB)).toBe(true);
  });

  test("stallRequestAfter takes no more, and another request can take the upload over", async () => {
    registry.fail({ method: "PATCH", action: { stallRequestAfter: 1 } });
    const { headers } = await send("POST", `${registry.url}/v2/c/d/blobs/uploads/`);
    const gone = new AbortController();
    const endless = Readable.from(forever(gone.signal), { objectMode: false });
    const stalled = send("PATCH", headers.location ?? "", { body: endless }).catch((error: Error) => error);
    await registry.requests.waitFor({ method: "PATCH" });
    const state = await send("GET", headers.location ?? "");
    expect(state).toMatchObject({ status: 204, headers: { range: "0-0" } });
    const takeover = await send("PATCH", state.headers.location ?? "", {
      body: "mine",
      headers: { "content-type": "application/octet-stream" },
    });
    expect(takeover.status).toBe(202);
    gone.abort();
    endless.destroy();
    await registry.close();
    expect(await stalled).toBeInstanceOf(Error);
    registry = await startRegistry();
  });

  test("early answers without reading, and hangs up", async () => {
    registry.fail({ method: "PUT", action: { status: 413, early: true } });
    const { headers } = await send("POST", `${registry.url}/v2/c/d/blobs/uploads/`);
    const answer = await send("PUT", `${headers.location}&digest=${DIGEST}`, { body: BLOB }).catch((error: Error) => error);
    expect(answer instanceof Error || answer.status === 413).toBe(true);
    expect(registry.requests.select({ method: "PUT" })[0]).toMatchObject({ status: 413, bytesIn: 0 });
  });
});

describe("which requests", () => {
  const status = async (method: string, path: string): Promise<number> => (await send(method, `${registry.url}${path}`)).status;

  test("by method, path, number and host", async () => {
    registry.fail({ method: "HEAD", path: "^/v2/x/.*tags", skip: 1, times: 2, action: { status: 418 } });
    expect(await status("GET", "/v2/x/tags/list")).toBe(404);
    expect(await status("HEAD", "/v2/y/tags/list")).toBe(405);
    const seen = [];
    for (let count = 0; count < 4; count += 1) {
      seen.push(await status("HEAD", "/v2/x/tags/list"));
    }
    expect(seen).toEqual([405, 418, 418, 405]);
    registry.fail({ server: "token", times: "always", action: { status: 503 } });
    expect(await status("GET", "/v2/")).toBe(200);
    expect((await send("GET", `http://${registry.tokenHost}/token`)).status).toBe(503);
  });

  test("the first that is not used up", async () => {
    const id = registry.fail({ action: { status: 501 } });
    registry.fail({ id: "second", action: { status: 502 } });
    expect([await status("GET", "/v2/"), await status("GET", "/v2/"), await status("GET", "/v2/")]).toEqual([501, 502, 200]);
    expect(registry.faults.find(id)).toMatchObject({ seen: 1, applied: 1 });
    registry.faults.remove("second");
    expect(registry.faults.find("second")).toBeUndefined();
  });

  test("hold keeps a request until it is released", async () => {
    registry.fail({ action: { hold: "gate" } });
    const held = status("GET", "/v2/");
    await registry.requests.waitFor({ path: "^/v2/$" });
    expect(await status("GET", "/v2/"), "others go past").toBe(200);
    expect(registry.requests.entries.map(({ ended, concurrent }) => [ended, concurrent])).toEqual([
      [false, 1],
      [true, 2],
    ]);
    registry.faults.release("gate");
    expect(await held).toBe(200);
  });
});

function* forever(signal: AbortSignal): Generator<Buffer> {
  while (!signal.aborted) {
    yield Buffer.alloc(65_536);
  }
}
