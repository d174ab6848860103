import { beforeEach, describe, expect, it, vi } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { CopyError } from "../../../src/oci/errors.ts";
import { FixedLengthStreamStandIn } from "./fixed-length-stream.ts";
import { brokenConnection, bytesOf, failureFrom, ociError, type ScriptedAnswer } from "./scripted-transport.ts";
import { at, BLOB, begin, commitAt, HEAD_BLOB, readingPut, TEXT, UPLOADS, uploading } from "./uploads.ts";

beforeEach(() => {
  vi.stubGlobal("FixedLengthStream", FixedLengthStreamStandIn);
  return () => vi.unstubAllGlobals();
});

const whole = { way: "monolithic", chunkSize: 4 } as const;
const typed = { "content-type": "application/octet-stream", "content-range": null };
const there = { request: HEAD_BLOB, answer: { status: 200 } };
const missing = { request: HEAD_BLOB, answer: { status: 404 } };

describe("a blob that comes whole", () => {
  it("is one PUT of bytes, which can be sent again", async () => {
    const { transport, start } = uploading(whole, [
      begin(),
      {
        request: commitAt(1),
        headers: typed,
        body: TEXT,
        scopes: ["repository:acme/app:pull,push"],
        answer: async ({ body }) => {
          expect(body).toBeInstanceOf(Uint8Array);
          return { status: 201, headers: { "docker-content-digest": BLOB.digest } };
        },
      },
    ]);
    const upload = await start();
    await upload.finish(bytesOf(TEXT));
    transport.expectDone();
    await upload.cancel();
  });

  it("Q69: has no body where it has no bytes", async () => {
    const empty = { mediaType: "application/octet-stream", digest: digestOf(new Uint8Array(0)), size: 0 };
    const { transport, repository } = uploading(whole, [
      begin(),
      { request: `${at("PUT", 1)}&digest=${empty.digest}`, headers: { "content-type": null }, body: null, answer: { status: 201 } },
    ]);
    await (await repository.startUpload(empty)).finish(new Uint8Array(0));
    transport.expectDone();
  });

  it("Q84: is stored by a 204 too", async () => {
    const { transport, start } = uploading(whole, [begin(), { request: commitAt(1), answer: { status: 204 } }]);
    await (await start()).finish(bytesOf(TEXT));
    transport.expectDone();
  });

  it.each([[200], [202]])("Q84: is looked for after a %i", async (status) => {
    const { transport, start } = uploading(whole, [begin(), { request: commitAt(1), answer: { status } }, there]);
    await (await start()).finish(bytesOf(TEXT));
    transport.expectDone();
  });

  it("Q84: is not stored where it can't be found after a 202", async () => {
    const { start } = uploading(whole, [begin(), { request: commitAt(1), answer: { status: 202 } }, missing]);
    expect(await failureFrom((await start()).finish(bytesOf(TEXT)))).toMatchObject({ code: "registry-unavailable", retry: "later" });
  });

  it.each<[string, ScriptedAnswer | CopyError]>([
    ["the answer is a 500", { status: 500 }],
    ["the answer never came", brokenConnection()],
    ["its retry found no session", { status: 404, body: ociError("BLOB_UPLOAD_UNKNOWN") }],
  ])("is stored where %s, but it is there", async (_, answer) => {
    const { transport, start } = uploading(whole, [begin(), { request: commitAt(1), answer }, there]);
    const upload = await start();
    await upload.finish(bytesOf(TEXT));
    await upload.cancel();
    transport.expectDone();
  });

  it("fails where the registry names another digest", async () => {
    const other = digestOf(new Uint8Array(1));
    const { start } = uploading(whole, [
      begin(),
      { request: commitAt(1), answer: { status: 201, headers: { "docker-content-digest": other } } },
    ]);
    expect(await failureFrom((await start()).finish(bytesOf(TEXT)))).toMatchObject({ code: "digest-mismatch", retry: "never" });
  });

  it.each<[string, ScriptedAnswer, object]>([
    ["Q105: other bytes than the digest's", { status: 400, body: ociError("DIGEST_INVALID") }, { code: "digest-mismatch", retry: "never" }],
    ["a blob that it does not want", { status: 400, body: ociError("SIZE_INVALID") }, { code: "destination-refused", retry: "never" }],
    ["nothing now", { status: 503, headers: { "retry-after": "90" } }, { code: "registry-unavailable", retry: "later", waitMs: 90_000 }],
  ])("fails where the registry finds %s", async (_, answer, expected) => {
    const { start } = uploading(whole, [begin(), { request: commitAt(1), answer }, missing]);
    expect(await failureFrom((await start()).finish(bytesOf(TEXT)))).toMatchObject({
      ...expected,
      side: "destination",
      upstream: { status: answer.status },
    });
  });

  it("fails at once where it is denied", async () => {
    const { transport, start } = uploading(whole, [begin(), { request: commitAt(1), answer: { status: 403, body: ociError("DENIED") } }]);
    expect(await failureFrom((await start()).finish(bytesOf(TEXT)))).toMatchObject({ code: "access-denied", retry: "never" });
    transport.expectDone();
  });

  it.each([[307], [308]])("Q100: is sent to where a %i points", async (status) => {
    const { transport, start } = uploading(whole, [
      begin(),
      { request: commitAt(1), answer: { status, headers: { location: "https://store.example/7?sig=a%2Bb" } } },
      { request: `PUT https://store.example/7?sig=a%2Bb&digest=${BLOB.digest}`, body: TEXT, answer: { status: 201 } },
    ]);
    const upload = await start();
    expect(await failureFrom(upload.finish(bytesOf(TEXT)))).toMatchObject({ retry: "now" });
    expect(await upload.resume()).toBe(0);
    await upload.finish(bytesOf(TEXT));
    transport.expectDone();
  });

  it("is not sent around for ever", async () => {
    const away = { request: commitAt(1), answer: { status: 307, headers: { location: `${UPLOADS}7?_state=1` } } };
    const { transport, start } = uploading(whole, [begin(), away, away, away, missing]);
    const upload = await start();
    for (let turn = 0; turn < 2; turn++) {
      expect(await failureFrom(upload.finish(bytesOf(TEXT)))).toMatchObject({ retry: "now" });
      await upload.resume();
    }
    expect(await failureFrom(upload.finish(bytesOf(TEXT)))).toMatchObject({ code: "destination-refused", retry: "never" });
    transport.expectDone();
  });
});

