/** Turns whatever went wrong into an HTTP answer, in one place: problem documents as in RFC 9457 and contract §6. */
import { ComparisonFailed } from "../compare/sides.ts";
import { ConfigError } from "../config/config-error.ts";
import type { ApiErrorCode, Problem } from "../jobs/document.ts";
import { problemOfFailure, problemType } from "../jobs/failure-problem.ts";
import { CopyError, type Failure } from "../oci/errors.ts";
import { type Fault, pointerTo } from "../schema/validate.ts";
import { ApiError, type ApiFault } from "./api-error.ts";

/** The content of an answer that reports a problem: its document, and the headers that its status asks for. */
export interface ProblemAnswer {
  problem: Problem;
  headers: [string, string][];
}

/** Returns the answer for any thrown value. An unexpected error becomes `internal`, which tells nothing about the inside. */
export function problemOf(thrown: unknown): ProblemAnswer {
  if (thrown instanceof ApiError) {
    return faultAnswer(thrown.fault);
  }
  if (thrown instanceof CopyError) {
    return { problem: problemOfFailure(thrown.failure), headers: retryAfter(thrown.failure) };
  }
  if (thrown instanceof ComparisonFailed) {
    return comparisonAnswer(thrown);
  }
  if (thrown instanceof ConfigError) {
    return answer(500, "internal", "Configuration error", `This service is not configured correctly: ${thrown.message}.`);
  }
  return answer(500, "internal", "Internal error", "Something went wrong inside transship. Nothing about it is known to be your fault.");
}

/**
 * The answer for a failed comparison: the problem of the first side that failed, and in `errors` each failed side by its query parameter. Contract §6
 * has no sides but those of a copy, so the left side is called the source and the right one the destination.
 */
function comparisonAnswer({ failures }: ComparisonFailed): ProblemAnswer {
  const [{ side, failure }] = failures as [(typeof failures)[0]];
  const errors = failures.map((each) => ({ detail: each.failure.message, pointer: pointerTo(each.side) }));
  const problem = problemOfFailure({
    ...failure,
    message: `${side}: ${failure.message}`,
    side: side === "left" ? "source" : "destination",
  });
  return { problem: { ...problem, errors }, headers: retryAfter(failure) };
}

function retryAfter({ waitMs }: Failure): [string, string][] {
  return waitMs === undefined ? [] : [["retry-after", String(Math.ceil(waitMs / 1000))]];
}

/** The answer as a response. */
export function problemResponse({ problem, headers }: ProblemAnswer): Response {
  const response = new Response(`${JSON.stringify(problem)}\n`, {
    status: problem.status,
    headers: { "content-type": "application/problem+json" },
  });
  for (const [name, value] of headers) {
    response.headers.append(name, value);
  }
  return response;
}

function faultAnswer(fault: ApiFault): ProblemAnswer {
  switch (fault.kind) {
    case "malformed":
      return answer(400, "invalid-request", "Malformed request", fault.detail);
    case "unsupported-media-type":
      return answer(415, "invalid-request", "Unsupported media type", fault.detail, {
        headers: [["accept", "application/json, application/x-www-form-urlencoded"]],
      });
    case "invalid":
      return answer(422, "invalid-request", "Invalid request", summary(fault.faults), { errors: fault.faults });
    case "unauthorized":
      return answer(401, "unauthorized", "Unauthorized", fault.detail, {
        headers: [
          // RFC 6750 §3.1: no error code where no token came.
          ["www-authenticate", `Bearer realm="transship"${fault.presented ? ', error="invalid_token"' : ""}`],
          ["www-authenticate", 'Basic realm="transship", charset="UTF-8"'],
        ],
      });
    case "forbidden":
      return answer(403, "forbidden", "Forbidden", summary(fault.faults), { errors: fault.faults });
    case "not-found":
      return answer(404, "not-found", "Not found", fault.detail);
    case "method-not-allowed":
      return answer(405, "invalid-request", "Method not allowed", `This resource knows ${fault.allow}.`, {
        headers: [["allow", fault.allow]],
      });
    case "conflict":
      return answer(409, "conflict", "Conflict", fault.detail);
    case "idempotency-mismatch":
      return answer(
        422,
        "idempotency-mismatch",
        "Idempotency key reused",
        "This Idempotency-Key was used for another request before; use a new key for a new request.",
      );
    case "too-large":
      return answer(413, "too-large", "Request too large", `The request's body has more than ${fault.limitBytes} bytes.`);
    case "unavailable":
      return answer(503, "internal", "Temporarily unavailable", fault.detail, {
        headers: [["retry-after", String(fault.retryAfterSeconds)]],
      });
  }
}

function answer(
  status: number,
  code: ApiErrorCode,
  title: string,
  detail: string,
  extra: { errors?: readonly Fault[]; headers?: [string, string][] } = {},
): ProblemAnswer {
  const { errors, headers = [] } = extra;
  const problem: Problem = { type: problemType(code), title, status, detail, code };
  return { problem: errors === undefined ? problem : { ...problem, errors: [...errors] }, headers };
}

/** The first fault as a sentence, for clients that show nothing but `detail`. */
function summary(faults: readonly Fault[]): string {
  const [first] = faults;
  if (first === undefined) {
    return "The request is not valid.";
  }
  const place = first.pointer === "#" ? "The request" : decodeURIComponent(first.pointer.slice(2));
  const more = faults.length - 1;
  return `${place} ${first.detail}${more === 0 ? "" : `, and ${more} more fault${more === 1 ? "" : "s"}`}.`;
}
