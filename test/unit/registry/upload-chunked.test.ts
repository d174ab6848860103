import { beforeEach, describe, expect, it, vi } from "vitest";
import { FixedLengthStreamStandIn } from "./fixed-length-stream.ts";
import { brokenConnection, bytesOf, type Exchange, failureFrom, ociError, type ScriptedAnswer } from "./scripted-transport.ts";
import { at, begin, commitAt, HEAD_BLOB, placed, readingPut, TEXT, uploading } from "./uploads.ts";

beforeEach(() => {
  vi.stubGlobal("FixedLengthStream", FixedLengthStreamStandIn);
  return () => vi.unstubAllGlobals();
});

const chunks = { way: "chunked", chunkSize: 4 } as const;
const patch = { way: "stream-patch", chunkSize: 4 } as const;
const missing = { request: HEAD_BLOB, answer: { status: 404 } };

/** The `PATCH` at place `n` with these bytes from `start` on. */
function patchAt(n: number, start: number, body: string, answer: Exchange["answer"]): Exchange {
  const range = `${start}-${start + body.length - 1}`;
  return {
    request: at("PATCH", n),
    headers: { "content-range": range, "content-type": "application/octet-stream" },
    body,
    answer,
  };
}

const commit = (n: number): Exchange => ({ request: commitAt(n), headers: { "content-type": null }, body: null, answer: { status: 201 } });

