/** The contract's cases for uploads: in one piece, in chunks, broken off, mounted. */
import { sha256 } from "../support/registry/digest.ts";
import { type Case, first, newest, type Step } from "./contract-case.ts";
import { BLOB_DIGEST, EMPTY_DIGEST, MISSING_DIGEST, REPOSITORY } from "./contract-content.ts";

const START = "/v2/contract/up/blobs/uploads/";
const OCTETS = { "content-type": "application/octet-stream" };
const LOCATION = /^http:\/\/127\.0\.0\.1:\d+\/v2\/contract\/up\/blobs\/uploads\/[0-9a-f-]{36}\?_state=/;
const CONTENT = "in one piece";
const DIGEST = sha256(CONTENT);

const start: Step = {
  method: "POST",
  path: START,
  expected: {
    status: 202,
    headers: { location: LOCATION, range: "0-0", "docker-upload-uuid": /^[0-9a-f-]{36}$/, "content-length": "0" },
  },
};

function chunk(body: string, range: string | undefined, held: string): Step {
  const headers = { ...OCTETS, ...(range === undefined ? {} : { "content-range": range }) };
  const expected = { status: 202, headers: { location: LOCATION, range: held, "content-length": "0" } };
  return { method: "PATCH", path: newest(), headers, body, expected };
}

function made(digest: string, body = ""): Step {
  const headers = { "docker-content-digest": digest, location: new RegExp(`/v2/contract/up/blobs/${digest}$`), "content-length": "0" };
  return { method: "PUT", path: newest(`&digest=${digest}`), headers: OCTETS, body, expected: { status: 201, headers } };
}

function there(digest: string, length: number): Step {
  return {
    method: "HEAD",
    path: `/v2/contract/up/blobs/${digest}`,
    expected: { status: 200, headers: { "content-length": String(length) } },
  };
}

function missing(digest: string): Step {
  return { method: "HEAD", path: `/v2/contract/up/blobs/${digest}`, expected: { status: 404 } };
}

const noSession = { status: 404, code: /^BLOB_UPLOAD_(UNKNOWN|INVALID)$/ };

