import { expect, test } from "vitest";
import { DEFAULT_RETRY_POLICY } from "../../../src/net/retry-policy.ts";
import { CopyError, type Failure } from "../../../src/oci/errors.ts";
import { withRetries } from "../../../src/registry/in-place-retry.ts";
import { script } from "./scripted-wire.ts";

const POLICY = { maxAttempts: 4, baseMs: 100, maxMs: 250, inlineWaitMs: 5_000 };

/** Runs a sender that fails in this order and then succeeds; says how it went. */
async function run(failures: (Partial<Failure> | Error)[], signal = new AbortController().signal) {
  const { effects, slept } = script();
  let sent = 0;
  const sending = withRetries(effects, POLICY, signal, async () => {
    const failure = failures[sent++];
    if (failure instanceof Error) {
      throw failure;
    }
    if (failure !== undefined) {
      throw new CopyError({ code: "registry-unavailable", message: "x", retry: "later", ...failure });
    }
    return "sent";
  });
  const outcome = await sending.catch((error) => (error instanceof CopyError ? error.failure.code : error.message));
  return { outcome, sent, slept };
}

test("what succeeds is sent once", async () => {
  expect(await run([])).toEqual({ outcome: "sent", sent: 1, slept: [] });
});

test("pauses grow to their bound, and the attempts have an end", async () => {
  expect(await run([{}, {}, {}])).toEqual({ outcome: "sent", sent: 4, slept: [50, 100, 125] });
  expect(await run([{}, {}, {}, {}])).toEqual({ outcome: "registry-unavailable", sent: 4, slept: [50, 100, 125] });
});

test("Q137: a wait that was asked for is honoured in full, with jitter on top", async () => {
  expect(await run([{ code: "rate-limited", waitMs: 5_000 }])).toEqual({ outcome: "sent", sent: 2, slept: [5_050] });
  expect(await run([{ waitMs: 0 }])).toEqual({ outcome: "sent", sent: 2, slept: [50] });
});

test("Q137: a longer wait is left to others", async () => {
  expect(await run([{ code: "rate-limited", waitMs: 5_001 }])).toEqual({ outcome: "rate-limited", sent: 1, slept: [] });
});

test.each<[string, Partial<Failure> | Error, string]>([
  ["a final failure", { retry: "never", code: "not-found" }, "not-found"],
  ["what is to be begun again by others", { retry: "now" }, "registry-unavailable"],
  ["a timeout, which took its time already", { code: "timeout" }, "timeout"],
  ["what is no failure of ours", new Error("bug"), "bug"],
])("%s is not tried again", async (_, failure, outcome) => {
  expect(await run([failure])).toEqual({ outcome, sent: 1, slept: [] });
});

test("an abort ends a pause with its reason", async () => {
  const stop = new AbortController();
  stop.abort(new CopyError({ code: "cancelled", message: "stop", retry: "never" }));
  expect(await run([{}], stop.signal)).toEqual({ outcome: "cancelled", sent: 1, slept: [] });
});

test("the default policy has an end", () => {
  expect(DEFAULT_RETRY_POLICY.maxAttempts).toBeLessThanOrEqual(10);
});