describe("a blob that comes in pieces", () => {
  it("is one PUT, opened at the first piece and committed by the last", async () => {
    const { transport, start } = uploading(whole, [
      begin(),
      {
        request: commitAt(1),
        headers: typed,
        body: TEXT,
        answer: { status: 201 },
      },
    ]);
    const upload = await start();
    await upload.write(bytesOf("0123"));
    await upload.write(bytesOf("4567"));
    await upload.finish(bytesOf("89"));
    transport.expectDone();
  });

  it("fails with the refusal that comes before the end", async () => {
    const { start } = uploading(whole, [begin(), readingPut(1, 4, { status: 403, body: ociError("DENIED") })]);
    const upload = await start();
    const writing = upload.write(bytesOf("0123")).then(() => upload.write(bytesOf("4567")));
    expect(await failureFrom(writing)).toMatchObject({ code: "access-denied", upstream: { status: 403, code: "DENIED" } });
  });

  it("begins again where an answer of success comes before the end", async () => {
    const { start } = uploading(whole, [begin(), readingPut(1, 4, { status: 201 })]);
    const upload = await start();
    const writing = upload.write(bytesOf("0123")).then(() => upload.write(bytesOf("4567")));
    expect(await failureFrom(writing)).toMatchObject({ code: "registry-unavailable", retry: "now" });
    expect(await failureFrom(upload.resume())).toMatchObject({ retry: "now" });
  });

  it("cancels: breaks the request off, and gives the session back", async () => {
    let ended: unknown;
    const { transport, start } = uploading(whole, [
      begin(),
      {
        request: commitAt(1),
        answer: ({ signal }) =>
          new Promise((_, reject) =>
            signal?.addEventListener("abort", () => {
              ended = signal.reason;
              reject(signal.reason as Error);
            }),
          ),
      },
      { request: at("DELETE", 1), answer: { status: 404 } },
    ]);
    const upload = await start();
    const writing = upload.write(bytesOf("0123"));
    await upload.cancel();
    expect(ended).toBeInstanceOf(CopyError);
    expect(await failureFrom(writing)).toMatchObject({ code: "cancelled" });
    transport.expectDone();
    await upload.cancel();
  });

  it("Q106: never fails to cancel", async () => {
    const { start } = uploading(whole, [begin(), { request: at("DELETE", 1), answer: brokenConnection() }]);
    const upload = await start();
    await upload.cancel();
    expect(await failureFrom(upload.resume())).toMatchObject({ code: "cancelled", retry: "never" });
  });
});
