/** How the bytes of an opened upload are sent: in one `PUT`, or in `PATCH`es. */
import type { BlobUpload, UploadOptions } from "../oci/store.ts";
import { ChunkedUpload } from "./upload-chunked.ts";
import { MonolithicUpload } from "./upload-monolithic.ts";
import { chunkLength, pieceLength } from "./upload-plan.ts";
import type { UploadSession } from "./upload-session.ts";

/**
 * Returns the upload that the session's plan and the registry's limits ask for: one `PUT` for a blob that may come in one body, else chunks.
 * With `inPieces` always chunks, as far as the registry takes them.
 */
export function uploadIn(session: UploadSession, { inPieces = false }: UploadOptions): BlobUpload {
  const { plan, limits, blob } = session;
  if (inPieces && plan.way !== "stream-patch" && plan.chunkSize > 0) {
    return new ChunkedUpload(session, pieceLength(plan, limits, blob.size));
  }
  const chunk = chunkLength(plan, limits, blob.size);
  const most = plan.way === "monolithic" ? (limits.max ?? Number.POSITIVE_INFINITY) : chunk;
  return plan.way !== "stream-patch" && blob.size <= most ? new MonolithicUpload(session) : new ChunkedUpload(session, chunk);
}
