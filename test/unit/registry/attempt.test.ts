import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { CopyError } from "../../../src/oci/errors.ts";
import { type Attempt, attempt, type RequestEvent, type Wire } from "../../../src/registry/attempt.ts";
import { ENDPOINT, type Step, script } from "./scripted-wire.ts";

const URL_TEXT = "https://registry.test/v2/a?_state=hunter2";
const ASK = `GET ${URL_TEXT}`;

function send(steps: Step[], request: Partial<Attempt> = {}, wire: Partial<Wire> = {}) {
  const scripted = script(...steps);
  const events: RequestEvent[] = [];
  const sending = attempt(
    { endpoint: ENDPOINT, effects: scripted.effects, headersTimeoutMs: 60_000, onRequest: (event) => events.push(event), ...wire },
    {
      method: "GET",
      url: new URL(URL_TEXT),
      permit: { http: false, private: false },
      headers: {},
      purpose: "content",
      secrets: [],
      ...request,
    },
  );
  sending.catch(() => {});
  return { ...scripted, events, sending };
}

async function failureOf(sending: Promise<unknown>) {
  const error = await sending.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CopyError);
  return (error as CopyError).failure;
}

test("Q55, Q67: sends by hand: no redirects followed, no coding wanted or undone", async () => {
  const { sending, events } = send([{ ask: ASK, headers: { accept: "x/y" }, reply: new Response("content") }], {
    headers: { accept: "x/y" },
  });
  expect(await (await sending).text()).toBe("content");
  expect(events).toEqual([{ method: "GET", url: "https://registry.test/v2/a", purpose: "content", status: 200 }]);
});

test("nothing waits any more once the answer is there", async () => {
  const { sending, pausing } = send([{ ask: ASK, reply: new Response("x", { status: 404 }) }]);
  expect(pausing()).toBe(1);
  await sending;
  expect(pausing()).toBe(0);
});

test("a body of success is not touched", async () => {
  const body = new ReadableStream<Uint8Array>();
  const response = new Response(body);
  expect(await send([{ ask: ASK, reply: response }]).sending).toBe(response);
});

test("an address that is not allowed is never asked", async () => {
  const { sending, asked } = send([], { url: new URL("http://registry.test/") });
  expect(await failureOf(sending)).toMatchObject({
    code: "address-refused",
    retry: "never",
    registry: "registry.test",
    side: "destination",
  });
  expect(asked).toEqual([]);
});

describe("errors", () => {
  test("come with their bodies read, capped", async () => {
    const { sending } = send([{ ask: ASK, reply: new Response("x".repeat(100_000), { status: 400, headers: { "x-a": "b" } }) }]);
    const response = await sending;
    expect([response.status, response.headers.get("x-a"), (await response.text()).length]).toEqual([400, "b", 65_536]);
  });

  test("come without the request's secrets", async () => {
    const reply = new Response("the password hunter2 is wrong", { status: 403 });
    const { sending } = send([{ ask: ASK, reply }], { secrets: ["hunter2"] });
    expect(await (await sending).text()).toBe("the password … is wrong");
  });

  test("with a body that breaks off or never ends are their status", async () => {
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error("gone")) });
    expect((await send([{ ask: ASK, reply: new Response(broken, { status: 404 }) }]).sending).status).toBe(404);
    const { sending, hang } = send([{ ask: ASK, reply: new Response(new ReadableStream(), { status: 404 }) }]);
    hang();
    expect((await sending).status).toBe(404);
  });

  test.each([
    ["gzip are read", "gzip", gzipSync("too busy"), "too busy"],
    ["broken gzip are their status", "gzip", gzipSync("too busy").subarray(0, 12), ""],
    ["another one are their status", "br", brotliCompressSync("too busy"), ""],
  ])("in a coding that nobody asked for: %s", async (_, coding, bytes, text) => {
    const reply = new Response(new Uint8Array(bytes), { status: 500, headers: { "content-encoding": coding } });
    expect(await (await send([{ ask: ASK, reply }]).sending).text()).toBe(text);
  });

  test.each([204, 304, 307])("a %i without a body", async (status) => {
    const { sending } = send([{ ask: ASK, reply: new Response(null, { status, headers: { location: "/x" } }) }]);
    const response = await sending;
    expect([response.status, response.headers.get("location"), response.body]).toEqual([status, "/x", null]);
  });

  test("an impossible status is no answer", async () => {
    const reply = new Response(null);
    Object.defineProperty(reply, "status", { value: 999 });
    expect(await failureOf(send([{ ask: ASK, reply }]).sending)).toMatchObject({ code: "registry-unavailable", retry: "later" });
  });
});

