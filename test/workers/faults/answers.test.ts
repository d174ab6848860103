/** The fault table, second part: registries that are out of order or busy, links that end, ranges that are not kept. */
import { describe, expect, it } from "vitest";
import type { LoggedRequest } from "../../support/registry/request-log.ts";
import { all, at, expectOutcome, type FaultRow, putting, reading, SIZE } from "./fault-row.ts";

/** Slower than anything else here, so that something can happen in between. */
const SLOWLY = 4_000_000;

describe.concurrent("answers with a burst of", () => {
  it.each<FaultRow>(
    [500, 502, 503, 504].flatMap((status): FaultRow[] => [
      { side: "source", fault: `${status}`, given: reading({ status }, { times: 3 }) },
      { side: "destination", fault: `${status}`, given: at("to", { path: "/uploads/", times: 3 }, { status }), read: 2, sent: 2 },
    ]),
  )("$side: $fault", expectOutcome);

  it.each<FaultRow>([
    { side: "source", fault: "500 for everything", given: at("from", { times: 3 }, { status: 500 }) },
    { side: "destination", fault: "500 for everything", given: at("to", { times: 3 }, { status: 500 }) },
    { side: "destination", fault: "503 for the tag", given: at("to", { method: "PUT", path: "/manifests/", times: 3 }, { status: 503 }) },
    {
      side: "destination",
      fault: "502 to the layer, read to its end",
      given: putting({ status: 502 }, { times: 2 }),
      read: 3,
      sent: 3,
    },
  ])("$side: $fault", expectOutcome);
});

describe.concurrent("answers 429", () => {
  it.each<FaultRow>([
    {
      side: "source",
      fault: "with seconds",
      given: reading({ status: 429, retryAfter: 1 }),
      also: ({ from, layer }) => pausedFor(from.requests({ path: layer }), 1_000),
    },
    { side: "source", fault: "with none", given: reading({ status: 429 }, { times: 2 }) },
    {
      side: "destination",
      fault: "with seconds",
      given: putting({ status: 429, retryAfter: 1 }),
      read: 2,
      sent: 2,
      also: ({ to, layer }) => pausedFor(to.requests({ path: layer.slice(7), method: "PUT" }), 1_000),
    },
    { side: "destination", fault: "with none", given: putting({ status: 429 }, { times: 2 }), read: 3, sent: 3 },
    {
      side: "destination",
      fault: "with seconds, to the tag",
      given: at("to", { method: "PUT", path: "/manifests/" }, { status: 429, retryAfter: 1 }),
      also: ({ to }) => pausedFor(to.requests({ path: "/manifests/", method: "PUT" }), 1_000),
    },
    withDate("source"),
    withDate("destination"),
  ])("$side: $fault", expectOutcome);
});

describe("lets a redirect's target expire", () => {
  it.each<FaultRow>([
    {
      side: "source",
      fault: "in mid-blob",
      from: { quirks: { blobRedirect: { status: 307 } } },
      ...expiringLink(),
      read: 1.5,
    },
  ])("$side: $fault", expectOutcome);
});

describe("after a connection that broke at 50 %, a range", () => {
  const broken = reading({ resetAfter: SIZE / 2 });
  it.each<FaultRow>([
    { side: "source", fault: "is ignored (200)", from: { quirks: { blobRange: "ignored" } }, given: broken, read: 2 },
    { side: "source", fault: "is answered by another one (206)", from: { quirks: { blobRange: "shifted" } }, given: broken, read: 3 },
    { side: "source", fault: "is answered without Content-Range", from: { quirks: { blobRange: "no-content-range" } }, given: broken },
    { side: "source", fault: "is answered without a total", from: { quirks: { blobRange: "no-total" } }, given: broken },
    { side: "source", fault: "is refused with 416", from: { quirks: { blobRange: 416 } }, given: broken, read: 2 },
    {
      side: "source",
      fault: "has other bytes than it says",
      given: all(broken, reading({ flipBitAt: 3 })),
      read: 2.5,
      sent: 2,
    },
  ])("$side: $fault", expectOutcome);
});

/** A storage link that ends while the layer is read over it, and a connection that breaks after that. */
function expiringLink(): Required<Pick<FaultRow, "given" | "meanwhile">> {
  return {
    given: at("from", { server: "storage", times: 2 }, { rate: SLOWLY, resetAfter: SIZE / 2 }),
    meanwhile: async ({ from, layer }) => {
      await from.waitForRequests({ path: layer });
      await from.waitForRequests({ server: "storage" }, 2);
      await from.expire("links");
    },
  };
}

/** A 429 with the time until which to stay away, for the layer's read or for the beginning of an upload. */
function withDate(side: FaultRow["side"]): FaultRow {
  const [of, method, path] = side === "source" ? (["from", "GET", "/blobs/sha256:"] as const) : (["to", "POST", "/uploads/"] as const);
  let until = 0;
  return {
    side,
    fault: "with a date",
    // The source is opened while the upload is begun; what a layer as small as this one has sent by then is read again after the pause.
    read: side === "source" ? 1 : 2,
    given: (attempt) => {
      until = Math.floor(Date.now() / 1000) * 1000 + 2_000;
      return attempt[of].fail({ method, path, action: { status: 429, retryAfter: new Date(until).toUTCString() } });
    },
    also: async (attempt) => {
      const requests = await attempt[of].requests({ method, path });
      expect(requests.filter(({ status }) => status === 429)).toHaveLength(1);
      expect(requests.at(-1)?.at).toBeGreaterThanOrEqual(until);
    },
  };
}

/** Expects the second of these requests to have come so many milliseconds after the first, or later. */
async function pausedFor(asked: Promise<LoggedRequest[]>, ms: number): Promise<void> {
  const [first, second] = await asked;
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(ms);
}
