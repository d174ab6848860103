/** Content whose digest is of another algorithm than the registry's own: whether the registry keeps it under that (Q135). */
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, type Digest, parseDigest } from "../oci/digest.ts";
import { CopyError, failureOf } from "../oci/errors.ts";
import { failureSite } from "./errors.ts";
import type { Endpoint } from "./request.ts";

/** How registries refuse a digest of an algorithm that they don't keep: distribution 400 DIGEST_INVALID. */
const REFUSALS: readonly (string | undefined)[] = ["DIGEST_INVALID", "UNSUPPORTED"];

/**
 * Compares the `Docker-Content-Digest` of an answer with the digest of the content that was put: `confirmed` where they are equal, `another` where
 * they differ, `silent` where there is none. For content with a sha512 digest a sha256 is `silent` too: distribution names that although it keeps the
 * content under the sha512.
 */
export function namedDigest(headers: Headers, digest: Digest): "confirmed" | "silent" | "another" {
  const named = parseDigest(headers.get("docker-content-digest") ?? "");
  if (named === undefined || (isOddDigest(digest) && !isOddDigest(named))) {
    return "silent";
  }
  return named === digest ? "confirmed" : "another";
}

/** Whether a manifest can't simply be put under a tag: the registry would give it a digest of its own choice, which is sha256. */
export function isOddDigest(digest: Digest): boolean {
  return algorithmOf(digest) !== "sha256";
}

/** Returns an error that explains a refusal for the digest's algorithm; any other error as it is. */
export function explainOddDigest(error: unknown, { digest }: Pick<Descriptor, "digest">, endpoint: Endpoint): unknown {
  const failure = failureOf(error);
  const isRefusal = failure.side === "destination" && failure.retry === "never" && REFUSALS.includes(failure.upstream?.code);
  return isOddDigest(digest) && isRefusal ? notKept(digest, endpoint, failure.upstream) : error;
}

/** The error for a registry that would change a digest. */
export function notKept(digest: Digest, endpoint: Endpoint, upstream?: NonNullable<CopyError["failure"]["upstream"]>): CopyError {
  const algorithm = algorithmOf(digest);
  return new CopyError({
    code: "unsupported",
    message: `${endpoint.registry} does not keep ${digest.slice(0, algorithm.length + 13)}… under its ${algorithm} digest: its copy there would have another one, and is not made`,
    retry: "never",
    ...failureSite(endpoint),
    ...(upstream === undefined ? {} : { upstream }),
  });
}
