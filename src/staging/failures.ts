/** What R2 refuses, as failures of the copy: classified here once. */
import { CopyError, type Failure } from "../oci/errors.ts";

/** R2's error codes (R2 docs, "Error codes"); in a Worker they stand in brackets at the end of the message. */
const NO_SUCH_KEY = 10007;
/** The multipart upload was completed, aborted, or never there. */
export const NO_SUCH_UPLOAD = 10024;
const INVALID_PART = 10025;
const BAD_DIGEST = 10037;
const INVALID_RANGE = 10039;
const BAD_UPLOAD = 10048;
const TOO_MANY_REQUESTS = 10058;

/** Runs an operation on the bucket; its failure becomes a `CopyError` of side `staging`. `doing` completes "R2 failed to …". */
export async function inStage<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CopyError ? error : new CopyError(classify(doing, error), error);
  }
}

/** The failure of a blob that is not (or no longer) staged. */
export function notStaged(message: string): CopyError {
  return new CopyError({ code: "not-found", message, retry: "later", side: "staging" });
}

/** The failure of an upload that is gone with all its bytes: the blob has to be begun again. */
export function uploadLost(message: string): CopyError {
  return new CopyError({ code: "not-found", message, retry: "now", side: "staging" });
}

/** R2's code of a thrown error; 0 where it has none. */
export function r2Code(error: unknown): number {
  const text = error instanceof Error ? error.message : String(error);
  return Number(/\((\d{5,6})\)\s*$/.exec(text)?.[1] ?? 0);
}

function classify(doing: string, error: unknown): Failure {
  const said = error instanceof Error ? error.message : String(error);
  const message = `R2 failed to ${doing}: ${said}`;
  switch (r2Code(error)) {
    case NO_SUCH_UPLOAD:
    case INVALID_PART:
    case BAD_UPLOAD:
      return {
        code: "not-found",
        message: `The upload to R2 is lost, the blob has to be begun again: ${said}`,
        retry: "now",
        side: "staging",
      };
    case NO_SUCH_KEY:
    case INVALID_RANGE: // The object is shorter than the blob: another one.
      return { code: "not-found", message, retry: "later", side: "staging" };
    case BAD_DIGEST:
      // Our own hash was right before: the bytes were damaged between here and there.
      return { code: "digest-mismatch", message: "R2 received other bytes than were sent to it", retry: "later", side: "staging" };
    case TOO_MANY_REQUESTS:
      return { code: "rate-limited", message, retry: "later", side: "staging" };
    default:
      return { code: "internal", message, retry: "later", side: "staging" };
  }
}
