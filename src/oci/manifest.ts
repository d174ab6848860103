/** Reads manifests: what they point to, and which type they are. The bytes themselves are never changed or written anew. */
import type { Descriptor } from "./descriptor.ts";
import { isTextRecord, parseDescriptor, parseDescriptors } from "./descriptor-json.ts";
import { CopyError } from "./errors.ts";
import { invalidField, invalidManifest, isAbsent, isRecord, type JsonRecord, optionalString, parseManifestJson } from "./manifest-json.ts";
import {
  DOCKER_SCHEMA1,
  DOCKER_SCHEMA1_SIGNED,
  essence,
  isImageManifest,
  isIndex,
  isManifest,
  isNondistributable,
  isSchema1,
  OCI_ARTIFACT_MANIFEST,
  OCI_INDEX,
  OCI_MANIFEST,
} from "./media-types.ts";
import { quoted } from "./quoted-text.ts";

/**
 * Largest manifest that is read, in bytes. Registries must take 4 MiB (distribution-spec, "Pushing Manifests"; Q120), and most take no more; the
 * same again for those that do.
 */
export const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

/** Most descriptors in one manifest. Images have at most some hundred layers, artifacts some thousand; a job keeps a row for each. */
export const MAX_DESCRIPTORS = 10_000;

/** What a copy needs to know of a manifest. */
export interface ParsedManifest {
  /** `image` for everything that is no index: artifacts are images too, of blobs that nobody runs. */
  kind: "index" | "image";
  /** The type that it was given as, not what it calls itself. */
  mediaType: string;
  /** An index's children in their order, of any media type; empty for an image. */
  manifests: Descriptor[];
  /** Config and layers, each digest once, in the order in which the manifest names them; empty for an index. */
  blobs: Descriptor[];
  /** Unset for an index, and for an artifact manifest of the withdrawn type, which has none. */
  config?: Descriptor;
  /** The manifest that this one is attached to (OCI 1.1). */
  subject?: Descriptor;
  /** What an artifact is, in the manifest's own field (OCI 1.1); unset where only the config's media type tells. */
  artifactType?: string;
  /** Unset where they are not all texts: a copy does not depend on them. */
  annotations?: Readonly<Record<string, string>>;
}

/**
 * Parses a manifest of the given media type (as {@link manifestMediaType} gives it); a type that is no manifest's is read by its shape.
 *
 * Fails with `manifest-invalid` where the bytes are no manifest of that type or ambiguous or past the limits above, and with `unsupported`
 * for Docker's schema 1 and for digests of unknown algorithms.
 */
export function parseManifest(bytes: Uint8Array, mediaType: string): ParsedManifest {
  if (isSchema1(mediaType)) {
    throw schema1Refused();
  }
  const body = manifestBody(bytes);
  refuseMismatch(mediaType, body);
  const type = [mediaType, optionalString(body, "mediaType", "") ?? ""].find(isManifest) ?? typeOfShape(body) ?? "";
  if (isSchema1(type) || body.schemaVersion === 1) {
    throw schema1Refused();
  }
  if (body.schemaVersion !== undefined && body.schemaVersion !== 2) {
    throw invalidField("/schemaVersion", "is not 2");
  }
  const subject = isAbsent(body.subject) ? undefined : parseDescriptor(body.subject, "/subject");
  const artifactType = optionalString(body, "artifactType", "");
  // A copy of the manifest does not depend on them, so it is not refused for them.
  const annotations = isTextRecord(body.annotations) ? body.annotations : undefined;
  const shared = { mediaType, ...(subject && { subject }), ...(artifactType && { artifactType }), ...(annotations && { annotations }) };
  if (isIndex(type)) {
    refuseFields(body, ["config", "layers", "fsLayers"], "an index");
    return { kind: "index", ...shared, manifests: children(body), blobs: [] };
  }
  if (isImageManifest(type)) {
    refuseFields(body, ["manifests", "fsLayers"], "an image manifest");
    const config = parseDescriptor(body.config, "/config");
    return { kind: "image", ...shared, config, manifests: [], blobs: distinct([config, ...blobList(body, "layers")]) };
  }
  if (type === OCI_ARTIFACT_MANIFEST) {
    refuseFields(body, ["config", "layers", "manifests", "fsLayers"], "an artifact manifest");
    return { kind: "image", ...shared, manifests: [], blobs: distinct(blobList(body, "blobs")) };
  }
  throw invalidManifest("It has neither the fields of an index nor those of an image manifest");
}

