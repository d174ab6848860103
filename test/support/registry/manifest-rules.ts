/** What a manifest must be to be taken: its form, its media type, and that all it names is there. */
import { type Answer, type ErrorCode, failure, failures } from "./answer.ts";
import { isDigest } from "./digest.ts";
import type { Quirks } from "./quirks.ts";
import type { Store } from "./store.ts";

export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
export const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
export const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";

/** A descriptor as manifests hold it. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  urls?: string[];
  /** The content itself, base64. */
  data?: string;
  platform?: { os: string; architecture: string; variant?: string };
  artifactType?: string;
  annotations?: Record<string, string>;
}

/** The parts of a manifest or index that a registry looks at. */
export interface ManifestBody {
  schemaVersion: number;
  mediaType?: string;
  artifactType?: string;
  config?: Descriptor;
  layers?: Descriptor[];
  manifests?: Descriptor[];
  subject?: Descriptor;
  annotations?: Record<string, string>;
}

/** Whether this media type names a list of manifests. */
function isList(mediaType: string): boolean {
  return mediaType === OCI_INDEX || mediaType === DOCKER_LIST;
}

/** Reads a manifest, or gives the answer that refuses it. */
export function readManifest(bytes: Buffer, mediaType: string, quirks: Quirks): ManifestBody | Answer {
  const known =
    quirks.manifestTypes === "docker" ? [DOCKER_MANIFEST, DOCKER_LIST] : [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST];
  if (!known.includes(mediaType)) {
    return invalid(`unsupported manifest media type ${mediaType || "(none)"}`);
  }
  if (bytes.length > quirks.manifestMaxBytes) {
    return invalid("http: request body too large");
  }
  let manifest: ManifestBody;
  try {
    manifest = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes)) as ManifestBody;
  } catch {
    return invalid("not JSON");
  }
  const problem = formProblem(manifest, mediaType);
  if (problem !== undefined) {
    return invalid(problem);
  }
  if (quirks.refusedConfigTypes.includes(manifest.config?.mediaType ?? "")) {
    return invalid(`config type ${manifest.config?.mediaType} is not allowed here`);
  }
  return manifest;
}

/** The refusal of a manifest that names blobs or manifests which this repository does not have (Q122). */
export function missingContent(manifest: ManifestBody, store: Store, repository: string, quirks: Quirks): Answer | undefined {
  const blobs = [manifest.config, ...(manifest.layers ?? [])].filter((blob) => blob !== undefined);
  const missing = [
    ...blobs.filter((blob) => blob.urls === undefined && store.blob(repository, blob.digest) === undefined),
    ...(quirks.sparseIndexes ? [] : (manifest.manifests ?? []).filter((child) => store.manifest(repository, child.digest) === undefined)),
  ];
  const code: ErrorCode = "MANIFEST_BLOB_UNKNOWN";
  return missing.length === 0
    ? undefined
    : failures(
        missing.map(({ digest }) => ({ code, message: "blob unknown to registry", detail: digest })),
        400,
      );
}

/** The refusal of a manifest. */
export function invalid(detail: string): Answer {
  return failure("MANIFEST_INVALID", "manifest invalid", detail);
}

function formProblem(manifest: ManifestBody, mediaType: string): string | undefined {
  if (typeof manifest !== "object" || manifest === null || manifest.schemaVersion !== 2) {
    return "schemaVersion is not 2";
  }
  const isDocker = mediaType === DOCKER_MANIFEST || mediaType === DOCKER_LIST;
  if (manifest.mediaType === undefined ? isDocker : manifest.mediaType !== mediaType) {
    return `mediaType is ${manifest.mediaType}, not ${mediaType}`;
  }
  // CVE-2021-41190: a document that is both would be read in two ways.
  const list = isList(mediaType);
  if (list ? "config" in manifest || "layers" in manifest : "manifests" in manifest) {
    return "both an index and a manifest";
  }
  if (list ? !Array.isArray(manifest.manifests) : !Array.isArray(manifest.layers) || manifest.config === undefined) {
    return "a part is missing";
  }
  const descriptors = [manifest.config, manifest.subject, ...(manifest.layers ?? []), ...(manifest.manifests ?? [])];
  const broken = descriptors.find((one) => one !== undefined && !(isDigest(one.digest) && Number.isSafeInteger(one.size) && one.size >= 0));
  return broken === undefined ? undefined : `bad descriptor ${JSON.stringify(broken)}`;
}
