import { beforeEach, describe, expect, it, vi } from "vitest";
import { CopyError } from "../../../src/oci/errors.ts";
import type { RegistryResponse } from "../../../src/registry/request.ts";
import { SizedBody } from "../../../src/registry/sized-body.ts";
import { FixedLengthStreamStandIn } from "./fixed-length-stream.ts";
import { brokenConnection, bytesOf, failureFrom, stillEffects } from "./scripted-transport.ts";

const url = new URL("https://registry.example/u/7");
const endpoint = { registry: "registry.example", base: new URL("https://registry.example"), side: "destination" as const };

beforeEach(() => {
  vi.stubGlobal("FixedLengthStream", FixedLengthStreamStandIn);
  return () => vi.unstubAllGlobals();
});

function answered(status: number): RegistryResponse {
  return { response: new Response(null, { status }), url };
}

/** A request whose far end the test plays. */
function open(length: number, pauses: "last" | "pass" = "last") {
  const answer = Promise.withResolvers<RegistryResponse>();
  let far: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let ending: AbortSignal | undefined;
  const body = new SizedBody(
    length,
    (stream, signal) => {
      far = stream.getReader();
      ending = signal;
      return answer.promise;
    },
    stillEffects(pauses),
    endpoint,
  );
  return { body, answer, far: far as unknown as ReadableStreamDefaultReader<Uint8Array>, ending: ending as unknown as AbortSignal };
}

/** Whether a promise settles before the event loop has gone round. */
async function isPending(work: Promise<unknown>): Promise<boolean> {
  const later = new Promise((resolve) => setImmediate(resolve, "pending"));
  return (await Promise.race([work, later])) === "pending";
}

describe("a body of known length", () => {
  it("sends what is written, in step with its reader, and gives the answer", async () => {
    const { body, answer, far } = open(6);
    const first = body.write(bytesOf("abc"));
    expect(await isPending(first)).toBe(true);
    expect((await far.read()).value).toEqual(bytesOf("abc"));
    expect(await first).toBeUndefined();
    expect(body.left).toBe(3);
    const second = body.write(bytesOf("def"));
    await far.read();
    await second;
    expect(body.left).toBe(0);
    const end = body.end();
    expect((await far.read()).done).toBe(true);
    expect(await isPending(end)).toBe(true);
    answer.resolve(answered(201));
    expect((await end).response.status).toBe(201);
  });

  it("gives an answer that comes before the body's end, though nobody reads any more", async () => {
    const { body, answer } = open(6);
    const writing = body.write(bytesOf("abc"));
    answer.resolve(answered(413));
    expect((await writing)?.response.status).toBe(413);
  });

  it("gives such an answer to the next write where the last had gone through", async () => {
    const { body, answer, far } = open(6);
    const writing = body.write(bytesOf("abc"));
    await far.read();
    await writing;
    answer.resolve(answered(413));
    expect((await body.write(bytesOf("de")))?.response.status).toBe(413);
  });

  it("keeps an answer to the whole body for its end", async () => {
    const { body, answer, far } = open(3);
    const writing = body.write(bytesOf("abc"));
    answer.resolve(answered(201));
    await far.read();
    expect(await writing).toBeUndefined();
    expect((await body.end()).response.status).toBe(201);
  });

  it("reports the answer rather than the broken pipe before it", async () => {
    const { body, answer, far } = open(6);
    const writing = body.write(bytesOf("abc"));
    await far.cancel(new Error("Network connection lost."));
    expect(await isPending(writing)).toBe(true);
    answer.resolve(answered(413));
    expect((await writing)?.response.status).toBe(413);
  });

  it("fails with what the request fails with", async () => {
    const { body, answer, far } = open(6);
    const writing = body.write(bytesOf("abc"));
    await far.cancel(new Error("Network connection lost."));
    answer.reject(brokenConnection());
    expect(await failureFrom(writing)).toMatchObject({ code: "registry-unavailable", message: "no answer from registry.example" });
  });

  it("fails with what may pass where the pipe broke and no answer comes", async () => {
    const { body, far } = open(6, "pass");
    const writing = body.write(bytesOf("abc"));
    await far.cancel(new Error("Network connection lost."));
    expect(await failureFrom(writing)).toEqual({
      code: "registry-unavailable",
      message: "The connection to registry.example broke off in mid-upload",
      retry: "later",
      side: "destination",
      registry: "registry.example",
    });
  });

  it("ends the request and whoever waits for it when it is broken off", async () => {
    const { body, ending, answer } = open(6);
    const writing = body.write(bytesOf("abc"));
    const reason = new CopyError({ code: "cancelled", message: "…", retry: "never" });
    ending.addEventListener("abort", () => answer.reject(ending.reason as Error));
    body.abort(reason);
    expect(ending.reason).toBe(reason);
    await expect(writing).rejects.toBe(reason);
  });

  it("leaves no failure unhandled where nobody waits", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const { body, answer, far } = open(6);
    await far.cancel(new Error("Network connection lost."));
    answer.reject(brokenConnection());
    body.abort(brokenConnection());
    body.abort(brokenConnection());
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
