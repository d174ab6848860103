import { expect, test } from "vitest";
import { ApiError } from "../../../src/api/api-error.ts";
import { MAX_BODY_BYTES, readBody } from "../../../src/api/read-body.ts";

const URL_ = "https://transship.example/copy";

function post(body: BodyInit, headers: Record<string, string> = {}): Request {
  return new Request(URL_, { method: "POST", body, headers, duplex: "half" } as RequestInit);
}

const tooLarge = { fault: { kind: "too-large", limitBytes: MAX_BODY_BYTES } };

test("a body of just the limit is read", async () => {
  expect(await readBody(post("x".repeat(MAX_BODY_BYTES)))).toHaveLength(MAX_BODY_BYTES);
  expect(await readBody(new Request(URL_, { method: "POST" }))).toBe("");
});

test("one byte more is too large", async () => {
  await expect(readBody(post("x".repeat(MAX_BODY_BYTES + 1)))).rejects.toMatchObject(tooLarge);
});

test("a sender of not much more is heard out, so that it sees the answer", async () => {
  let left = 16;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      left--;
      controller.enqueue(new Uint8Array(64 * 1024));
      if (left === 0) {
        controller.close();
      }
    },
  });
  await expect(readBody(post(body))).rejects.toBeInstanceOf(ApiError);
  expect(left).toBe(0);
});

test("a body without length that never ends is left at last", async () => {
  let chunks = 0;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      chunks++;
      controller.enqueue(new Uint8Array(64 * 1024));
    },
    cancel: () => {
      cancelled = true;
      // A sender that does not go away is not waited for.
      return new Promise(() => {});
    },
  });
  await expect(readBody(post(body))).rejects.toMatchObject(tooLarge);
  expect(chunks).toBeLessThan(210);
  expect(cancelled).toBe(true);
});

test("text comes together across chunks", async () => {
  const bytes = new TextEncoder().encode("schlüssel €");
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const byte of bytes) {
        controller.enqueue(new Uint8Array([byte]));
      }
      controller.close();
    },
  });
  expect(await readBody(post(body))).toBe("schlüssel €");
});
