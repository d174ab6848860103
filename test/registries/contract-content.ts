/** What every subject of the contract holds before it is tried. All of it is constant, so that cases can name it. */
import { oddJson } from "../support/images/odd-json.ts";
import { sha256 } from "../support/registry/digest.ts";
import { DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from "../support/registry/manifest-rules.ts";

/** The repository that holds it. */
export const REPOSITORY = "contract/full";

export const BLOB = Buffer.from("helloworld");
export const BLOB_DIGEST = sha256(BLOB);
export const EMPTY_DIGEST = sha256("");
/** Of nothing that is anywhere. */
export const MISSING_DIGEST = `sha256:${"1".repeat(64)}`;

const CONFIG = Buffer.from("{}");

/** A descriptor of bytes that are there. */
export function descriptor(mediaType: string, bytes: Uint8Array): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest: sha256(bytes), size: bytes.length };
}

/** An OCI manifest over the blob and config that are there, with fields of its own. */
export function ociManifest(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: descriptor("application/vnd.oci.image.config.v1+json", CONFIG),
    layers: [descriptor("application/vnd.oci.image.layer.v1.tar", BLOB)],
    ...fields,
  };
}

export interface StoredDocument {
  tag: string;
  mediaType: string;
  bytes: Buffer;
  digest: string;
}

function stored(tag: string, mediaType: string, text: string): StoredDocument {
  return { tag, mediaType, bytes: Buffer.from(text), digest: sha256(text) };
}

/** Written oddly: it has to come back like that. */
export const IMAGE = stored("image", OCI_MANIFEST, oddJson(ociManifest()));

export const INDEX = stored(
  "index",
  OCI_INDEX,
  oddJson({
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [{ ...descriptor(OCI_MANIFEST, IMAGE.bytes), platform: { os: "linux", architecture: "amd64" } }],
  }),
);

export const DOCKER_IMAGE = stored(
  "docker-image",
  DOCKER_MANIFEST,
  JSON.stringify({
    schemaVersion: 2,
    mediaType: DOCKER_MANIFEST,
    config: descriptor("application/vnd.docker.container.image.v1+json", CONFIG),
    layers: [descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", BLOB)],
  }),
);

export const LIST = stored(
  "docker-list",
  DOCKER_LIST,
  JSON.stringify({
    schemaVersion: 2,
    mediaType: DOCKER_LIST,
    manifests: [{ ...descriptor(DOCKER_MANIFEST, DOCKER_IMAGE.bytes), platform: { os: "linux", architecture: "amd64" } }],
  }),
);

/** Blobs and, in order, the documents over them. */
export const BLOBS: readonly Buffer[] = [BLOB, CONFIG];
export const DOCUMENTS: readonly StoredDocument[] = [IMAGE, INDEX, DOCKER_IMAGE, LIST];
