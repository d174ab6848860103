/** Manifests: HEAD, GET, PUT, DELETE by tag or digest. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { type Answer, type Exchange, failure } from "./answer.ts";
import { isDigest, sha256 } from "./digest.ts";
import { DOCKER_LIST, DOCKER_MANIFEST, invalid, type ManifestBody, missingContent, OCI_INDEX, readManifest } from "./manifest-rules.ts";
import type { Quirks } from "./quirks.ts";
import type { Store, StoredManifest } from "./store.ts";

interface ManifestContext {
  store: Store;
  quirks: Quirks;
}

/** Answers a request for `/v2/<repository>/manifests/<reference>`. */
export async function answerManifest(context: ManifestContext, exchange: Exchange, repository: string, reference: string): Promise<Answer> {
  switch (exchange.method) {
    case "PUT":
      return await putManifest(context, exchange, repository, reference);
    case "DELETE":
      return deleteManifest(context, repository, reference);
    default:
      return getManifest(context, exchange, repository, reference);
  }
}

function getManifest({ store, quirks }: ManifestContext, exchange: Exchange, repository: string, reference: string): Answer {
  const isHead = exchange.method === "HEAD";
  if (isHead && quirks.manifestHead !== "answered") {
    return failure(quirks.manifestHead === 403 ? "DENIED" : "UNSUPPORTED", "HEAD is not for you", undefined, quirks.manifestHead);
  }
  if (quirks.repositories !== "on-push" && store.repository(repository) === undefined) {
    return failure("NAME_UNKNOWN", "repository name not known to registry", { name: repository });
  }
  const digest = quirks.digestTags === "digests" ? reference.replace(/^(sha256)-([0-9a-f]{64})$/, "$1:$2") : reference;
  const found = store.manifest(repository, reference) ?? store.manifest(repository, digest);
  if (found === undefined) {
    const detail = reference.includes(":") ? { Name: repository, Revision: reference } : { Tag: reference };
    return failure("MANIFEST_UNKNOWN", "manifest unknown", detail);
  }
  const manifest = negotiate(store, repository, found, reference, accepted(exchange));
  if ("status" in manifest) {
    return manifest;
  }
  const body = quirks.manifestGzip ? gzipSync(manifest.bytes) : manifest.bytes;
  const length = { right: String(manifest.bytes.byteLength), absent: undefined, zero: "0" }[quirks.manifestHeadLength];
  return {
    status: 200,
    headers: {
      "content-type": contentType(quirks, manifest.mediaType),
      "docker-content-digest": contentDigest(quirks, manifest.digest),
      etag: `"${manifest.digest}"`,
      ...(quirks.manifestGzip && !isHead ? { "content-encoding": "gzip" } : {}),
      ...(isHead ? { "content-length": length } : {}),
    },
    ...(isHead ? {} : { body }),
  };
}

/** The media types of the Accept header, parameters cut off. */
function accepted({ headers }: Exchange): Set<string> {
  return new Set((headers.accept ?? "").split(",").map((type) => (type.split(";")[0] ?? "").trim().toLowerCase()));
}

/**
 * What distribution makes of an Accept header (Q113): OCI types must be named, `*` in its place is not enough; a Docker
 * list that is asked for by tag without its type becomes the manifest for linux/amd64.
 */
function negotiate(
  store: Store,
  repository: string,
  found: StoredManifest,
  reference: string,
  accept: Set<string>,
): StoredManifest | Answer {
  if (accept.has(found.mediaType)) {
    return found;
  }
  if (found.mediaType === DOCKER_LIST) {
    if (reference === found.digest) {
      return found;
    }
    const list = JSON.parse(Buffer.from(found.bytes).toString()) as ManifestBody;
    const child = list.manifests?.find(({ platform }) => platform?.os === "linux" && platform.architecture === "amd64");
    const manifest = child && store.manifest(repository, child.digest);
    return manifest === undefined || !accept.has(DOCKER_MANIFEST) ? invalid("no manifest for linux/amd64 of a type you accept") : manifest;
  }
  const what = found.mediaType === OCI_INDEX ? "OCI index" : found.mediaType === DOCKER_MANIFEST ? "manifest" : "OCI manifest";
  return failure("MANIFEST_UNKNOWN", `${what} found, but accept header does not support it`);
}

