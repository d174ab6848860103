import { beforeEach, describe, expect, it, vi } from "vitest";
import type { CopyError } from "../../../src/oci/errors.ts";
import type { UploadPlan } from "../../../src/registry/profiles.ts";
import { FixedLengthStreamStandIn } from "./fixed-length-stream.ts";
import { brokenConnection, bytesOf, type Exchange, failureFrom, ociError, type ScriptedAnswer } from "./scripted-transport.ts";
import { at, begin, commitAt, HEAD_BLOB, placed, TEXT, uploading } from "./uploads.ts";

beforeEach(() => {
  vi.stubGlobal("FixedLengthStream", FixedLengthStreamStandIn);
  return () => vi.unstubAllGlobals();
});

const whole: UploadPlan = { way: "monolithic", chunkSize: 4 };
const patch: UploadPlan = { ...whole, way: "stream-patch" };
const chunks: UploadPlan = { ...whole, way: "chunked" };
const html = { status: 413, headers: { "content-type": "text/html" }, body: "<html><title>413 Request Entity Too Large</title></html>" };
const missing = { request: HEAD_BLOB, answer: { status: 404 } };
const unknown = { status: 404, body: ociError("BLOB_UPLOAD_UNKNOWN") };

/** Uploads ten bytes, gets refused, and says which plans the repository then chose. */
async function refused(plan: UploadPlan, request: string, answer: ScriptedAnswer | CopyError, looks: readonly Exchange[] = []) {
  const { transport, plans, start } = uploading(plan, [begin(), { request, answer }, ...looks]);
  const upload = await start();
  const failure = await failureFrom(upload.finish(bytesOf(TEXT)));
  transport.expectDone();
  return { failure, plans, upload };
}

describe("a refused body", () => {
  it.each<[string, UploadPlan, string, ScriptedAnswer, Exchange[], UploadPlan]>([
    ["Q97: a 413 of a proxy leads to chunks", whole, commitAt(1), html, [], chunks],
    ["Q93: a missing length leads to chunks", patch, at("PATCH", 1), { status: 400, body: ociError("CONTENT_LENGTH_INVALID") }, [], chunks],
    ["Q92: a 416 at byte 0 leads to chunks", patch, at("PATCH", 1), { status: 416, body: ociError("RANGE_INVALID") }, [], chunks],
    ["Q95: a 404 for a PUT leads to one PATCH", whole, commitAt(1), { status: 404, body: ociError("BLOB_UNKNOWN") }, [missing], patch],
    ["a PUT that is not allowed leads to one PATCH", whole, commitAt(1), { status: 405 }, [missing], patch],
  ])("%s", async (_, plan, request, answer, looks, next) => {
    const { failure, plans, upload } = await refused(plan, request, answer, looks);
    expect(plans).toEqual([next]);
    expect(failure).toMatchObject({ retry: "now", side: "destination", upstream: { status: answer.status } });
    expect(await failureFrom(upload.resume())).toEqual(failure);
  });

  it("Q97: is refused for good where no way is left", async () => {
    const { failure, plans } = await refused({ way: "monolithic", chunkSize: 0 }, commitAt(1), html);
    expect(plans).toEqual([]);
    expect(failure).toMatchObject({ code: "destination-refused", retry: "never", upstream: { status: 413 } });
  });

  it("Q101: is no matter of size where the 416 names another place", async () => {
    const { failure, plans } = await refused(patch, at("PATCH", 1), { ...placed(416, 2, "0-5"), body: ociError("RANGE_INVALID") });
    expect(plans).toEqual([]);
    expect(failure).toMatchObject({ retry: "now" });
  });

  it("begins the next upload with the new plan, and gives the old session back", async () => {
    const { transport, start } = uploading(whole, [
      begin(),
      { request: commitAt(1), answer: { status: 404, body: ociError("BLOB_UNKNOWN") } },
      missing,
      { request: at("DELETE", 1), answer: { status: 204 } },
      begin(),
      { request: at("PATCH", 1), body: TEXT, answer: placed(202, 2) },
      { request: commitAt(2), body: null, answer: { status: 201 } },
    ]);
    const first = await start();
    await failureFrom(first.finish(bytesOf(TEXT)));
    await first.cancel();
    await (await start()).finish(bytesOf(TEXT));
    transport.expectDone();
  });

  it("changes the plan once where two uploads are refused side by side", async () => {
    const { plans, start } = uploading(whole, [
      begin(),
      begin(),
      { request: commitAt(1), answer: html },
      { request: commitAt(1), answer: html },
    ]);
    const [first, second] = [await start(), await start()];
    expect(await failureFrom(first.finish(bytesOf(TEXT)))).toMatchObject({ retry: "now" });
    expect(await failureFrom(second.finish(bytesOf(TEXT)))).toMatchObject({ retry: "now" });
    expect(plans).toEqual([chunks]);
  });

  it("Q95, Q103: takes an unknown session for a lost one once, and for the registry's way the second time", async () => {
    const { transport, plans, start } = uploading(whole, [
      begin(),
      { request: commitAt(1), answer: unknown },
      missing,
      { request: at("GET", 1), answer: placed(204, 2, "0-0") },
      { request: commitAt(2), answer: unknown },
      missing,
    ]);
    const upload = await start();
    expect(await failureFrom(upload.finish(bytesOf(TEXT)))).toMatchObject({ retry: "now" });
    expect(plans).toEqual([]);
    expect(await upload.resume()).toBe(0);
    expect(await failureFrom(upload.finish(bytesOf(TEXT)))).toMatchObject({ retry: "now" });
    expect(plans).toEqual([patch]);
    transport.expectDone();
  });
});

describe("Q97: a body that breaks off again and again with nothing kept", () => {
  const broken = { request: commitAt(1), answer: brokenConnection() };
  const nothing = { request: at("GET", 1), answer: placed(204, 1, "0-0") };

  it.each<[string, number, UploadPlan[]]>([
    ["leads to chunks where it is larger than one", 4, [{ way: "chunked", chunkSize: 4 }]],
    ["is no matter of size where it is not", 64, []],
  ])("%s", async (_, chunkSize, expected) => {
    const { transport, plans, start } = uploading({ way: "monolithic", chunkSize }, [
      begin(),
      broken,
      missing,
      nothing,
      broken,
      missing,
      nothing,
    ]);
    const upload = await start();
    await failureFrom(upload.finish(bytesOf(TEXT)));
    expect(await upload.resume()).toBe(0);
    await failureFrom(upload.finish(bytesOf(TEXT)));
    if (expected.length > 0) {
      expect(await failureFrom(upload.resume())).toMatchObject({ retry: "now" });
    } else {
      expect(await upload.resume()).toBe(0);
    }
    expect(plans).toEqual(expected);
    transport.expectDone();
  });
});
