/** The referrers API (distribution-spec 1.1, end-12): what to ask, and what the answers mean. Nothing is sent here. */
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { excessOf } from "../oci/json-size.ts";
import { MAX_MANIFEST_BYTES, parseManifest } from "../oci/manifest.ts";
import { essence, OCI_INDEX } from "../oci/media-types.ts";
import { readJsonBody } from "./content-coding.ts";
import { repositoryUrl } from "./endpoint.ts";
import { parseErrorBody } from "./error-body.ts";
import { networkFailure } from "./errors.ts";
import { nextPage } from "./next-page.ts";
import type { Endpoint, RegistryRequest, RegistryResponse, Scope } from "./request.ts";

/** The manifest whose referrers are asked for, at one repository. */
export interface SubjectName {
  endpoint: Endpoint;
  /** Path of the repository, without the host. */
  repository: string;
  subject: Digest;
}

/**
 * What an answer tells.
 *
 * - `listed`: a page of referrers.
 * - `no-api`: the registry has no referrers API, however it says so (Q131).
 * - `unclear`: no referrers by the API here, and nothing about whether it has one: the repository or the subject is unknown to it.
 */
export type ReferrersAnswer = { found: "listed"; referrers: Descriptor[]; next?: URL } | { found: "no-api" } | { found: "unclear" };

/** `GET` of the first page, or of the one that `next` names. No filter is asked for: a copy takes all, and some registries ignore it (Q133). */
export function referrersRequest(name: SubjectName, scopes: readonly Scope[], next?: URL): RegistryRequest {
  const url = next ?? repositoryUrl(name.endpoint, name.repository, `referrers/${name.subject}`);
  return { method: "GET", url, headers: { accept: OCI_INDEX }, scopes, bufferBytes: MAX_MANIFEST_BYTES + 1 };
}

/**
 * Reads an answer of any status. Only 200 with an OCI index is a list; pages of HTML, indexes that are none, 400, 401, 404, 405, 406 all come from
 * registries without the API (Q131). Fails with `registry-unavailable` where the body breaks off, `manifest-invalid` where the index is broken or too long.
 */
export async function processReferrers({ response, url }: RegistryResponse, name: SubjectName): Promise<ReferrersAnswer> {
  let bytes: Uint8Array;
  try {
    const body = await readJsonBody(response, MAX_MANIFEST_BYTES + 1);
    bytes = body.bytes;
  } catch (error) {
    throw networkFailure(error, name.endpoint, `Listing the referrers of ${name.subject} in ${name.repository}`);
  }
  if (response.status === 404) {
    // Of a registry that knows the question (oras-project/oras-go): it is the answer that is missing.
    const { code } = parseErrorBody(new TextDecoder().decode(bytes));
    return { found: code === "NAME_UNKNOWN" || code === "MANIFEST_UNKNOWN" ? "unclear" : "no-api" };
  }
  if (response.status !== 200 || essence(response.headers.get("content-type")) !== OCI_INDEX) {
    return { found: "no-api" };
  }
  // One that is too long to be read to its end is a list all the same, and none that may be taken for empty.
  if (bytes.byteLength <= MAX_MANIFEST_BYTES && !isIndexBody(bytes)) {
    return { found: "no-api" };
  }
  const { manifests } = parseManifest(bytes, OCI_INDEX);
  const next = nextPage(response.headers.get("link"), url);
  return { found: "listed", referrers: manifests, ...(next === undefined ? {} : { next }) };
}

function isIndexBody(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder().decode(bytes);
    // What is too much is refused where it is read.
    if (excessOf(text) !== undefined) {
      return true;
    }
    const body = JSON.parse(text) as { manifests?: unknown } | null;
    return Array.isArray(body?.manifests) || body?.manifests === null;
  } catch {
    return false;
  }
}
