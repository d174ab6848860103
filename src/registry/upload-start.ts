/** Opening an upload, by itself or as the answer to a mount: what to ask, and what the answers mean. Nothing is sent here. */
import { parseDigest } from "../oci/digest.ts";
import { CopyError } from "../oci/errors.ts";
import { type BlobName, discard } from "./blob-read.ts";
import { repositoryUrl } from "./endpoint.ts";
import { failureSite } from "./errors.ts";
import { resolveLocation } from "./location.ts";
import type { RegistryRequest, RegistryResponse, Scope } from "./request.ts";
import type { ChunkLimits } from "./upload-plan.ts";

/** An upload that a registry has opened. */
export interface OpenedUpload {
  /** Where its next request goes, to be used with its query as it is (Q73). */
  location: URL;
  /** What the registry says about the size of chunks. */
  limits: ChunkLimits;
}

/**
 * Most chunks that a registry may want one blob in by announcing a largest one. serverless-registry, which is the only one known to, has 100 MB (Q92):
 * 100 GB in so many. Who announces a byte would have a request sent for each; that limit is not kept.
 */
const MAX_CHUNKS = 1_000;

/** `POST` that opens an upload (distribution-spec, end-4a). Without a digest: registries that don't know the single-request form take it for this one (Q79). */
export function uploadStartRequest({ endpoint, repository }: BlobName, scopes: readonly Scope[]): RegistryRequest {
  return { method: "POST", url: repositoryUrl(endpoint, repository, "blobs/uploads/"), scopes };
}

/** `POST` that asks for a mount (distribution-spec, end-11). The token needs `pull` on the other repository too, second (Q27, Q29). */
export function mountRequest({ endpoint, repository, blob }: BlobName, from: string, scopes: readonly Scope[]): RegistryRequest {
  const url = repositoryUrl(endpoint, repository, `blobs/uploads/?mount=${blob.digest}&from=${from}`);
  return { method: "POST", url, scopes: [...scopes, { repository: from, actions: ["pull"] }] };
}

/** Statuses of an upload that was opened. The specification knows 202 only. */
export const UPLOAD_START_STATUSES: readonly number[] = [200, 201, 202, 204];

/**
 * Returns the upload that the answer opened. Fails with `destination-refused` where it names no place to send the blob to: that is not the
 * answer of a registry.
 */
export function processUploadStart({ response, url }: RegistryResponse, { endpoint, repository, blob }: BlobName): OpenedUpload {
  discard(response);
  const location = resolveLocation(response.headers.get("location"), url);
  if (location === undefined) {
    throw new CopyError({
      code: "destination-refused",
      message: `${endpoint.registry} answered ${response.status} to a new upload to ${repository} without a place to send it to`,
      retry: "never",
      ...failureSite(endpoint),
      upstream: { status: response.status },
    });
  }
  const min = bytesIn(response, "oci-chunk-min-length");
  const max = bytesIn(response, "oci-chunk-max-length");
  const least = Math.ceil(blob.size / MAX_CHUNKS);
  return { location, limits: { ...(min !== undefined && { min }), ...(max !== undefined && { max: Math.max(max, least) }) } };
}

/**
 * Returns what came of a mount: `"mounted"` (201); or the upload to send the blob in (202, Q108); or `undefined` after any other status, where
 * an upload has to be opened, since a refused mount is no failure (Q111).
 */
export function processMount(result: RegistryResponse, name: BlobName): "mounted" | OpenedUpload | undefined {
  const { response } = result;
  const digest = parseDigest(response.headers.get("docker-content-digest") ?? "");
  if (response.status === 201 && (digest === undefined || digest === name.blob.digest)) {
    discard(response);
    return "mounted";
  }
  if (response.status === 202 && response.headers.has("location")) {
    return processUploadStart(result, name);
  }
  discard(response);
  return undefined;
}

function bytesIn(response: Response, header: string): number | undefined {
  const value = response.headers.get(header) ?? "";
  return /^\d{1,15}$/.test(value) && Number(value) > 0 ? Number(value) : undefined;
}
