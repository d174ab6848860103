/** What a destination's refusal means where an index was put of which only some platforms were copied. Pure. */
import type { Selection } from "../../copy/select-platforms.ts";
import { CopyError, type Failure, failureOf } from "../../oci/errors.ts";
import { isIndex } from "../../oci/media-types.ts";
import type { ManifestContent } from "../../oci/store.ts";

/** Refusals that have nothing to do with what the index names. */
const OTHER_REASONS: readonly number[] = [401, 403, 408, 413, 429];

const ADVICE =
  'It may not take an index of which some manifests are missing. Ask for index "single" to copy one platform\'s manifest, or "rewrite" for a smaller index with a digest of its own.';

/** The error for a sparse index that was refused, with what can be done instead; any other as it is. */
export function withAdvice(error: unknown, { descriptor }: ManifestContent, { leftOut }: Selection): unknown {
  const failure = failureOf(error);
  const { side, upstream, code, retry } = failure;
  const isRefusal = upstream !== undefined && upstream.status >= 400 && upstream.status < 500 && !OTHER_REASONS.includes(upstream.status);
  return leftOut.size > 0 &&
    isIndex(descriptor.mediaType) &&
    side === "destination" &&
    isRefusal &&
    retry === "never" &&
    code !== "tag-immutable"
    ? new CopyError({ ...failure, message: `${failure.message}. ${ADVICE}` }, error)
    : error;
}

/** Whether a refusal names something that was left out on purpose: to look again would not help. */
export function isHopeless({ leftOut }: Selection): (failure: Failure) => boolean {
  return ({ upstream }) => [...leftOut].some((digest) => upstream?.message?.includes(digest));
}
