import { describe, expect, it } from "vitest";
import { bytesOf, type Exchange, failureFrom, ociError } from "./scripted-transport.ts";
import { at, BLOB, begin, commitAt, placed, UPLOADS, uploading } from "./uploads.ts";

const plan = { way: "monolithic", chunkSize: 4 } as const;

function patchAt(n: number, start: number, body: string, answer: Exchange["answer"]): Exchange {
  return { request: at("PATCH", n), headers: { "content-range": `${start}-${start + body.length - 1}` }, body, answer };
}

describe("an upload in pieces that is left and gone on with", () => {
  it("goes on from its place with nothing asked", async () => {
    const { transport, repository } = uploading(plan, [
      begin(),
      patchAt(1, 0, "0123", placed(202, 2, "0-3")),
      patchAt(2, 4, "4567", placed(202, 3, "0-7")),
      patchAt(3, 8, "89", placed(202, 4, "0-9")),
      { request: commitAt(4), body: null, answer: { status: 201 } },
    ]);
    const upload = await repository.startUpload(BLOB, { inPieces: true });
    expect(upload.pieceSize).toBe(4);
    await upload.write(bytesOf("0123"));
    const checkpoint = JSON.parse(JSON.stringify(upload.checkpoint?.()));
    expect(checkpoint).toMatchObject({ held: 4 });
    const later = repository.continueUpload(BLOB, checkpoint);
    await later.write(bytesOf("4567"));
    await later.finish(bytesOf("89"));
    transport.expectDone();
  });

  it("Q103: begins again where it is gone by then", async () => {
    const unknown = { status: 404, body: ociError("BLOB_UPLOAD_UNKNOWN") };
    const { repository } = uploading(plan, [patchAt(2, 4, "4567", unknown), { request: at("GET", 2), answer: unknown }]);
    const upload = repository.continueUpload(BLOB, { location: `https://registry.example${UPLOADS}7?_state=2`, held: 4, pieceSize: 4 });
    expect(await failureFrom(upload.write(bytesOf("4567")))).toMatchObject({ retry: "now" });
    expect(await failureFrom(upload.resume())).toMatchObject({ retry: "now" });
  });

  it("can't be left where the registry takes no chunks (Q94)", async () => {
    const { repository } = uploading({ way: "monolithic", chunkSize: 0 }, [begin()]);
    expect((await repository.startUpload(BLOB, { inPieces: true })).pieceSize).toBeUndefined();
  });
});
