/** The fault table, first part: connections that are refused, break, hang or end too soon, and bytes that are wrong. */
import { describe, expect, it } from "vitest";
import { all, at, expectOutcome, type FaultRow, putting, reading, SIZE } from "./fault-row.ts";

/** Less than the patience of the tests' Worker, as 30 s are less than that of a Worker with the default. */
const OUTAGE_MS = 1_000;

/** A layer of which the digest keeps snapshots, and that no socket's buffer holds. */
const LARGE = 32 * 1024 * 1024;

/** A request's five tries and some more: the job has to wait and come back. */
const PAST_ONE_SLICE = 7;

const STATUS = { method: "GET", path: "/uploads/" };

describe.concurrent("refuses connections for a while, then works", () => {
  it.each<FaultRow>([
    { side: "source", fault: "from the start", ...outage("from", "/manifests/") },
    { side: "destination", fault: "from the start", ...outage("to", "/manifests/") },
    { side: "source", fault: "longer than a request is tried for", given: dropped("from") },
    { side: "destination", fault: "longer than a request is tried for", given: dropped("to") },
    {
      side: "source",
      fault: "in mid-blob",
      given: reading({ rate: 4_000_000 }),
      read: 1.5,
      meanwhile: async ({ from, layer }) => {
        await from.waitForRequests({ method: "GET", path: layer });
        await from.outage(OUTAGE_MS);
      },
    },
    {
      side: "destination",
      fault: "in mid-blob",
      given: putting({ requestRate: 4_000_000 }),
      meanwhile: async ({ to, layer }) => {
        await to.waitForRequests({ method: "PUT", path: layer.slice(7) });
        await to.outage(OUTAGE_MS);
      },
      read: 2,
      sent: 2,
    },
  ])("$side: $fault", expectOutcome);
});

describe.concurrent("resets the connection", () => {
  it.each<FaultRow>([
    { side: "source", fault: "at 0 %, before the answer", given: reading({ dropConnection: "at-once" }) },
    { side: "source", fault: "at 0 %, after the headers", given: reading({ resetAfter: 0 }) },
    { side: "source", fault: "at 50 %", given: reading({ resetAfter: SIZE / 2 }) },
    { side: "source", fault: "at 99.9 %", given: reading({ resetAfter: SIZE * 0.999 }) },
    // Below 8 MiB the digest is set back to the first byte, so the source is read a second time.
    { side: "destination", fault: "at 0 %", given: putting({ dropConnection: "at-once" }), read: 2 },
    // An upload of one byte looks like an empty one (Q86): it turns out to be damaged and begins again.
    { side: "destination", fault: "at the first byte", given: putting({ resetRequestAfter: 1 }), read: 3, sent: 2 },
    { side: "destination", fault: "at 50 %", given: putting({ resetRequestAfter: SIZE / 2 }), read: 2 },
    { side: "destination", fault: "at 99.9 %", given: putting({ resetRequestAfter: SIZE * 0.999 }), read: 2 },
    {
      side: "destination",
      fault: "at 50 % of a layer of 32 MiB, of which only a part is read again",
      size: LARGE,
      given: putting({ resetRequestAfter: LARGE / 2 }),
      read: 1.6,
    },
    { side: "destination", fault: "after the last byte, unstored", given: putting({ dropConnection: "after-body" }), read: 2, sent: 2 },
    { side: "destination", fault: "after it has stored the blob", given: putting({ dropConnection: "after-handling" }) },
    {
      side: "destination",
      fault: "after it has stored the tag",
      given: at("to", { method: "PUT", path: "/manifests/1.0" }, { dropConnection: "after-handling" }),
      tagged: 2,
    },
    {
      side: "source",
      fault: "three times, each after a mebibyte more",
      given: reading({ resetAfter: 1_200_000 }, { times: 3 }),
      read: 1.2,
    },
  ])("$side: $fault", expectOutcome);
});

