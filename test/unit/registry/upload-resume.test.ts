import { beforeEach, describe, expect, it, vi } from "vitest";
import { CopyError } from "../../../src/oci/errors.ts";
import { FixedLengthStreamStandIn } from "./fixed-length-stream.ts";
import { brokenConnection, bytesOf, failureFrom, ociError, type ScriptedAnswer } from "./scripted-transport.ts";
import { at, begin, commitAt, HEAD_BLOB, placed, readingPut, TEXT, uploading } from "./uploads.ts";

beforeEach(() => {
  vi.stubGlobal("FixedLengthStream", FixedLengthStreamStandIn);
  return () => vi.unstubAllGlobals();
});

const whole = { way: "monolithic", chunkSize: 4 } as const;
const there = { request: HEAD_BLOB, answer: { status: 200 } };
const missing = { request: HEAD_BLOB, answer: { status: 404 } };

describe("a PUT that broke off", () => {
  it("Q102: goes on by PATCH from where the registry has come, and commits", async () => {
    const { transport, start } = uploading(whole, [
      begin(),
      readingPut(1, 8, brokenConnection()),
      { request: at("GET", 1), answer: placed(204, 2, "0-5") },
      { request: at("PATCH", 2), headers: { "content-range": "6-9" }, body: "6789", answer: placed(202, 3, "0-9") },
      { request: commitAt(3), body: null, answer: { status: 201 } },
    ]);
    const upload = await start();
    await upload.write(bytesOf("0123"));
    await failureFrom(upload.write(bytesOf("4567")).then(() => upload.write(bytesOf("8"))));
    expect(await upload.resume()).toBe(6);
    await upload.finish(bytesOf("6789"));
    transport.expectDone();
  });

  it("sends all of it in one PUT again where the registry has kept nothing", async () => {
    const { transport, start } = uploading(whole, [
      begin(),
      readingPut(1, 4, brokenConnection()),
      { request: at("GET", 1), answer: placed(204, 2, "0-0") },
      { request: commitAt(2), body: TEXT, answer: { status: 201 } },
    ]);
    const upload = await start();
    await failureFrom(upload.write(bytesOf("0123")).then(() => upload.write(bytesOf("4567"))));
    expect(await upload.resume()).toBe(0);
    await upload.write(bytesOf("012345"));
    await upload.finish(bytesOf("6789"));
    transport.expectDone();
  });

  it("commits what is there in full where only the answer was lost", async () => {
    const { transport, start } = uploading(whole, [
      begin(),
      { request: commitAt(1), body: TEXT, answer: brokenConnection() },
      missing,
      { request: at("GET", 1), answer: placed(204, 2, "0-9") },
      { request: commitAt(2), body: null, answer: { status: 201 } },
    ]);
    const upload = await start();
    await upload.write(bytesOf("01234567"));
    await failureFrom(upload.finish(bytesOf("89")));
    expect(await upload.resume()).toBe(10);
    await upload.finish(new Uint8Array(0));
    transport.expectDone();
  });

  it("is done where the session is gone because the blob is stored", async () => {
    const { transport, start } = uploading(whole, [
      begin(),
      { request: commitAt(1), body: TEXT, answer: brokenConnection() },
      { request: HEAD_BLOB, answer: brokenConnection() },
      { request: at("GET", 1), answer: { status: 404, body: ociError("BLOB_UPLOAD_UNKNOWN") } },
      there,
    ]);
    const upload = await start();
    await upload.write(bytesOf("01234567"));
    await failureFrom(upload.finish(bytesOf("89")));
    expect(await upload.resume()).toBe(10);
    await upload.finish(new Uint8Array(0));
    transport.expectDone();
  });

  it.each<[string, ScriptedAnswer]>([
    ["Q103: has lost the session", { status: 404, body: ociError("BLOB_UPLOAD_UNKNOWN") }],
    ["knows no status", { status: 405 }],
    ["claims more than was sent", placed(204, 2, "0-10")],
  ])("begins again where the registry %s", async (_, answer) => {
    const { transport, start } = uploading(whole, [begin(), readingPut(1, 4, brokenConnection()), { request: at("GET", 1), answer }]);
    const upload = await start();
    await failureFrom(upload.write(bytesOf("0123")).then(() => upload.write(bytesOf("4567"))));
    expect(await failureFrom(upload.resume())).toMatchObject({ code: "registry-unavailable", retry: "now" });
    transport.expectDone();
  });

  it("Q94: begins again where the registry takes no chunks", async () => {
    const { start } = uploading({ way: "monolithic", chunkSize: 0 }, [
      begin(),
      readingPut(1, 4, brokenConnection()),
      { request: at("GET", 1), answer: placed(204, 2, "0-3") },
    ]);
    const upload = await start();
    await failureFrom(upload.write(bytesOf("0123")).then(() => upload.write(bytesOf("4567"))));
    expect(await failureFrom(upload.resume())).toMatchObject({ retry: "now" });
  });

  it("begins again where the rest is refused as a PATCH", async () => {
    const { start } = uploading(whole, [
      begin(),
      readingPut(1, 4, brokenConnection()),
      { request: at("GET", 1), answer: placed(204, 2, "0-3") },
      { request: at("PATCH", 2), answer: { status: 405, body: ociError("UNSUPPORTED") } },
    ]);
    const upload = await start();
    await failureFrom(upload.write(bytesOf("0123")).then(() => upload.write(bytesOf("4567"))));
    expect(await upload.resume()).toBe(4);
    expect(await failureFrom(upload.write(bytesOf("4567")))).toMatchObject({ code: "destination-refused", retry: "now" });
    expect(await failureFrom(upload.resume())).toMatchObject({ retry: "now" });
  });

  it("Q18: goes on at once where the token was refused and has been renewed, without asking for the status", async () => {
    const renewed = new CopyError({ code: "access-denied", message: "…", retry: "now", upstream: { status: 401 } });
    const { transport, start } = uploading(whole, [
      begin(),
      { request: commitAt(1), answer: renewed },
      { request: commitAt(1), body: TEXT, answer: { status: 201 } },
    ]);
    const upload = await start();
    expect(await failureFrom(upload.write(bytesOf("0123")))).toMatchObject({ retry: "now" });
    expect(await upload.resume()).toBe(0);
    await upload.write(bytesOf("01234567"));
    await upload.finish(bytesOf("89"));
    transport.expectDone();
  });
});