describe("a blob in chunks", () => {
  it("Q81, Q90, Q96: goes by PATCHes with plain ranges, each to the newest place, and an empty PUT", async () => {
    const { transport, start } = uploading(chunks, [
      begin(),
      patchAt(1, 0, "0123", placed(202, 2, "0-3")),
      patchAt(2, 4, "4567", placed(202, 3, "0-7")),
      patchAt(3, 8, "89", placed(202, 4, "0-9")),
      commit(4),
    ]);
    const upload = await start();
    await upload.write(bytesOf("012"));
    await upload.write(bytesOf("345678"));
    await upload.finish(bytesOf("9"));
    transport.expectDone();
  });

  it("sends a chunk that is in hand in a request that can be repeated, and any other as it comes", async () => {
    const kinds: string[] = [];
    const noting = (n: number, start: number, body: string, answer: ScriptedAnswer): Exchange => {
      const { body: _, ...exchange } = patchAt(n, start, body, answer);
      return {
        ...exchange,
        answer: async (request) => {
          kinds.push(request.body instanceof Uint8Array ? "bytes" : "stream");
          expect(await new Response(request.body).text()).toBe(body);
          return answer;
        },
      };
    };
    const { start } = uploading(chunks, [
      begin(),
      noting(1, 0, "0123", placed(202, 2)),
      noting(2, 4, "4567", placed(202, 3)),
      noting(3, 8, "89", placed(202, 4)),
      commit(4),
    ]);
    const upload = await start();
    await upload.write(bytesOf("012345"));
    await upload.write(bytesOf("67"));
    await upload.finish(bytesOf("89"));
    expect(kinds).toEqual(["bytes", "stream", "bytes"]);
  });

  it.each<[string, (n: number, held: string) => ScriptedAnswer]>([
    ["Q83: a 201", (n, held) => placed(201, n, held)],
    ["Q83: a 204", (n, held) => placed(204, n, held)],
    ["Q85: a range with a unit", (n, held) => placed(202, n, `bytes=${held}`)],
    ["Q88: no range", (n) => placed(202, n)],
    ["Q87: a range that stays at the first chunk", (n) => placed(202, n, "0-3")],
    ["Q86: a range that says nothing is there", (n) => placed(202, n, "0-0")],
  ])("goes on after %s", async (_, answer) => {
    const { transport, start } = uploading(chunks, [
      begin(),
      patchAt(1, 0, "0123", answer(2, "0-3")),
      patchAt(2, 4, "4567", answer(3, "0-7")),
      patchAt(3, 8, "89", answer(4, "0-9")),
      commit(4),
    ]);
    await (await start()).finish(bytesOf(TEXT));
    transport.expectDone();
  });

  it("Q75: stays where it is where a PATCH names no place", async () => {
    const taken = { status: 202 };
    const { transport, start } = uploading(chunks, [
      begin(),
      patchAt(1, 0, "0123", taken),
      patchAt(1, 4, "4567", taken),
      patchAt(1, 8, "89", taken),
      commit(1),
    ]);
    await (await start()).finish(bytesOf(TEXT));
    transport.expectDone();
  });

  it("is one PUT where it fits a chunk", async () => {
    const { transport, start } = uploading({ way: "chunked", chunkSize: 10 }, [
      begin(),
      { request: commitAt(1), body: TEXT, answer: { status: 201 } },
    ]);
    await (await start()).finish(bytesOf(TEXT));
    transport.expectDone();
  });

  it("Q89: keeps to the least and the most that the registry names", async () => {
    const { transport, start } = uploading(chunks, [
      begin({ "oci-chunk-min-length": "5" }),
      patchAt(1, 0, "01234", placed(202, 2)),
      patchAt(2, 5, "56789", placed(202, 3)),
      commit(3),
    ]);
    await (await start()).finish(bytesOf(TEXT));
    transport.expectDone();
    const whole = uploading({ way: "monolithic", chunkSize: 8 }, [
      begin({ "oci-chunk-max-length": "6" }),
      patchAt(1, 0, "012345", placed(202, 2)),
      patchAt(2, 6, "6789", placed(202, 3)),
      commit(3),
    ]);
    await (await whole.start()).finish(bytesOf(TEXT));
    whole.transport.expectDone();
  });

  it("sends again what the registry did not take of a chunk", async () => {
    const { transport, start } = uploading(chunks, [
      begin(),
      patchAt(1, 0, "0123", placed(202, 2, "0-1")),
      { request: at("GET", 2), answer: placed(204, 3, "0-1") },
      patchAt(3, 2, "2345", placed(202, 4, "0-5")),
      patchAt(4, 6, "6789", placed(202, 5, "0-9")),
      commit(5),
    ]);
    const upload = await start();
    expect(await failureFrom(upload.write(bytesOf("01234567")))).toMatchObject({ retry: "now" });
    expect(await upload.resume()).toBe(2);
    await upload.write(bytesOf("234567"));
    await upload.finish(bytesOf("89"));
    transport.expectDone();
  });

  it("Q101: goes on where a 416 says that the upload stands", async () => {
    const { transport, start } = uploading(chunks, [
      begin(),
      patchAt(1, 0, "0123", placed(202, 2, "0-3")),
      patchAt(2, 4, "4567", { ...placed(416, 3, "0-5"), body: ociError("RANGE_INVALID") }),
      { request: at("GET", 3), answer: placed(204, 4, "0-5") },
      patchAt(4, 6, "6789", placed(202, 5, "0-9")),
      commit(5),
    ]);
    const upload = await start();
    expect(await failureFrom(upload.write(bytesOf("01234567")))).toMatchObject({ retry: "now", upstream: { status: 416 } });
    expect(await upload.resume()).toBe(6);
    await upload.finish(bytesOf("6789"));
    transport.expectDone();
  });

  it("Q102: goes on after a chunk that broke off, and Q87 not before what was acknowledged", async () => {
    const { transport, start } = uploading(chunks, [
      begin(),
      patchAt(1, 0, "0123", placed(202, 2, "0-3")),
      patchAt(2, 4, "4567", placed(202, 3, "0-3")),
      patchAt(3, 8, "89", brokenConnection()),
      { request: at("GET", 3), answer: placed(204, 4, "0-3") },
      patchAt(4, 8, "89", placed(202, 5, "0-3")),
      commit(5),
    ]);
    const upload = await start();
    expect(await failureFrom(upload.finish(bytesOf(TEXT)))).toMatchObject({ retry: "later" });
    expect(await upload.resume()).toBe(8);
    await upload.finish(bytesOf("89"));
    transport.expectDone();
  });

  it("Q103: begins again where the session is gone in mid-blob", async () => {
    const { transport, start } = uploading(chunks, [
      begin(),
      patchAt(1, 0, "0123", { status: 404, body: ociError("BLOB_UPLOAD_UNKNOWN") }),
      { request: at("GET", 1), answer: { status: 404, body: ociError("BLOB_UPLOAD_UNKNOWN") } },
      { request: at("DELETE", 1), answer: { status: 404 } },
    ]);
    const upload = await start();
    expect(await failureFrom(upload.write(bytesOf("01234")))).toMatchObject({ retry: "now" });
    expect(await failureFrom(upload.resume())).toMatchObject({ code: "registry-unavailable", retry: "now" });
    await upload.cancel();
    transport.expectDone();
  });

  it("Q90: begins again where the registry can't go on from the middle of a chunk", async () => {
    const { start } = uploading(chunks, [
      begin(),
      patchAt(1, 0, "0123", placed(202, 2)),
      patchAt(2, 4, "4567", brokenConnection()),
      { request: at("GET", 2), answer: placed(204, 3, "0-4") },
      patchAt(3, 5, "5678", { status: 400, body: ociError("SIZE_INVALID") }),
    ]);
    const upload = await start();
    await failureFrom(upload.write(bytesOf("01234567")));
    expect(await upload.resume()).toBe(5);
    expect(await failureFrom(upload.write(bytesOf("5678")))).toMatchObject({ code: "destination-refused", retry: "now" });
    expect(await failureFrom(upload.resume())).toMatchObject({ retry: "now" });
  });

  it("begins again where what was resumed turns out to be other bytes", async () => {
    const { start } = uploading(chunks, [
      begin(),
      patchAt(1, 0, "0123", brokenConnection()),
      { request: at("GET", 1), answer: placed(204, 2, "0-3") },
      patchAt(2, 4, "4567", placed(202, 3)),
      patchAt(3, 8, "89", placed(202, 4)),
      { ...commit(4), answer: { status: 400, body: ociError("DIGEST_INVALID") } },
      missing,
    ]);
    const upload = await start();
    await failureFrom(upload.finish(bytesOf(TEXT)));
    expect(await upload.resume()).toBe(4);
    expect(await failureFrom(upload.finish(bytesOf("456789")))).toMatchObject({ code: "digest-mismatch", retry: "now" });
  });

  it("Q87: is not resumed for ever", async () => {
    const script = Array.from({ length: 20 }, () => ({ request: at("GET", 1), answer: placed(204, 1, "0-0") }));
    const { transport, start } = uploading(chunks, [begin(), ...script]);
    const upload = await start();
    for (let resume = 0; resume < 20; resume++) {
      expect(await upload.resume()).toBe(0);
    }
    expect(await failureFrom(upload.resume())).toMatchObject({ retry: "now" });
    transport.expectDone();
  });

  it("breaks a chunk off when it is cancelled", async () => {
    const { transport, start } = uploading(chunks, [
      begin(),
      { ...readingPut(1, 3, brokenConnection()), request: at("PATCH", 1) },
      { request: at("DELETE", 1), answer: { status: 204 } },
    ]);
    const upload = await start();
    await upload.write(bytesOf("01"));
    await upload.cancel();
    transport.expectDone();
  });
});