/**
 * Decides a manifest's media type: the `Content-Type` without parameters (Q117) where it is a manifest's, else the body's own `mediaType`, else the
 * type that its fields belong to (Q118: static servers answer `text/plain` or `application/octet-stream`).
 *
 * Fails with `manifest-invalid` where header and body name different manifest types, and where nothing tells that this is a manifest.
 */
export function manifestMediaType(contentType: string | null, bytes: Uint8Array): string {
  const header = essence(contentType);
  if (isSchema1(header)) {
    return header;
  }
  const body = manifestBody(bytes);
  refuseMismatch(header, body);
  if (isManifest(header)) {
    return header;
  }
  const own = optionalString(body, "mediaType", "");
  const type = own || typeOfShape(body);
  if (!type) {
    throw invalidManifest(`It came as ${quoted(header)} and has no field that says what it is`);
  }
  return type;
}

/** Whether a layer is to be fetched from its own URLs and not kept in registries (OCI image spec, layer.md; Q68). */
export function isForeign(descriptor: Descriptor): boolean {
  return isNondistributable(descriptor.mediaType) && (descriptor.urls?.length ?? 0) > 0;
}

function manifestBody(bytes: Uint8Array): JsonRecord {
  if (bytes.byteLength > MAX_MANIFEST_BYTES) {
    throw invalidManifest(`It is larger than ${MAX_MANIFEST_BYTES} bytes`);
  }
  return parseManifestJson(bytes);
}

/** Image spec: where a manifest says its type itself, that must be the type it came as. */
function refuseMismatch(mediaType: string, body: JsonRecord): void {
  const own = optionalString(body, "mediaType", "");
  if (own && isManifest(mediaType) && own !== mediaType) {
    throw invalidManifest(`It came as ${mediaType}, but calls itself ${quoted(own)}`);
  }
}

/** Fields of another kind of manifest would let two readers see two images in one digest (CVE-2021-41190). */
function refuseFields(body: JsonRecord, fields: readonly string[], kind: string): void {
  const extra = fields.find((field) => !isAbsent(body[field]));
  if (extra !== undefined) {
    throw invalidField(`/${extra}`, `does not belong in ${kind}`);
  }
}

/** Which manifest type the fields belong to; `undefined` where they belong to none. */
function typeOfShape(body: JsonRecord): string | undefined {
  if (Array.isArray(body.fsLayers)) {
    return body.signatures === undefined ? DOCKER_SCHEMA1 : DOCKER_SCHEMA1_SIGNED;
  }
  if (Array.isArray(body.manifests)) {
    return OCI_INDEX;
  }
  return isRecord(body.config) && Array.isArray(body.layers) ? OCI_MANIFEST : undefined;
}

function children(body: JsonRecord): Descriptor[] {
  if (body.manifests === undefined) {
    throw invalidField("/manifests", "is missing");
  }
  return blobList(body, "manifests");
}

/** Reads a list of descriptors. A missing list is an empty one: Go writes an empty list as `null`, and artifacts may have no layers. */
function blobList(body: JsonRecord, field: string): Descriptor[] {
  return isAbsent(body[field]) ? [] : parseDescriptors(body[field], `/${field}`, MAX_DESCRIPTORS);
}

/** Returns each digest once, at its first place (Q70). Fails where one digest has two sizes, which can't be true. */
function distinct(blobs: readonly Descriptor[]): Descriptor[] {
  const found = new Map<string, Descriptor>();
  for (const blob of blobs) {
    const known = found.get(blob.digest);
    if (known === undefined) {
      found.set(blob.digest, blob);
    } else if (known.size !== blob.size) {
      throw invalidManifest(`It gives ${blob.digest} two sizes, ${known.size} and ${blob.size}`);
    }
  }
  return [...found.values()];
}

/** Q116: a signed one's digest covers only the part without signatures, so its bytes can't be checked as they came. */
function schema1Refused(): CopyError {
  return new CopyError({
    code: "unsupported",
    message: "The image has only a Docker schema 1 manifest, whose digest does not cover its bytes. Push it again with a current tool.",
    retry: "never",
  });
}
