/** The contract's cases for the base, for blobs, and for ranges of them. */
import type { Case, Step } from "./contract-case.ts";
import { BLOB, BLOB_DIGEST, MISSING_DIGEST, REPOSITORY } from "./contract-content.ts";

const AT = `/v2/${REPOSITORY}/blobs/${BLOB_DIGEST}`;

const HEADERS = {
  "content-type": "application/octet-stream",
  "docker-content-digest": BLOB_DIGEST,
  "accept-ranges": "bytes",
  etag: `"${BLOB_DIGEST}"`,
};

function range(range: string, status: number, contentRange: string | undefined, body?: string): Case {
  const step: Step = {
    method: "GET",
    path: AT,
    headers: { range },
    expected: {
      status,
      headers: { "docker-content-digest": BLOB_DIGEST, "content-range": contentRange },
      ...(body === undefined ? {} : { body }),
    },
  };
  return { name: `Range: ${range} is ${status}`, steps: [step] };
}

export const BLOB_CASES: readonly Case[] = [
  {
    name: "the base answers",
    steps: [
      {
        method: "GET",
        path: "/v2/",
        expected: {
          status: 200,
          body: "{}",
          headers: { "docker-distribution-api-version": "registry/2.0", "content-type": /^application\/json/ },
        },
      },
      { method: "HEAD", path: "/v2/", expected: { status: 200, headers: { "content-length": "2" } } },
      { method: "GET", path: "/v2", expected: { status: 301, headers: { location: "/v2/" } } },
    ],
  },
  {
    name: "paths and methods that are none",
    steps: [
      { method: "GET", path: `/v2/${REPOSITORY}/nothing`, expected: { status: 404, body: "404 page not found\n" } },
      { method: "GET", path: "/v2/Upper/manifests/latest", expected: { status: 404, body: "404 page not found\n" } },
      { method: "PUT", path: `/v2/${REPOSITORY}/tags/list`, expected: { status: 405, headers: { allow: "GET" } } },
      { method: "PUT", path: AT, expected: { status: 405, headers: { allow: "DELETE, GET, HEAD" } } },
    ],
  },
  {
    name: "a blob that is there",
    steps: [
      { method: "HEAD", path: AT, expected: { status: 200, headers: { ...HEADERS, "content-length": "10" }, body: "" } },
      { method: "GET", path: AT, expected: { status: 200, headers: { ...HEADERS, "content-length": "10" }, body: BLOB } },
    ],
  },
  {
    name: "a blob that is not there, or in another repository",
    steps: [
      { method: "HEAD", path: `/v2/${REPOSITORY}/blobs/${MISSING_DIGEST}`, expected: { status: 404, body: "" } },
      { method: "GET", path: `/v2/${REPOSITORY}/blobs/${MISSING_DIGEST}`, expected: { status: 404, code: "BLOB_UNKNOWN" } },
      { method: "GET", path: `/v2/contract/other/blobs/${BLOB_DIGEST}`, expected: { status: 404, code: "BLOB_UNKNOWN" } },
      { method: "DELETE", path: `/v2/${REPOSITORY}/blobs/${MISSING_DIGEST}`, expected: { status: 404, code: "BLOB_UNKNOWN" } },
    ],
  },
  {
    name: "digests that are none",
    steps: [
      { method: "GET", path: `/v2/${REPOSITORY}/blobs/sha256:zz`, expected: { status: 400, code: "DIGEST_INVALID" } },
      { method: "GET", path: `/v2/${REPOSITORY}/blobs/latest`, expected: { status: 404, body: "404 page not found\n" } },
    ],
  },
  range("bytes=2-4", 206, "bytes 2-4/10", "llo"),
  range("bytes=5-", 206, "bytes 5-9/10", "world"),
  range("bytes=-3", 206, "bytes 7-9/10", "rld"),
  range("bytes=0-100", 206, "bytes 0-9/10", "helloworld"),
  range("bytes=-100", 206, "bytes 0-9/10", "helloworld"),
  // Distribution announces a length here that its body has not; the status is what counts.
  range("bytes=10-", 416, "bytes */10"),
  range("bytes=50-60", 416, "bytes */10"),
];
