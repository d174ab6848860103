/** Opening a blob in the middle at a server that may not know how: the part is asked for first, then the whole. */
import type { BlobBody } from "../oci/store.ts";
import { type BlobName, processBlob, processWholeBlob } from "./blob-read.ts";
import type { RegistryResponse } from "./request.ts";

/** Statuses of the answer to a request for a part that tell what to do next: the part, the whole, or no such part here (Q61, Q63). */
export const PART_STATUSES: readonly number[] = [200, 206, 400, 416];

/** The two requests that may open a blob. Each resolves with an answer of a status that it may have, and fails with any other. */
export interface BlobRequests {
  /** Asks for the part: {@link PART_STATUSES}. */
  part: () => Promise<RegistryResponse>;
  /** Asks for the whole blob: 200. */
  whole: () => Promise<RegistryResponse>;
}

/**
 * Opens a blob from `offset` to `end`, or whole from its beginning where the server does not give the part: `BlobBody.offset` says which.
 * Fails as the requests do, and with `size-mismatch` as `processBlob` does. @default end the blob's end
 */
export async function openPartOrWhole(name: BlobName, offset: number, end: number | undefined, ask: BlobRequests): Promise<BlobBody> {
  return processBlob(await ask.part(), offset, name, end) ?? processWholeBlob(await ask.whole(), name);
}
