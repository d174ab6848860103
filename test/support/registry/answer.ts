/** What a handler gets and gives, before faults are applied and bytes are sent. */
import type { IncomingHttpHeaders } from "node:http";
import { gzipSync } from "node:zlib";
import type { Content } from "./content.ts";

export interface Exchange {
  method: string;
  /** As sent, percent-encoding undone. */
  path: string;
  query: URLSearchParams;
  /** The query as sent, with the `?`, or empty. */
  rawQuery: string;
  headers: IncomingHttpHeaders;
  /** The request's body; each chunk is counted as it is read. Throws when the client goes away. */
  body: AsyncIterable<Buffer>;
  /** Scheme, host and port that the client used, for absolute addresses. */
  origin: string;
}

type Headers = Record<string, string | undefined>;

export interface Answer {
  status: number;
  /** `undefined` leaves a header out. Content-Length is set from the body where it is not given. */
  headers?: Headers;
  body?: Uint8Array | string | Content;
  /** Ends the connection without an answer; for registries that do (Q80). */
  drop?: boolean;
}

/** HTTP status of each error code (distribution `registry/api/errcode` and `v2/errors.go`). */
const ERROR_STATUS = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 404,
  BLOB_UPLOAD_UNKNOWN: 404,
  CONTENT_LENGTH_INVALID: 400,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  PAGINATION_NUMBER_INVALID: 400,
  RANGE_INVALID: 416,
  REGISTRY_DISALLOWED_OPERATION: 405,
  SIZE_INVALID: 400,
  TAG_IMMUTABLE: 409,
  TAG_INVALID: 400,
  TOOMANYREQUESTS: 429,
  UNAUTHORIZED: 401,
  UNKNOWN: 500,
  UNSUPPORTED: 405,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** How a registry words its errors (Q138). */
export type ErrorStyle = "oci" | "hub" | "html" | "empty";

/** An error answer with an OCI body. */
export function failure(code: ErrorCode, message: string, detail?: unknown, status: number = ERROR_STATUS[code]): Answer {
  return failures([{ code, message, detail }], status);
}

/** An error answer that names several errors. */
export function failures(errors: readonly { code: ErrorCode; message: string; detail?: unknown }[], status: number): Answer {
  return { status, headers: { "content-type": "application/json; charset=utf-8" }, body: JSON.stringify({ errors }) };
}

/** Puts a gzip coding on an answer that is text, as all JSON but manifests is here. */
export function gzipped(answer: Answer): Answer {
  const { body, headers } = answer;
  return typeof body === "string" ? { ...answer, headers: { ...headers, "content-encoding": "gzip" }, body: gzipSync(body) } : answer;
}

/** Words an error answer in another style; other answers stay as they are. */
export function inStyle(answer: Answer, style: ErrorStyle): Answer {
  if (answer.status < 400) {
    return answer;
  }
  const { "content-type": _, ...headers } = answer.headers ?? {};
  switch (style) {
    case "oci":
      return answer;
    case "hub":
      return {
        ...answer,
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify({ details: "something went wrong" }),
      };
    case "html":
      return { ...answer, headers: { ...headers, "content-type": "text/html" }, body: htmlPage(answer.status) };
    case "empty":
      return { status: answer.status, headers };
  }
}

/** A page as proxies give it. */
export function htmlPage(status: number): string {
  return `<html>\r\n<head><title>${status}</title></head>\r\n<body><center><h1>${status}</h1></center><hr><center>proxy</center></body>\r\n</html>\r\n`;
}

/** The answer of a router that knows no such path (Go's `http.NotFound`). */
export function pageNotFound(): Answer {
  return { status: 404, headers: { "content-type": "text/plain; charset=utf-8" }, body: "404 page not found\n" };
}

/** The answer to a method that a path does not take. */
export function methodNotAllowed(allow: string): Answer {
  return { status: 405, headers: { allow, "content-type": "text/plain; charset=utf-8" }, body: "Method not allowed\n" };
}
