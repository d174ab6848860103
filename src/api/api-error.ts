/** Why the API refuses a request, as values: thrown where it is found out, and turned into an answer in one place (`problem.ts`). */
import type { Fault } from "../schema/validate.ts";

/** What is wrong with a request. `detail` is one sentence for the caller, without credentials. */
export type ApiFault =
  /** The request can't be read at all: broken JSON, a bad header. */
  | { kind: "malformed"; detail: string }
  | { kind: "unsupported-media-type"; detail: string }
  /** The request can be read, but is not valid; at least one fault. */
  | { kind: "invalid"; faults: readonly Fault[] }
  /** `presented`: the request came with a token, which is not accepted. */
  | { kind: "unauthorized"; detail: string; presented: boolean }
  | { kind: "forbidden"; faults: readonly Fault[] }
  | { kind: "not-found"; detail: string }
  | { kind: "method-not-allowed"; allow: string }
  | { kind: "conflict"; detail: string }
  | { kind: "idempotency-mismatch" }
  | { kind: "too-large"; limitBytes: number }
  /** Not the caller's fault; the same request may succeed later. */
  | { kind: "unavailable"; detail: string; retryAfterSeconds: number };

/** The refusal of a request. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly fault: ApiFault;

  constructor(fault: ApiFault) {
    super(fault.kind);
    this.fault = fault;
  }
}

/** Returns the refusal of a request that has faults; it lists at most {@link MAX_FAULTS} of them. */
export function invalidRequest(faults: readonly Fault[]): ApiError {
  return new ApiError({ kind: "invalid", faults: faults.slice(0, MAX_FAULTS) });
}

/** Throws {@link invalidRequest} where there are faults. */
export function refuseFaults(faults: readonly Fault[]): void {
  if (faults.length > 0) {
    throw invalidRequest(faults);
  }
}

/** Most faults that one answer lists; a body can hold many thousand. */
export const MAX_FAULTS = 50;