describe("a blob in one PATCH", () => {
  it("is not said to be a range, and is committed by an empty PUT", async () => {
    const { transport, start } = uploading(patch, [
      begin(),
      { request: at("PATCH", 1), headers: { "content-range": null }, body: TEXT, answer: placed(202, 2, "0-9") },
      commit(2),
    ]);
    const upload = await start();
    await upload.write(bytesOf("01234"));
    await upload.finish(bytesOf("56789"));
    transport.expectDone();
  });

  it("is a range once it goes on from the middle (Q96)", async () => {
    const { transport, start } = uploading(patch, [
      begin(),
      { request: at("PATCH", 1), body: TEXT, answer: brokenConnection() },
      { request: at("GET", 1), answer: placed(204, 2, "0-5") },
      patchAt(2, 6, "6789", placed(202, 3)),
      commit(3),
    ]);
    const upload = await start();
    await failureFrom(upload.finish(bytesOf(TEXT)));
    expect(await upload.resume()).toBe(6);
    await upload.finish(bytesOf("6789"));
    transport.expectDone();
  });

  it("Q69: needs no PATCH where it has no bytes", async () => {
    const { transport, start } = uploading(patch, [begin(), commit(1)], 0);
    await (await start()).finish(new Uint8Array(0));
    transport.expectDone();
  });
});
