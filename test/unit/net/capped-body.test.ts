import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCapped } from "../../../src/net/capped-body.ts";

type Kind = "bytes" | "default";

/** A body of these pieces that counts what was taken of it and notes whether it was cancelled. */
function body(kind: Kind, pieces: readonly Uint8Array[], options: { error?: Error; headers?: Record<string, string> } = {}) {
  const state = { pulled: 0, cancelled: false };
  const source = {
    pull(controller: ReadableStreamDefaultController<Uint8Array> | ReadableByteStreamController) {
      const piece = pieces[state.pulled++];
      if (piece !== undefined) {
        controller.enqueue(piece.slice() as Uint8Array<ArrayBuffer>);
      } else if (options.error !== undefined) {
        controller.error(options.error);
      } else {
        controller.close();
        // A byte stream answers the read that waits for it.
        (controller as ReadableByteStreamController).byobRequest?.respond(0);
      }
    },
    cancel() {
      state.cancelled = true;
    },
  };
  const stream = kind === "bytes" ? new ReadableStream({ ...source, type: "bytes" }) : new ReadableStream(source, { highWaterMark: 0 });
  return { state, response: new Response(stream as ReadableStream<Uint8Array>, { headers: options.headers ?? {} }) };
}

const piece = (size: number, first = 0) => Uint8Array.from({ length: size }, (_, index) => (first + index) % 251);
const kinds: Kind[] = ["bytes", "default"];

describe.each(kinds)("readCapped of a stream of kind %s", (kind) => {
  it.each([
    ["nothing", [], 10, 0, false],
    ["less than the cap", [3, 4], 10, 7, false],
    ["exactly the cap", [3, 7], 10, 10, false],
    ["one byte more than the cap", [3, 7, 1], 10, 10, true],
    ["more in one piece", [11], 10, 10, true],
    ["something, with a cap of none", [1], 0, 0, true],
    ["nothing, with a cap of none", [], 0, 0, false],
    ["more than one read", [200_000, 100_000], 8 * 1024 * 1024, 300_000, false],
  ])("that has %s", async (_, sizes, cap, length, truncated) => {
    const pieces = sizes.map((size, index) => piece(size, index));
    const whole = Buffer.concat(pieces);
    const result = await readCapped(body(kind, pieces).response, cap);
    expect(result.truncated).toBe(truncated);
    expect(result.bytes.buffer.byteLength).toBe(length);
    expect(Buffer.compare(Buffer.from(result.bytes), whole.subarray(0, length))).toBe(0);
  });

  it("cancels what it does not read", async () => {
    const { response, state } = body(
      kind,
      Array.from({ length: 1_000 }, () => piece(1_000)),
    );
    await readCapped(response, 2_500);
    expect(state.cancelled).toBe(true);
    expect(state.pulled).toBeLessThan(10);
  });

  it("rejects with the stream's own error", async () => {
    const error = new Error("connection lost");
    await expect(readCapped(body(kind, [piece(10)], { error }).response, 100)).rejects.toBe(error);
  });

  it.each(["5", "7", "1000", "-1", "x", "99999999999999999999"])("does not believe a Content-Length of %s", async (length) => {
    const { response } = body(kind, [piece(4), piece(3, 4)], { headers: { "content-length": length } });
    expect(await readCapped(response, 100)).toEqual({ bytes: piece(7), truncated: false });
  });

  it("does not wait for the end once there is enough", async () => {
    const { response, state } = body(kind, [piece(4), piece(3, 4), piece(9)]);
    const { bytes, truncated } = await readCapped(response, 100, 5);
    expect(bytes.byteLength).toBeGreaterThanOrEqual(5);
    expect(truncated).toBe(false);
    expect(state.cancelled).toBe(true);
  });

  it("joins pieces of any size", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 100 })), fc.nat(400), async (pieces, cap) => {
        const whole = new Uint8Array(Buffer.concat(pieces));
        const result = await readCapped(body(kind, pieces).response, cap);
        expect(result).toEqual({ bytes: whole.slice(0, cap), truncated: whole.length > cap });
      }),
    );
  });
});

it("readCapped of a response without a body is empty", async () => {
  expect(await readCapped(new Response(null, { status: 204 }), 10)).toEqual({ bytes: new Uint8Array(0), truncated: false });
});

it("readCapped reads bodies made of text and bytes", async () => {
  expect(new TextDecoder().decode((await readCapped(new Response("grüße"), 100)).bytes)).toBe("grüße");
  expect((await readCapped(new Response(piece(70_000)), 100_000)).bytes).toEqual(piece(70_000));
});
