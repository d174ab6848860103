/** Media types of manifests and layers (OCI image spec, media-types.md; Docker image manifest v2, schema 1 and 2), and what a copier asks of them. */

/** OCI: a list of manifests, usually one for each platform. */
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
/** OCI: config and layers of one image or artifact. */
export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
/** OCI: an image's config. */
export const OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
/** Docker's {@link OCI_CONFIG}. */
export const DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
/** A manifest of OCI 1.1's release candidates; withdrawn, but still stored in registries. */
export const OCI_ARTIFACT_MANIFEST = "application/vnd.oci.artifact.manifest.v1+json";
/** Docker's {@link OCI_INDEX}. */
export const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
/** Docker's {@link OCI_MANIFEST}: image manifest v2, schema 2. */
export const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
/** Docker's manifests before schema 2, which are recognised and not copied (Q116). */
export const DOCKER_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+json";
/** {@link DOCKER_SCHEMA1} with its signatures inside. */
export const DOCKER_SCHEMA1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws";

/**
 * `Accept` of every manifest request, HEAD and by digest too (Q113): a registry that finds a type missing answers with another
 * document (the default platform's manifest, a schema 1 conversion) or says that there is none.
 */
export const MANIFEST_ACCEPT = [
  OCI_INDEX,
  OCI_MANIFEST,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  OCI_ARTIFACT_MANIFEST,
  DOCKER_SCHEMA1_SIGNED,
  DOCKER_SCHEMA1,
].join(", ");

/** Layers that their licence keeps out of registries (OCI image spec, layer.md, "Non-Distributable Layers"; Windows base images). */
const NONDISTRIBUTABLE: ReadonlySet<string> = new Set([
  "application/vnd.docker.image.rootfs.foreign.diff.tar",
  "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
]);

/** Whether the type is that of a list of manifests, OCI's or Docker's. */
export function isIndex(mediaType: string): boolean {
  return mediaType === OCI_INDEX || mediaType === DOCKER_LIST;
}

/** Whether the type is that of a manifest with config and layers, OCI's or Docker's schema 2. */
export function isImageManifest(mediaType: string): boolean {
  return mediaType === OCI_MANIFEST || mediaType === DOCKER_MANIFEST;
}

/** Whether the type is one of Docker's schema 1, signed or not. */
export function isSchema1(mediaType: string): boolean {
  return mediaType === DOCKER_SCHEMA1_SIGNED || mediaType === DOCKER_SCHEMA1;
}

/** Whether content of the type is asked for at `/manifests/`, not at `/blobs/`. */
export function isManifest(mediaType: string): boolean {
  return isIndex(mediaType) || isImageManifest(mediaType) || isSchema1(mediaType) || mediaType === OCI_ARTIFACT_MANIFEST;
}

/** Whether layers of the type may not be distributed by everyone. */
export function isNondistributable(mediaType: string): boolean {
  return NONDISTRIBUTABLE.has(mediaType);
}

/** A `Content-Type` without parameters and in lower case (RFC 9110 §8.3; Q117); empty where there is none. */
export function essence(contentType: string | null): string {
  const text = contentType ?? "";
  const end = text.indexOf(";");
  return (end === -1 ? text : text.slice(0, end)).trim().toLowerCase();
}
