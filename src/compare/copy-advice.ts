/** How to copy so that the digest stays, as sentences with requests to send. Pure. */
import { InvalidPlatform, parsePlatform } from "../oci/platform.ts";
import { formatReference, type Reference, repositoryName } from "../oci/reference.ts";
import type { IndexSubset } from "./index-subset.ts";
import type { ComparedSide } from "./read-sides.ts";
import type { Pair } from "./sides.ts";
import type { Judgement } from "./verdict.ts";
import { MAX_LISTED } from "./wording.ts";

/** What `POST /copy` takes (contract §2), as far as it is advised. */
interface CopyRequest {
  source: string;
  destination: string;
  platforms?: readonly string[];
  index?: "sparse";
}

/** Says which copy would have kept the digest. Nothing where there is nothing to copy. */
export function adviseCopy(sides: Pair<ComparedSide>, { verdict, indexSide, subset }: Judgement): string[] {
  const source = subset?.whole ?? indexSide ?? "left";
  const destination = source === "left" ? "right" : "left";
  const request = copyRequest(sides[source].reference, sides[destination].reference);
  if (subset !== undefined) {
    return subsetAdvice(subset, request);
  }
  if (request === undefined) {
    return [];
  }
  const isCopy = verdict !== "unrelated" && verdict !== "shared-layers" && verdict !== "same-layers-new-config";
  const why = isCopy
    ? "To keep the digest, copy manifests and blobs as they are, without a pull and push"
    : `If ${destination} is meant to be a copy, make it one that keeps the digest`;
  return [`${why}: ${sent(request)}.`];
}

function subsetAdvice({ kept, gone }: IndexSubset, request: CopyRequest | undefined): string[] {
  const whole = `To keep the digest, copy the whole index${request === undefined ? "" : `: ${sent(request)}`}`;
  if (gone.length === 0 || !canBeAskedFor(kept)) {
    return [`${whole}.`];
  }
  const sparse = request === undefined ? "" : `: ${sent({ ...request, platforms: kept, index: "sparse" })}`;
  return [
    `${whole}; or copy only these platforms under the index as it is, with "index": "sparse"${sparse}.`,
    "Some registries refuse an index of which they don't have every manifest.",
  ];
}

/** Whether the platforms are a list to write out, and each a text that a copy takes. */
function canBeAskedFor(platforms: readonly string[]): boolean {
  try {
    return platforms.length > 0 && platforms.length <= MAX_LISTED && platforms.every(parsePlatform);
  } catch (error) {
    if (error instanceof InvalidPlatform) {
      return false;
    }
    throw error;
  }
}

function sent(request: CopyRequest): string {
  return `POST /copy ${JSON.stringify(request)}`;
}

/** A copy of one reference over the other; nothing where that would be no copy. A digest at the destination would ask for what is there already. */
function copyRequest(from: Reference, to: Reference): CopyRequest | undefined {
  const isSamePlace =
    repositoryName(from) === repositoryName(to) && (to.tag === undefined || (from.digest === undefined && from.tag === to.tag));
  if (isSamePlace) {
    return undefined;
  }
  const destination = to.tag === undefined ? repositoryName(to) : `${repositoryName(to)}:${to.tag}`;
  return { source: formatReference(from), destination };
}
