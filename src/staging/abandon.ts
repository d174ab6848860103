/** Gives up a multipart upload and forgets its record. */
import type { Digest } from "../oci/digest.ts";
import { NO_SUCH_UPLOAD, r2Code } from "./failures.ts";
import { blobKey, uploadKey } from "./keys.ts";

/** Aborts the upload and removes its record; returns whether the upload is gone. Where R2 could not be made to abort it, the record stays, so that a later sweep tries again. */
export async function abandonUpload(bucket: R2Bucket, digest: Digest, uploadId: string): Promise<boolean> {
  try {
    await bucket.resumeMultipartUpload(blobKey(digest), uploadId).abort();
  } catch (error) {
    if (r2Code(error) !== NO_SUCH_UPLOAD) {
      return false;
    }
  }
  await bucket.delete(uploadKey(digest, uploadId));
  return true;
}