describe("silence", () => {
  test.each([
    ["GET", 60_000],
    ["HEAD", 60_000],
    ["POST", 60_000],
    ["DELETE", 60_000],
    ["PUT", 300_000],
    ["PATCH", 300_000],
  ] as const)("a %s without an answer ends after %i ms", async (method, ms) => {
    const { sending, slept, events } = send([{ ask: `${method} ${URL_TEXT}`, reply: "hang" }], { method });
    const failure = await failureOf(sending);
    expect(failure).toMatchObject({ code: "timeout", retry: "later", side: "destination", registry: "registry.test" });
    expect(failure.message).toBe(`${method} https://registry.test/v2/a: no answer from registry.test within ${ms / 1000} s`);
    expect(slept).toEqual([ms]);
    expect(events).toMatchObject([{ status: undefined }]);
  });

  test("a stream may take its time", async () => {
    const stop = new AbortController();
    const { sending, asked, pausing } = send([{ ask: `PUT ${URL_TEXT}`, body: "", reply: "hang" }], {
      method: "PUT",
      body: new ReadableStream({ start: (controller) => controller.close() }),
      signal: stop.signal,
    });
    // Under way, and nothing guards it.
    expect([asked, pausing()]).toEqual([[`PUT ${URL_TEXT}`], 0]);
    stop.abort(new CopyError({ code: "cancelled", message: "enough", retry: "never" }));
    expect((await failureOf(sending)).message).toBe("enough");
  });
});

describe("ends", () => {
  test.each([
    ["the request's signal", "GET", false],
    ["the transport's signal", "GET", true],
    ["the request's signal", "HEAD", false],
    ["the transport's signal", "HEAD", true],
  ] as const)("%s ends a %s with its reason", async (_, method, ofWire) => {
    const stop = new AbortController();
    const { signal } = stop;
    const ask = `${method} ${URL_TEXT}`;
    const { sending } = send([{ ask, reply: "hang" }], { method, ...(ofWire ? {} : { signal }) }, ofWire ? { signal } : {});
    stop.abort(new CopyError({ code: "cancelled", message: "enough", retry: "never" }));
    expect((await failureOf(sending)).message).toBe("enough");
  });

  test.each<[string, unknown, string]>([
    ["no reason", undefined, "cancelled"],
    ["text", "because", "cancelled"],
    ["a time that is over", new DOMException("over", "TimeoutError"), "timeout"],
  ])("%s becomes a failure", async (_, reason, code) => {
    const stop = new AbortController();
    stop.abort(reason);
    const { sending, asked } = send([], { signal: stop.signal });
    expect((await failureOf(sending)).code).toBe(code);
    expect(asked).toEqual([]);
  });

  test("an abort ends the request at the runtime, and the reading of a whole answer", async () => {
    const stop = new AbortController();
    let given: AbortSignal | null | undefined;
    const endless = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) });
    const { effects } = script();
    const fetch = async (_: string, init: RequestInit) => {
      given = init.signal;
      return new Response(endless);
    };
    const { sending } = send([], { bufferBytes: 10, signal: stop.signal }, { effects: { ...effects, fetch } });
    await Promise.resolve();
    stop.abort(new CopyError({ code: "cancelled", message: "enough", retry: "never" }));
    expect((await failureOf(sending)).message).toBe("enough");
    expect(given?.aborted).toBe(true);
  });

  test("an abort ends a body that others read", async () => {
    const stop = new AbortController();
    let signal: AbortSignal | null | undefined;
    const { effects } = script();
    await attempt(
      {
        endpoint: ENDPOINT,
        headersTimeoutMs: 60_000,
        signal: stop.signal,
        effects: {
          ...effects,
          fetch: async (_, init) => {
            signal = init.signal;
            return new Response("x");
          },
        },
      },
      { method: "GET", url: new URL(URL_TEXT), permit: { http: false, private: false }, headers: {}, purpose: "content", secrets: [] },
    );
    stop.abort("enough");
    expect(signal?.reason).toBe("enough");
  });
});

test("a broken connection is to be tried later, and its text is not repeated", async () => {
  const { sending } = send([{ ask: ASK, reply: new TypeError(`cannot load ${URL_TEXT}`) }]);
  expect(await failureOf(sending)).toEqual({
    code: "registry-unavailable",
    message: "GET https://registry.test/v2/a: no answer from registry.test",
    retry: "later",
    side: "destination",
    registry: "registry.test",
  });
});
