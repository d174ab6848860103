/** The requests that this page has sent, so that a dry run can be turned into the copy. */
import type { JobDocument } from "../jobs/document.ts";
import type { ShownRequest } from "../request/copy-request.ts";

/** Requests as they were sent, by the id of the job that came of them. */
const sent = new Map<string, ShownRequest>();

/** Keeps the request that a job came of, for {@link recallRequest}. */
export function rememberRequest(id: string, request: ShownRequest): void {
  sent.set(id, request);
}

/** The whole request of a job; undefined where it was sent from elsewhere and has a callback, since the service never shows the query of its URL. */
export function recallRequest({ id, request }: JobDocument): ShownRequest | undefined {
  return sent.get(id) ?? (request.callback === undefined ? request : undefined);
}

/** Returns a new random `Idempotency-Key`: with it a second click, or a second try after a lost answer, starts no second copy. */
export function freshKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