async function putManifest({ store, quirks }: ManifestContext, exchange: Exchange, repository: string, reference: string): Promise<Answer> {
  const bytes = await readCapped(exchange.body, quirks.manifestMaxBytes + 1);
  // With parameters it is another type, to some registries (Q119).
  const mediaType = exchange.headers["content-type"] ?? "";
  if (quirks.repositories !== "on-push" && store.repository(repository) === undefined) {
    return failure("NAME_UNKNOWN", "repository name not known to registry", { name: repository });
  }
  const manifest = readManifest(bytes, mediaType, quirks);
  if ("status" in manifest) {
    return manifest;
  }
  const isTag = !reference.includes(":");
  const algorithm = reference.startsWith("sha512:") ? "sha512" : "sha256";
  const digest = isTag ? sha256(bytes) : `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
  if (!isTag && (!isDigest(reference) || digest !== reference || (algorithm === "sha512" && !quirks.sha512))) {
    return failure("DIGEST_INVALID", "provided digest did not match uploaded content");
  }
  const refusal =
    missingContent(manifest, store, repository, quirks) ?? (isTag ? tagRefusal(store, quirks, repository, reference, digest) : undefined);
  if (refusal !== undefined) {
    return refusal;
  }
  store.putManifest(repository, reference, mediaType, bytes, manifest.subject?.digest);
  const tag = quirks.tagParameter && !isTag ? exchange.query.get("tag") : null;
  if (tag !== null) {
    store.setTag(repository, tag, digest);
  }
  return {
    status: quirks.manifestPutStatus,
    headers: {
      location: `${exchange.origin}/v2/${repository}/manifests/${digest}`,
      "docker-content-digest": contentDigest(quirks, digest),
      "oci-tag": tag ?? undefined,
      "oci-subject": quirks.referrers === "answered" && quirks.subjectHeader ? manifest.subject?.digest : undefined,
      "content-length": "0",
    },
  };
}

/** Collects a body; what is beyond the cap is read and thrown away, so that the client gets its answer. */
async function readCapped(body: AsyncIterable<Buffer>, cap: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    if (size < cap) {
      chunks.push(chunk);
      size += chunk.length;
    }
  }
  return Buffer.concat(chunks);
}

/** How registries refuse to move a tag (Q128). */
function tagRefusal(store: Store, quirks: Quirks, repository: string, tag: string, digest: string): Answer | undefined {
  const current = store.repository(repository)?.tags.get(tag);
  if (current === undefined) {
    return undefined;
  }
  switch (quirks.existingTag) {
    case "overwritten":
      return undefined;
    case "ecr":
      return failure("TAG_INVALID", `The image tag '${tag}' already exists and cannot be overwritten because the repository is immutable.`);
    case "harbor":
      return current === digest ? undefined : failure("DENIED", `configured as immutable: ${tag}`, undefined, 412);
    case "denied":
      return current === digest ? undefined : failure("DENIED", "tag is immutable");
    case "quay":
      return current === digest ? undefined : failure("TAG_IMMUTABLE", "Tag is immutable");
    case "acr":
      return failure("REGISTRY_DISALLOWED_OPERATION", "The operation is disallowed on this registry, repository or image.");
  }
}

function deleteManifest({ store, quirks }: ManifestContext, repository: string, reference: string): Answer {
  if (!reference.includes(":")) {
    if (!quirks.tagDelete) {
      return failure("DIGEST_INVALID", "provided digest did not match uploaded content");
    }
    const deleted = store.repository(repository)?.tags.delete(reference) ?? false;
    return deleted
      ? { status: 202, headers: { "content-length": "0" } }
      : failure("MANIFEST_UNKNOWN", "manifest unknown", { Tag: reference });
  }
  return store.deleteManifest(repository, reference)
    ? { status: 202, headers: { "content-length": "0" } }
    : failure("MANIFEST_UNKNOWN", "manifest unknown");
}

function contentType({ manifestType }: Quirks, mediaType: string): string | undefined {
  switch (manifestType) {
    case "exact":
      return mediaType;
    case "with-parameter":
      return `${mediaType}; charset=utf-8`;
    case "absent":
      return undefined;
    default:
      return manifestType;
  }
}

function contentDigest(quirks: Quirks, digest: string): string | undefined {
  switch (quirks.contentDigest) {
    case "sent":
      return digest;
    case "absent":
      return undefined;
    case "bare-hex":
      return digest.slice(digest.indexOf(":") + 1);
    case "wrong":
      return sha256("something else");
  }
}
