import { describe, expect, it } from "vitest";
import type { Failure } from "../../../src/oci/errors.ts";
import { mayBeStored, reactionTo, type UploadPast, type UploadRemedy } from "../../../src/registry/upload-failure.ts";
import type { Piece } from "../../../src/registry/upload-progress.ts";

const FIRST: Piece = { method: "PATCH", start: 0, end: 4 };
const LATER: Piece = { method: "PATCH", start: 4, end: 8 };
const WHOLE: Piece = { method: "PUT", start: 0, end: 8 };
const COMMIT: Piece = { method: "PUT", start: 8, end: 8 };
const FRESH: UploadPast = { isMisplaced: false, hasResumed: false };
const RESUMED: UploadPast = { ...FRESH, hasResumed: true };
const MISPLACED: UploadPast = { ...FRESH, isMisplaced: true };

function refused(status: number, failure: Partial<Failure> = {}): Failure {
  return { code: "destination-refused", message: "It was refused", retry: "never", upstream: { status }, ...failure };
}

const SILENT: Failure = { code: "registry-unavailable", message: "It broke off", retry: "later" };

describe("the reaction to a failure", () => {
  it.each<[string, Failure, Piece, UploadPast, UploadRemedy, "plan" | undefined]>([
    ["no answer at all", SILENT, WHOLE, RESUMED, "count-break", undefined],
    ["a token that was renewed", refused(401, { code: "access-denied", retry: "now" }), LATER, FRESH, "resend", undefined],
    ["Q97: a body that is too large", refused(413), FIRST, FRESH, "pass", "plan"],
    ["Q97: a later chunk that is too large", refused(413), LATER, FRESH, "pass", "plan"],
    ["Q93: a length that is missing", refused(400), FIRST, FRESH, "pass", "plan"],
    ["Q92: a range at byte 0, which is about the size", refused(416), FIRST, FRESH, "ask-position", "plan"],
    ["Q101: a range that names another place", refused(416), FIRST, MISPLACED, "ask-position", undefined],
    ["a range in mid-blob, which is about the place", refused(416), LATER, FRESH, "ask-position", undefined],
    ["Q94: a first PATCH that is not allowed", refused(405), FIRST, FRESH, "pass", "plan"],
    ["a later PATCH that is not allowed", refused(501), LATER, FRESH, "pass", undefined],
    ["a PATCH to a session that is gone", refused(404), LATER, FRESH, "ask-position", undefined],
    ["Q95: a PUT whose blob is not found", refused(404), WHOLE, FRESH, "ask-position", "plan"],
    ["any refusal of a PUT with a body", refused(403, { code: "access-denied" }), WHOLE, FRESH, "pass", "plan"],
    ["a commit without a body", refused(400), COMMIT, FRESH, "pass", undefined],
    ["Q89, Q90: a refusal after a resume", refused(400), COMMIT, RESUMED, "start-over", undefined],
    ["a wrong digest after a resume", refused(400, { code: "digest-mismatch" }), WHOLE, RESUMED, "start-over", "plan"],
    ["no access after a resume", refused(403, { code: "access-denied" }), COMMIT, RESUMED, "pass", undefined],
  ])("%s", (_, failure, piece, past, remedy, plan) => {
    const reaction = reactionTo(failure, piece, past);
    expect(reaction.remedy).toBe(remedy);
    expect(reaction.refusedBody === undefined ? undefined : "plan").toBe(plan);
  });

  it("describes the refused body", () => {
    const failure = refused(413, { upstream: { status: 413, code: "SIZE_INVALID" } });
    expect(reactionTo(failure, LATER, FRESH).refusedBody).toEqual({ method: "PATCH", status: 413, code: "SIZE_INVALID", size: 4 });
  });
});

describe("a commit that failed", () => {
  it.each<[string, Failure, boolean]>([
    ["without an answer", SILENT, true],
    ["with an error of the registry", refused(500, { code: "registry-unavailable" }), true],
    ["for its digest", refused(400, { code: "digest-mismatch" }), true],
    ["for its size", refused(413), false],
    ["for the login", refused(401, { code: "access-denied" }), false],
    ["for too many requests", refused(429, { code: "rate-limited" }), false],
    ["for its address", { ...SILENT, code: "address-refused" }, false],
    ["by being cancelled", { ...SILENT, code: "cancelled" }, false],
  ])("%s", (_, failure, expected) => {
    expect(mayBeStored(failure)).toBe(expected);
  });
});
