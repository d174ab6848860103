/** What a failed request of an upload means for that upload. Pure: decided here, done by the session. */
import type { Failure } from "../oci/errors.ts";
import type { RefusedBody } from "./upload-plan.ts";
import type { Piece } from "./upload-progress.ts";

/**
 * What an upload does about a failure where no other plan helps.
 *
 * - `pass`: nothing; the failure stays as it is.
 * - `count-break`: counts a request that broke off without an answer; the failure stays as it is.
 * - `resend`: sends the piece once more from its first byte, of which the registry has read none.
 * - `ask-position`: asks the registry where the upload stands.
 * - `start-over`: gives the upload up, and begins again with the whole blob.
 */
export type UploadRemedy = "pass" | "count-break" | "resend" | "ask-position" | "start-over";

/** What an upload does about a failure: looks for another plan where one may help, and else follows the remedy. */
export interface UploadReaction {
  /** The body that was refused, perhaps for the way in which it came. Unset where another plan would change nothing. */
  refusedBody?: RefusedBody;
  /** What to do where there is no other plan. */
  remedy: UploadRemedy;
}

/** What has happened to the upload before the failure. */
export interface UploadPast {
  /** Whether the registry's last 416 named another place to go on (Q101), so that it is not about the size. */
  isMisplaced: boolean;
  /** Whether the upload went on after a failure before. */
  hasResumed: boolean;
}

/** Decides what an upload does about the failure of the request that carried `piece`. */
export function reactionTo(failure: Failure, piece: Piece, { isMisplaced, hasResumed }: UploadPast): UploadReaction {
  if (failure.upstream === undefined) {
    return { remedy: "count-break" };
  }
  const { status, code } = failure.upstream;
  if (status === 401 && failure.retry === "now") {
    // The token was refused before the body was read, and has been renewed.
    return { remedy: "resend" };
  }
  const remedy = remedyFor(failure, status, hasResumed);
  if (isMisplaced || !mayBeThePlan(piece, status)) {
    return { remedy };
  }
  return { refusedBody: { method: piece.method, status, code, size: piece.end - piece.start }, remedy };
}

/** Whether a commit that failed so may have stored the blob all the same: not where the registry refused it without a look at it. */
export function mayBeStored({ code, upstream }: Failure): boolean {
  const refused = code === "access-denied" || code === "address-refused" || code === "rate-limited" || code === "cancelled";
  return !refused && upstream?.status !== 413;
}

function remedyFor({ code }: Failure, status: number, hasResumed: boolean): UploadRemedy {
  if (status === 416 || status === 404) {
    return "ask-position";
  }
  // After a resume: the registry was wrong about where the upload stood, or can't go on from the middle of a chunk (Q89, Q90).
  return hasResumed && (code === "digest-mismatch" || code === "destination-refused") ? "start-over" : "pass";
}

/**
 * Whether a refusal may be about the way in which the bytes came, so that another plan helps.
 *
 * Not a request without bytes; not a 416 in mid-blob, which is about where the upload stands (at byte 0 it is about the size, Q92); not a
 * 404 to a `PATCH`, which is about a session that is gone. A first `PATCH` that is not allowed is about all of them (Q94).
 */
function mayBeThePlan({ method, start, end }: Piece, status: number): boolean {
  if (start === end) {
    return false;
  }
  if (status === 416 || (method === "PATCH" && (status === 405 || status === 501))) {
    return start === 0;
  }
  return method === "PUT" || status === 413 || status === 400;
}
