import { describe, expect, it } from "vitest";
import type { Selection } from "../../../../src/copy/select-platforms.ts";
import { isHopeless, withAdvice } from "../../../../src/jobs/images/sparse-refusal.ts";
import { type Digest, digestOf } from "../../../../src/oci/digest.ts";
import { CopyError, type Failure } from "../../../../src/oci/errors.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";
const LEFT_OUT: Digest = `sha256:${"a".repeat(64)}`;

const manifest = (mediaType: string) => {
  const bytes = new Uint8Array(1);
  return { descriptor: { mediaType, digest: digestOf(bytes), size: 1 }, bytes };
};
const selection = (...leftOut: Digest[]): Selection => ({ root: manifest(INDEX).descriptor, leftOut: new Set(leftOut), made: [] });

function refusal(status: number, extra: Partial<Failure> = {}): CopyError {
  return new CopyError({
    code: "destination-refused",
    message: "it said no",
    retry: "never",
    side: "destination",
    upstream: { status },
    ...extra,
  });
}

const isAdvised = (error: unknown, given: unknown) =>
  given !== error && /index "single".*"rewrite"/.test((given as CopyError).failure.message);

describe("a refused index of which something was left out", () => {
  it.each([
    refusal(400, { upstream: { status: 400, code: "MANIFEST_BLOB_UNKNOWN" } }),
    refusal(400, { upstream: { status: 400, code: "MANIFEST_INVALID" } }),
    refusal(404, { code: "not-found" }),
    refusal(422),
  ])("is explained: %s", (error) => {
    const given = withAdvice(error, manifest(INDEX), selection(LEFT_OUT)) as CopyError;
    expect(isAdvised(error, given)).toBe(true);
    expect(given.failure).toMatchObject({ ...error.failure, message: expect.stringMatching(/^it said no\. /) });
  });

  it.each<[string, CopyError]>([
    ["no access", refusal(403, { code: "access-denied" })],
    ["too many requests", refusal(429, { code: "rate-limited", retry: "later" })],
    ["a server that fails", refusal(503, { code: "registry-unavailable", retry: "later" })],
    ["a tag that stays", refusal(409, { code: "tag-immutable" })],
    ["the source", refusal(404, { side: "source" })],
  ])("is left as it is where the reason is %s", (_, error) => {
    expect(withAdvice(error, manifest(INDEX), selection(LEFT_OUT))).toBe(error);
  });

  it("is no matter of an image's own manifest, nor of a whole index", () => {
    const error = refusal(400);
    expect(withAdvice(error, manifest("application/vnd.oci.image.manifest.v1+json"), selection(LEFT_OUT))).toBe(error);
    expect(withAdvice(error, manifest(INDEX), selection())).toBe(error);
  });
});

describe("another look", () => {
  const named = (message: string): Failure => refusal(400, { upstream: { status: 400, code: "MANIFEST_BLOB_UNKNOWN", message } }).failure;

  it("is hopeless where the refusal names what was left out, and only there", () => {
    expect(isHopeless(selection(LEFT_OUT))(named(`blob unknown to registry: ${LEFT_OUT}`))).toBe(true);
    expect(isHopeless(selection(LEFT_OUT))(named("blob unknown to registry: sha256:b"))).toBe(false);
    expect(isHopeless(selection())(named(`blob unknown to registry: ${LEFT_OUT}`))).toBe(false);
  });
});