export const UPLOAD_CASES: readonly Case[] = [
  { name: "a blob in one PUT", steps: [start, made(DIGEST, CONTENT), there(DIGEST, CONTENT.length)] },
  {
    name: "a blob in chunks, all of it by PATCH",
    steps: [
      start,
      chunk("first,", "0-5", "0-5"),
      chunk("second", "6-11", "0-11"),
      made(sha256("first,second")),
      there(sha256("first,second"), 12),
    ],
  },
  {
    name: "a blob as one PATCH of unknown length, its end by PUT",
    steps: [
      start,
      { ...chunk("streamed", undefined, "0-7"), chunked: true },
      made(sha256("streamed+end"), "+end"),
      there(sha256("streamed+end"), 12),
    ],
  },
  {
    name: "the blob of no bytes",
    steps: [
      start,
      made(EMPTY_DIGEST),
      there(EMPTY_DIGEST, 0),
      {
        method: "GET",
        path: `/v2/contract/up/blobs/${EMPTY_DIGEST}`,
        expected: { status: 200, headers: { "content-length": "0" }, body: "" },
      },
    ],
  },
  {
    name: "an upload's state",
    steps: [
      start,
      { method: "GET", path: newest(), expected: { status: 204, headers: { location: LOCATION, range: "0-0" } } },
      chunk("hello", undefined, "0-4"),
      { method: "GET", path: newest(), expected: { status: 204, headers: { location: LOCATION, range: "0-4" } } },
      made(sha256("hello")),
    ],
  },
  {
    name: "a wrong digest stores nothing and ends the upload",
    steps: [
      start,
      {
        method: "PUT",
        path: newest(`&digest=${MISSING_DIGEST}`),
        headers: OCTETS,
        body: "x",
        expected: { status: 400, code: "DIGEST_INVALID" },
      },
      missing(MISSING_DIGEST),
      missing(sha256("x")),
      { method: "PUT", path: newest(`&digest=${sha256("x")}`), headers: OCTETS, body: "x", expected: noSession },
    ],
  },
  {
    name: "a PUT without a digest, or with one that is none",
    steps: [
      start,
      { method: "PUT", path: newest(), headers: OCTETS, body: "y", expected: { status: 400, code: "DIGEST_INVALID" } },
      { method: "PUT", path: newest("&digest=sha256:zz"), headers: OCTETS, body: "y", expected: { status: 400, code: "DIGEST_INVALID" } },
      missing(sha256("y")),
    ],
  },
  {
    name: "a Location that is no longer the newest",
    steps: [
      start,
      chunk("hello", undefined, "0-4"),
      {
        method: "PATCH",
        path: first(),
        headers: OCTETS,
        body: "again",
        expected: { status: 404, code: "BLOB_UPLOAD_INVALID" },
        strict: { status: 416, code: "RANGE_INVALID", headers: { range: "0-4", location: LOCATION } },
      },
    ],
  },
  {
    name: "a chunk that leaves a gap, and the way on from there",
    onlyStrict: "distribution 2.8 does not look at Content-Range",
    steps: [
      start,
      chunk("hello", "0-4", "0-4"),
      {
        method: "PATCH",
        path: newest(),
        headers: { ...OCTETS, "content-range": "9-13" },
        body: "world",
        expected: { status: 416, code: "RANGE_INVALID", headers: { range: "0-4", location: LOCATION } },
      },
      { method: "GET", path: newest(), expected: { status: 204, headers: { range: "0-4" } } },
      chunk("world", "5-9", "0-9"),
      made(BLOB_DIGEST),
    ],
  },
  {
    name: "chunks whose Content-Range is not theirs",
    onlyStrict: "distribution 2.8 does not look at Content-Range",
    steps: [
      start,
      { ...chunk("hello", "0-9", ""), expected: { status: 400, code: "SIZE_INVALID" } },
      { ...chunk("hello", "bytes 0-4/5", ""), expected: { status: 416, code: "RANGE_INVALID" } },
    ],
  },
  {
    name: "a chunk of another type",
    steps: [
      start,
      {
        method: "PATCH",
        path: newest(),
        headers: { "content-type": "text/plain" },
        body: "text",
        expected: { status: 500, code: "UNKNOWN" },
        strict: { status: 415 },
      },
    ],
  },
  {
    name: "a cancelled upload",
    steps: [
      start,
      { method: "DELETE", path: newest(), expected: { status: 204, headers: { "docker-upload-uuid": /./ } } },
      { method: "GET", path: newest(), expected: { status: 404, code: "BLOB_UPLOAD_UNKNOWN" } },
      { method: "PATCH", path: newest(), headers: OCTETS, body: "late", expected: { status: 404, code: "BLOB_UPLOAD_UNKNOWN" } },
      {
        method: "PUT",
        path: newest(`&digest=${sha256("late")}`),
        headers: OCTETS,
        body: "late",
        expected: { status: 404, code: "BLOB_UPLOAD_UNKNOWN" },
      },
      { method: "DELETE", path: newest(), expected: { status: 404, code: "BLOB_UPLOAD_UNKNOWN" } },
    ],
  },
  {
    name: "uploads that were never begun",
    steps: [
      { method: "GET", path: `${START}11111111-1111-4111-8111-111111111111?_state=x`, expected: noSession },
      {
        method: "PUT",
        path: `${START}11111111-1111-4111-8111-111111111111?digest=${DIGEST}`,
        headers: OCTETS,
        body: CONTENT,
        expected: noSession,
      },
    ],
  },
  {
    name: "a Location without its query",
    steps: [start, { method: "PATCH", path: ([location]) => location?.pathname ?? "", headers: OCTETS, body: "lost", expected: noSession }],
  },
  {
    name: "a mount",
    steps: [
      {
        method: "POST",
        path: `/v2/contract/mounted/blobs/uploads/?mount=${BLOB_DIGEST}&from=${REPOSITORY}`,
        expected: {
          status: 201,
          headers: { "docker-content-digest": BLOB_DIGEST, location: new RegExp(`/v2/contract/mounted/blobs/${BLOB_DIGEST}$`) },
        },
      },
      { method: "HEAD", path: `/v2/contract/mounted/blobs/${BLOB_DIGEST}`, expected: { status: 200 } },
      { method: "DELETE", path: `/v2/contract/mounted/blobs/${BLOB_DIGEST}`, expected: { status: 202 } },
      { method: "HEAD", path: `/v2/contract/mounted/blobs/${BLOB_DIGEST}`, expected: { status: 404 } },
      { method: "HEAD", path: `/v2/${REPOSITORY}/blobs/${BLOB_DIGEST}`, expected: { status: 200 } },
    ],
  },
  {
    name: "mounts that become uploads",
    steps: [`mount=${MISSING_DIGEST}&from=${REPOSITORY}`, `mount=${BLOB_DIGEST}&from=contract/none`, `mount=${BLOB_DIGEST}`].map(
      (query) => ({
        ...start,
        path: `${START}?${query}`,
      }),
    ),
  },
  {
    name: "a blob in the POST starts an upload",
    steps: [{ ...start, path: `${START}?digest=${sha256("posted")}`, headers: OCTETS, body: "posted" }, missing(sha256("posted"))],
  },
];