describe.concurrent("stalls without closing", () => {
  it.each<FaultRow>([
    { side: "source", fault: "before the answer", given: reading({ hold: "stalled source" }) },
    { side: "source", fault: "at 50 % of the layer", given: reading({ stallAfter: SIZE / 2 }) },
    {
      side: "source",
      fault: "within the manifest",
      given: at("from", { method: "GET", path: "/manifests/" }, { stallAfter: 50 }),
    },
    // More than the sockets on the way hold: whether a registry has stopped reading the last bytes nobody can tell.
    {
      side: "destination",
      fault: "at 25 % of the layer",
      size: LARGE,
      given: putting({ stallRequestAfter: LARGE / 4 }),
      read: 1.8,
      deaf: true,
    },
  ])("$side: $fault", expectOutcome);
});

describe.concurrent("truncates", () => {
  it.each<FaultRow>([
    { side: "source", fault: "once, against its Content-Length", given: reading({ truncateAfter: SIZE / 2 }) },
    {
      side: "source",
      fault: "once, without a Content-Length",
      given: reading({ truncateAfter: SIZE / 2, noLength: true, lengthFits: true }),
    },
    {
      side: "source",
      fault: "the layer by a byte, always",
      given: reading({ truncateAfter: SIZE - 1, lengthFits: true }, { times: "always" }),
      error: { code: "size-mismatch", side: "source" },
    },
    { side: "source", fault: "the manifest, once", given: at("from", { method: "GET", path: "/manifests/" }, { truncateAfter: 50 }) },
    {
      side: "destination",
      fault: "its own account of what it holds",
      given: all(putting({ resetRequestAfter: SIZE / 2 }), at("to", STATUS, { headers: { range: "0-99" } })),
      read: 3,
      sent: 2,
    },
  ])("$side: $fault", expectOutcome);
});

describe.concurrent("sends one byte too many", () => {
  it.each<FaultRow>([
    {
      side: "source",
      fault: "as announced",
      given: reading({ extraBytes: 1 }),
      error: { code: "size-mismatch", side: "source" },
    },
    {
      side: "source",
      fault: "unannounced",
      given: reading({ extraBytes: 1, noLength: true }),
      error: { code: "size-mismatch", side: "source" },
    },
    {
      side: "destination",
      fault: "in its account of what it holds",
      given: all(putting({ resetRequestAfter: SIZE / 2 }), at("to", STATUS, { headers: { range: `0-${SIZE}` } })),
      read: 2,
      sent: 2,
    },
  ])("$side: $fault", expectOutcome);
});

describe.concurrent("flips one bit", () => {
  it.each<FaultRow>([
    { side: "source", fault: "once", given: reading({ flipBitAt: SIZE / 2 }), read: 2, sent: 2 },
    { side: "source", fault: "once, in the first byte", given: reading({ flipBitAt: 0 }), read: 2, sent: 2 },
    {
      side: "source",
      fault: "once, after a connection that broke",
      given: all(reading({ resetAfter: SIZE / 2 }), reading({ flipBitAt: 9 })),
      read: 2,
      sent: 2,
    },
    {
      side: "source",
      fault: "always",
      given: reading({ flipBitAt: SIZE / 2 }, { times: "always" }),
      error: { code: "digest-mismatch", side: "source" },
      read: 2,
      sent: 2,
      also: async ({ to, layer }) => expect((await to.writes()).map(({ digest }) => digest)).not.toContain(layer),
    },
    {
      side: "source",
      fault: "in the manifest",
      given: at("from", { method: "GET", path: "/manifests/" }, { flipBitAt: 40 }),
      error: { code: "digest-mismatch", side: "source" },
    },
    {
      side: "destination",
      fault: "and says so",
      given: putting({ status: 400, body: { errors: [{ code: "DIGEST_INVALID", message: "no" }] } }),
      error: { code: "digest-mismatch", side: "destination", upstream: { status: 400, code: "DIGEST_INVALID" } },
    },
  ])("$side: $fault", expectOutcome);
});

function dropped(side: "from" | "to"): NonNullable<FaultRow["given"]> {
  return at(side, { times: PAST_ONE_SLICE }, { dropConnection: "at-once" });
}

/** Ends all connections, and takes no new ones for a while, as soon as the first request like this has come. */
function outage(side: "from" | "to", path: string): Required<Pick<FaultRow, "given" | "meanwhile">> {
  return {
    given: at(side, { path }, { hold: "outage" }),
    meanwhile: async ({ [side]: registry }) => {
      await registry.waitForRequests({ path });
      await registry.outage(OUTAGE_MS);
    },
  };
}
