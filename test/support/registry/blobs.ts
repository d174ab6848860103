/** Blobs: HEAD, GET with Range, DELETE. */
import { createGzip } from "node:zlib";
import { type Answer, type Exchange, failure } from "./answer.ts";
import type { Content } from "./content.ts";
import { isDigest } from "./digest.ts";
import type { Quirks } from "./quirks.ts";
import type { Store } from "./store.ts";

interface BlobContext {
  store: Store;
  quirks: Quirks;
  /** Makes an address at the storage host that serves a blob to GET alone. */
  signLink: (repository: string, digest: string) => string;
}

/** Answers a request for `/v2/<repository>/blobs/<digest>`. */
export function answerBlob(context: BlobContext, exchange: Exchange, repository: string, digest: string): Answer {
  const { store, quirks } = context;
  if (!isDigest(digest)) {
    return failure("DIGEST_INVALID", "provided digest did not match uploaded content", {});
  }
  if (exchange.method === "HEAD" && quirks.blobHead !== "answered") {
    return failure(quirks.blobHead === 403 ? "DENIED" : "UNSUPPORTED", "HEAD is not for you");
  }
  const content = store.blob(repository, digest);
  if (content === undefined) {
    return failure("BLOB_UNKNOWN", "blob unknown to registry", digest);
  }
  if (exchange.method === "DELETE") {
    store.repository(repository)?.blobs.delete(digest);
    return { status: 202, headers: { "content-length": "0" } };
  }
  if (quirks.blobRedirect !== false && (exchange.method === "GET" || quirks.blobRedirect.head)) {
    const link = context.signLink(repository, digest);
    const { status, relative } = quirks.blobRedirect;
    return { status, headers: { location: relative ? climb(repository, link) : link, "content-length": "0" } };
  }
  return serveBlob(content, digest, exchange, quirks);
}

/** The relative form of a link to this host, from `/v2/<repository>/blobs/<digest>`. */
function climb(repository: string, link: string): string {
  const { pathname, search } = new URL(link);
  return "../".repeat(`v2/${repository}/blobs`.split("/").length) + pathname.slice(1) + search;
}

/** Serves a blob's bytes, whole or in part, as this registry's quirks have it. */
export function serveBlob(content: Content, digest: string, exchange: Exchange, quirks: Quirks): Answer {
  const headers = {
    "accept-ranges": "bytes",
    "cache-control": "max-age=31536000",
    "content-type": "application/octet-stream",
    "docker-content-digest": digest,
    etag: `"${digest}"`,
  };
  const isHead = exchange.method === "HEAD";
  if (quirks.blobGzip && !isHead) {
    const zipped: Content = { size: -1, read: () => content.read(0, content.size).pipe(createGzip()) };
    return { status: 200, headers: { ...headers, "content-encoding": "gzip" }, body: zipped };
  }
  const range = exchange.headers.range;
  if (range !== undefined && !isHead && quirks.blobRange === "whole-as-206") {
    return { status: 206, headers, body: content };
  }
  if (range !== undefined && !isHead && quirks.blobRange !== "ignored") {
    return serveRange(content, range, headers, quirks);
  }
  const length = isHead ? quirks.blobHeadLength : quirks.blobLength;
  return {
    status: 200,
    headers: { ...headers, ...(isHead && length ? { "content-length": String(content.size) } : {}) },
    ...(isHead ? {} : { body: length ? content : { size: -1, read: () => content.read(0, content.size) } }),
  };
}

function serveRange(content: Content, range: string, headers: Record<string, string>, quirks: Quirks): Answer {
  if (quirks.blobRange === 400 || quirks.blobRange === 416) {
    return { status: quirks.blobRange, headers: { "content-type": "text/plain; charset=utf-8" }, body: "no ranges here\n" };
  }
  const found = parseRange(range, content.size);
  if (found === undefined) {
    return {
      status: 416,
      headers: { ...headers, "content-type": "text/plain; charset=utf-8", "content-range": `bytes */${content.size}` },
      body: "invalid range: failed to overlap\n",
    };
  }
  const shift = quirks.blobRange === "shifted" ? 1 : 0;
  const start = Math.min(found.start + shift, content.size - 1);
  const end = Math.min(found.end + shift, content.size);
  const total = quirks.blobRange === "no-total" ? "*" : content.size;
  return {
    status: 206,
    headers: { ...headers, ...(quirks.blobRange === "no-content-range" ? {} : { "content-range": `bytes ${start}-${end - 1}/${total}` }) },
    body: { size: end - start, read: () => content.read(start, end) },
  };
}

/**
 * Reads one byte range (RFC 9110 §14.1.2): `bytes=a-b`, `bytes=a-`, `bytes=-n`. The end of what it gives is exclusive.
 * Anything else, more than one range included, is `undefined`: 416.
 */
function parseRange(header: string, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header);
  if (match === null || header === "bytes=-") {
    return undefined;
  }
  const [, first = "", last = ""] = match;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  return start < end ? { start, end } : undefined;
}

/** The bytes of a content, all at once. */
export async function readContent(content: Content): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content.read(0, content.size)) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
