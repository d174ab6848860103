/** Reading blobs of one repository: what to ask, and what the answers mean. Nothing is sent here. */
import { parseContentRange } from "../net/content-range.ts";
import { emptyStream } from "../net/empty-stream.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { CopyError } from "../oci/errors.ts";
import type { BlobBody } from "../oci/store.ts";
import { isGzipCoded, ungzip } from "./content-coding.ts";
import { repositoryUrl } from "./endpoint.ts";
import { failureSite } from "./errors.ts";
import type { Endpoint, RegistryRequest, RegistryResponse, Scope } from "./request.ts";

/** One blob at one repository. */
export interface BlobName {
  endpoint: Endpoint;
  /** Path of the repository, without the host. */
  repository: string;
  blob: Descriptor;
}

/** `HEAD` of a blob (distribution-spec, end-2). */
export function blobHeadRequest(name: BlobName, scopes: readonly Scope[]): RegistryRequest {
  return { method: "HEAD", url: blobUrl(name), scopes };
}

/** `GET` of a blob from `offset` bytes to its end, or to `end`. One range at most: several bring a multipart answer (Q63). */
export function blobRequest(name: BlobName, offset: number, scopes: readonly Scope[], end = name.blob.size): RegistryRequest {
  return { method: "GET", url: blobUrl(name), headers: rangeHeaders(name.blob, offset, end), scopes };
}

/** Headers that ask for a part of a blob; none for the whole. */
export function rangeHeaders({ size }: Descriptor, offset: number, end = size): Readonly<Record<string, string>> {
  return offset > 0 || end < size ? { range: `bytes=${offset}-${end < size ? end - 1 : ""}` } : {};
}

/**
 * Whether a `HEAD` says that the blob is there. Only a 200 does. 403, 405 and errors of a store behind the registry mean that
 * it can't tell (Q59), and a blob of another announced length is not the one that is meant; a missing length tells nothing (Q60).
 */
export function processBlobHead({ response }: RegistryResponse, { blob }: BlobName): boolean {
  const length = Number(response.headers.get("content-length") ?? 0);
  return response.status === 200 && (!(length > 0) || length === blob.size);
}

/**
 * Opens the body of an answer to {@link blobRequest}, or returns `undefined` where the answer is of no use for that offset and the
 * whole blob has to be asked for: 400 and 416 (Q63), a range that was not asked for (Q62). The answer's status must be one of
 * 200, 206, 400 and 416.
 *
 * 200 is the whole blob, whatever was asked (Q61). Fails with `size-mismatch` where the announced length is not the descriptor's (Q65). A
 * gzip coding that the server put on for the transfer is undone (Q67).
 */
export function processBlob({ response }: RegistryResponse, offset: number, name: BlobName, wanted = name.blob.size): BlobBody | undefined {
  const coded = isCodedOnTheWay(response, response.status === 200 ? name.blob.size : wanted - offset);
  const start = response.status === 206 && !coded ? startOf(response, offset, wanted) : response.status === 200 ? 0 : undefined;
  if (start === undefined) {
    discard(response);
    return undefined;
  }
  return bodyFrom(response, name, { start, wanted, coded });
}

/** Opens the body of an answer with 200 to a request for the whole blob. Fails as {@link processBlob} does. */
export function processWholeBlob({ response }: RegistryResponse, name: BlobName): BlobBody {
  const { size } = name.blob;
  return bodyFrom(response, name, { start: 0, wanted: size, coded: isCodedOnTheWay(response, size) });
}

/** Cancels a body that nobody will read, so that its connection is free. */
export function discard(response: Response): void {
  response.body?.cancel().catch(() => {});
}

/** What an answer holds of a blob: from which byte, up to which one it was asked for, and whether it has to be unzipped. */
interface Part {
  start: number;
  wanted: number;
  coded: boolean;
}

function bodyFrom(response: Response, name: BlobName, { start, wanted, coded }: Part): BlobBody {
  const { blob } = name;
  const total = coded ? undefined : announcedSize(response, start);
  if (total !== undefined && total !== blob.size) {
    discard(response);
    throw new CopyError({
      code: "size-mismatch",
      message: `${name.endpoint.registry} announces ${total} bytes for ${blob.digest} of ${name.repository}, where its manifest gives ${blob.size}`,
      retry: "never",
      ...failureSite(name.endpoint),
    });
  }
  const body = (response.body as ReadableStream<Uint8Array> | null) ?? emptyStream();
  const end = response.status === 206 ? endOf(response, wanted) : blob.size;
  return { stream: coded ? ungzip(body) : body, offset: start, ...(end < blob.size && { end }) };
}

/** Whether a gzip coding is one of the transfer and not of the blob itself: the announced length is not that of the `length` bytes that it holds (Q67). */
function isCodedOnTheWay(response: Response, length: number): boolean {
  return isGzipCoded(response) && response.headers.get("content-length") !== String(length);
}

/** Where a partial answer begins; `undefined` where it does not help. A part that begins earlier does: what is too much can be skipped. */
function startOf(response: Response, offset: number, wanted: number): number | undefined {
  const range = parseContentRange(response.headers.get("content-range"));
  if (range !== undefined) {
    return range.first <= offset && range.last >= offset ? range.first : undefined;
  }
  return Number(response.headers.get("content-length")) === wanted - offset ? offset : undefined;
}

/** Where a partial answer ends: as it says, else as it was asked for. */
function endOf(response: Response, wanted: number): number {
  const range = parseContentRange(response.headers.get("content-range"));
  return range === undefined ? wanted : range.last + 1;
}

/** The whole blob's size, as far as the answer tells. */
function announcedSize(response: Response, start: number): number | undefined {
  if (response.status === 206) {
    return parseContentRange(response.headers.get("content-range"))?.total;
  }
  const length = response.headers.get("content-length");
  return length === null || !/^\d{1,16}$/.test(length) ? undefined : start + Number(length);
}

function blobUrl({ endpoint, repository, blob }: BlobName): URL {
  return repositoryUrl(endpoint, repository, `blobs/${blob.digest}`);
}
