/** Copies that this page has asked for, and what makes a request of its own out of a job. */
import type { JobDocument } from "../jobs/document.ts";
import type { CopyRequest } from "../request/copy-request.ts";

/** Requests as they were sent, by the id of the job that came of them. A job's own document hides the query of its callback. */
const sent = new Map<string, CopyRequest>();

export function rememberRequest(id: string, request: CopyRequest): void {
  sent.set(id, request);
}

/** The whole request of a job, or undefined where a part of it is not shown to anybody. */
export function recallRequest({ id, request }: JobDocument): CopyRequest | undefined {
  return sent.get(id) ?? (request.callback === undefined ? request : undefined);
}

/** An `Idempotency-Key` that nobody has used: a second click, or a lost answer, then starts no second copy. */
export function freshKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
