/** Manifests of one repository: what to ask, and what the answers mean. Requests are made here, answers are read here; nothing is sent. */
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, type Digest, digestOf, parseDigest } from "../oci/digest.ts";
import { CopyError } from "../oci/errors.ts";
import { MAX_MANIFEST_BYTES, manifestMediaType } from "../oci/manifest.ts";
import { essence, isManifest, MANIFEST_ACCEPT } from "../oci/media-types.ts";
import type { ManifestContent } from "../oci/store.ts";
import { readJsonBody } from "./content-coding.ts";
import { repositoryUrl } from "./endpoint.ts";
import { failureSite, networkFailure } from "./errors.ts";
import { isOddDigest, namedDigest } from "./kept-digest.ts";
import type { Endpoint, RegistryRequest, RegistryResponse, Scope } from "./request.ts";

/** One manifest at one repository, by tag or digest. */
export interface ManifestName {
  endpoint: Endpoint;
  /** Path of the repository, without the host. */
  repository: string;
  /** Tag or digest. */
  reference: string;
}

/** `HEAD` or `GET` of a manifest (distribution-spec, end-3). Every type is accepted, by digest too (Q113). */
export function manifestRequest(method: "HEAD" | "GET", name: ManifestName, scopes: readonly Scope[]): RegistryRequest {
  // One byte more than the limit shows that there is too much.
  const whole = method === "GET" ? { bufferBytes: MAX_MANIFEST_BYTES + 1 } : {};
  return { method, url: manifestUrl(name), headers: { accept: MANIFEST_ACCEPT }, scopes, ...whole };
}

/**
 * Returns the descriptor that a `HEAD` answered with 200 gives, or `undefined` where its headers don't tell enough and the content has to be
 * fetched: no usable `Docker-Content-Digest` (Q115), no manifest's `Content-Type` (Q118).
 *
 * `size` is 0 where there is no `Content-Length`; it is not to be relied on (Q121). Fails with `digest-mismatch` where a digest
 * was asked for and another is named.
 */
export function processManifestHead({ response }: RegistryResponse, name: ManifestName): Descriptor | undefined {
  const digest = parseDigest(response.headers.get("docker-content-digest") ?? "");
  const mediaType = essence(response.headers.get("content-type"));
  if (digest === undefined || !isManifest(mediaType)) {
    return undefined;
  }
  const asked = parseDigest(name.reference);
  if (asked !== undefined && asked !== digest && algorithmOf(asked) === algorithmOf(digest)) {
    throw mismatch(name, asked, digest);
  }
  const size = Number(response.headers.get("content-length") ?? 0);
  return { mediaType, digest: asked ?? digest, size: Number.isSafeInteger(size) && size > 0 ? size : 0 };
}

/**
 * Reads the manifest of a `GET` answered with 200: its bytes as they came, and its digest computed from them (Q114, Q115).
 *
 * The digest's algorithm is that of the digest asked for, else of the one that the registry names where that one is right, else
 * sha256. Fails with `digest-mismatch` where a digest was asked for and the bytes have another, and with `manifest-invalid`
 * where they are too many (Q120) or no manifest.
 */
export async function processManifest({ response }: RegistryResponse, name: ManifestName): Promise<ManifestContent> {
  const bytes = await readManifest(response, name);
  const asked = parseDigest(name.reference);
  const digest = asked === undefined ? digestByTag(response, bytes) : digestOf(bytes, algorithmOf(asked));
  if (asked !== undefined && digest !== asked) {
    throw mismatch(name, asked, digest);
  }
  const mediaType = placed(name, () => manifestMediaType(response.headers.get("content-type"), bytes));
  return { descriptor: { mediaType, digest, size: bytes.byteLength }, bytes };
}

/**
 * `PUT` of a manifest (distribution-spec, end-7), with the type it was pulled with and no parameters (Q119).
 *
 * One whose digest is not sha256 is always put by its digest, with its tag as a parameter (distribution-spec's next version, "Pushing Manifests with
 * Tags"; Q135): by the tag alone most registries would give it the sha256 digest of the same bytes.
 */
export function manifestPutRequest(content: ManifestContent, name: ManifestName, scopes: readonly Scope[]): RegistryRequest {
  const { mediaType, digest } = content.descriptor;
  const url = manifestUrl(putsTagAside(content, name) ? { ...name, reference: digest } : name);
  if (putsTagAside(content, name)) {
    url.searchParams.set("tag", name.reference);
  }
  return { method: "PUT", url, headers: { "content-type": mediaType }, body: content.bytes, scopes };
}

/** Whether a manifest is put by its digest although it is to have a tag. */
export function putsTagAside({ descriptor }: ManifestContent, { reference }: ManifestName): boolean {
  return isOddDigest(descriptor.digest) && parseDigest(reference) === undefined;
}

/** Statuses of a `PUT` that was accepted, as far as the status can tell (Q127). */
export const MANIFEST_PUT_STATUSES: readonly number[] = [200, 201, 202, 204];

/**
 * Whether the answer to a `PUT` confirms the manifest: status 201 and its digest. `false` means that it has to be looked for, since
 * old registries name no digest and a page of HTML may come as 200 (Q127). Fails with `digest-mismatch` where another digest is named.
 */
export function processManifestPut({ response }: RegistryResponse, content: ManifestContent, name: ManifestName): boolean {
  const { digest } = content.descriptor;
  const named = namedDigest(response.headers, digest);
  if (named === "another") {
    throw mismatch(name, digest, parseDigest(response.headers.get("docker-content-digest") ?? "") as Digest);
  }
  const hasTag = !putsTagAside(content, name) || (response.headers.get("oci-tag") ?? "").split(/\s*,\s*/).includes(name.reference);
  return response.status === 201 && named === "confirmed" && hasTag;
}

/** The error for a repository that has, or says it has, another manifest than the one that belongs there. */
export function mismatch({ endpoint, repository, reference }: ManifestName, wanted: Digest, got: Digest): CopyError {
  return new CopyError({
    code: "digest-mismatch",
    message: `The manifest ${reference} of ${repository} at ${endpoint.registry} has the digest ${got} where ${wanted} belongs`,
    retry: "never",
    ...failureSite(endpoint),
  });
}

function manifestUrl({ endpoint, repository, reference }: ManifestName): URL {
  return repositoryUrl(endpoint, repository, `manifests/${reference}`);
}

async function readManifest(response: Response, name: ManifestName): Promise<Uint8Array<ArrayBuffer>> {
  const what = `Reading the manifest ${name.reference} of ${name.repository}`;
  try {
    const { bytes, truncated } = await readJsonBody(response, MAX_MANIFEST_BYTES);
    if (!truncated) {
      return bytes;
    }
  } catch (error) {
    throw networkFailure(error, name.endpoint, what);
  }
  throw new CopyError({
    code: "manifest-invalid",
    message: `${what}: it is larger than ${MAX_MANIFEST_BYTES} bytes`,
    retry: "never",
    ...failureSite(name.endpoint),
  });
}

function digestByTag(response: Response, bytes: Uint8Array): Digest {
  const named = parseDigest(response.headers.get("docker-content-digest") ?? "");
  return named !== undefined && digestOf(bytes, algorithmOf(named)) === named ? named : digestOf(bytes);
}

/** Runs a check that knows no registry, and adds the registry to its failure. */
function placed<T>({ endpoint, repository, reference }: ManifestName, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof CopyError) {
      const message = `The manifest ${reference} of ${repository} can't be used: ${error.failure.message}`;
      throw new CopyError({ ...error.failure, message, ...failureSite(endpoint) }, error);
    }
    throw error;
  }
}
