/** Blob uploads: POST, PATCH, PUT, GET and DELETE of a session (distribution spec, "Pushing blobs"). */
import { type Answer, type Exchange, failure, htmlPage } from "./answer.ts";
import { isDigest } from "./digest.ts";
import type { Quirks } from "./quirks.ts";
import type { Session, Sessions } from "./sessions.ts";
import type { Store } from "./store.ts";
import { uploadHeaders } from "./upload-headers.ts";

interface UploadContext {
  store: Store;
  quirks: Quirks;
  sessions: Sessions;
  /** Scheme, host and port of the storage host. */
  storageOrigin: string;
}

/** Answers `POST /v2/<repository>/blobs/uploads/`: a mount, a blob in one request, or a new session. */
export async function startUpload(context: UploadContext, exchange: Exchange, repository: string): Promise<Answer> {
  const { quirks, store } = context;
  const { headers, query } = exchange;
  if (headers["content-length"] === undefined && headers["transfer-encoding"] === undefined) {
    return failure("SIZE_INVALID", "Content-Length is needed, 0 too", undefined, 411);
  }
  if (quirks.repositories !== "on-push" && store.repository(repository) === undefined) {
    const unknown = failure("NAME_UNKNOWN", "repository name not known to registry", { name: repository });
    return { ...unknown, drop: quirks.repositories === "must-exist-drop" };
  }
  const mount = query.get("mount");
  if (mount !== null) {
    const answer = mountBlob(context, exchange, repository, mount);
    if (answer !== undefined) {
      return answer;
    }
  }
  const session = context.sessions.start(repository);
  const digest = query.get("digest");
  if (digest !== null && quirks.singlePost === "taken") {
    return await commit(context, exchange, session, digest);
  }
  return { status: 202, headers: { ...uploadHeaders(context, exchange, session), ...chunkLimits(quirks), "content-length": "0" } };
}

function mountBlob(context: UploadContext, exchange: Exchange, repository: string, digest: string): Answer | undefined {
  const { store, quirks } = context;
  const from = exchange.query.get("from");
  switch (quirks.mount) {
    case "done":
      return from !== null && store.mountBlob(repository, digest, from) ? blobMade(exchange, repository, digest, 201) : undefined;
    case "session":
      return undefined;
    case "session-without-location":
      return { status: 202, headers: { "content-length": "0" } };
    default:
      return failure("UNSUPPORTED", "no mounts here", undefined, quirks.mount);
  }
}

/** Answers a request at an upload's Location. */
export async function answerUpload(context: UploadContext, exchange: Exchange, id: string): Promise<Answer> {
  const { quirks, sessions } = context;
  const session = sessions.find(id);
  if (session === undefined) {
    return failure("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry", {});
  }
  await session.settle();
  const state = session.judge(exchange.query.get("_state"));
  if (state === "unknown") {
    return failure("BLOB_UPLOAD_INVALID", "blob upload invalid", {});
  }
  if (state === "wrong-offset" && quirks.staleLocation === "fatal" && exchange.method !== "DELETE") {
    await end(context, session);
    return failure("BLOB_UPLOAD_INVALID", "blob upload invalid");
  }
  switch (exchange.method) {
    case "GET":
      return quirks.uploadStatus === "answered"
        ? { status: 204, headers: uploadHeaders(context, exchange, session) }
        : failure("UNSUPPORTED", "no upload status here", undefined, quirks.uploadStatus);
    case "DELETE":
      await end(context, session);
      return { status: 204, headers: { "docker-upload-uuid": session.id } };
    case "PATCH":
    case "PUT": {
      if (state !== "newest" && quirks.staleLocation === "refused") {
        return outOfOrder(context, exchange, session, "this is not the newest Location of the upload");
      }
      return exchange.method === "PATCH" ? await patch(context, exchange, session) : await put(context, exchange, session);
    }
    default:
      return failure("UNSUPPORTED", "The operation is unsupported.");
  }
}

async function patch(context: UploadContext, exchange: Exchange, session: Session): Promise<Answer> {
  const { quirks } = context;
  const length = contentLength(exchange);
  const range = exchange.headers["content-range"];
  if (!quirks.patch) {
    return failure("UNSUPPORTED", "chunked uploads are not supported");
  }
  if (quirks.chunkMaxLength > 0 && length !== undefined && length > quirks.chunkMaxLength) {
    return failure("RANGE_INVALID", `request body is too large: ${length} is more than ${quirks.chunkMaxLength}`);
  }
  const refusal =
    checkBody(quirks, exchange) ?? checkRange(context, exchange, session, range, length) ?? (await checkChunks(context, session));
  if (refusal !== undefined) {
    return refusal;
  }
  if (quirks.chunksEqual && length === 1) {
    return failure("RANGE_INVALID", "a chunk needs more than one byte");
  }
  await session.append(exchange.body);
  const headers = uploadHeaders(context, exchange, session);
  const { location: _, ...rest } = headers;
  return { status: quirks.patchStatus, headers: { ...(quirks.patchLocation ? headers : rest), ...noContent(quirks.patchStatus) } };
}

async function put(context: UploadContext, exchange: Exchange, session: Session): Promise<Answer> {
  const { quirks } = context;
  const digest = exchange.query.get("digest");
  const length = contentLength(exchange);
  if (digest === null || !isDigest(digest) || (digest.startsWith("sha512:") && !quirks.sha512)) {
    const detail = digest === null ? "digest missing" : "digest parsing failed";
    return failure("DIGEST_INVALID", "provided digest did not match uploaded content", detail);
  }
  if (length === undefined && exchange.headers["transfer-encoding"] === undefined) {
    return failure("SIZE_INVALID", "Content-Length is needed, 0 too", undefined, 411);
  }
  const refusal = checkBody(quirks, exchange);
  if (refusal !== undefined) {
    return refusal;
  }
  if (session.size === 0 && length !== 0 && quirks.monolithic !== "taken") {
    if (quirks.monolithic === 404) {
      return failure("BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
    }
    if ((length ?? Number.POSITIVE_INFINITY) > quirks.monolithic) {
      return { status: 413, headers: { "content-type": "text/html" }, body: htmlPage(413) };
    }
  }
  if (length !== 0) {
    const small = await checkChunks(context, session);
    if (small !== undefined) {
      return small;
    }
  }
  return await commit(context, exchange, session, digest);
}

/** Takes the rest of the bytes and makes the blob. A wrong digest ends the session too, as in distribution. */
async function commit(context: UploadContext, exchange: Exchange, session: Session, digest: string): Promise<Answer> {
  const { quirks, store, sessions } = context;
  if (!(quirks.chunksEqual && session.chunks.length > 0)) {
    await session.append(exchange.body);
  }
  if (session.size === 0 && !quirks.emptyBlob) {
    return failure("BLOB_UPLOAD_INVALID", "an upload must not be empty", undefined, 400);
  }
  sessions.end(session);
  const content = await session.commit(digest);
  if (content === undefined) {
    return failure("DIGEST_INVALID", "provided digest did not match uploaded content", { Digest: digest, Reason: {} });
  }
  store.putBlob(session.repository, digest, content);
  return blobMade(exchange, session.repository, digest, quirks.blobPutStatus);
}

function checkBody(quirks: Quirks, exchange: Exchange): Answer | undefined {
  const { headers } = exchange;
  const type = headers["content-type"];
  if (contentLength(exchange) !== 0 && type !== undefined && type !== "application/octet-stream") {
    if (quirks.uploadContentType === "checked") {
      return failure("BLOB_UPLOAD_INVALID", `bad Content-Type ${type}`, undefined, 415);
    }
    if (quirks.uploadContentType === "fatal-on-patch" && exchange.method === "PATCH") {
      return failure("UNKNOWN", "unknown error", {});
    }
  }
  if (contentLength(exchange) === undefined && (quirks.lengthRequired !== false || headers["content-range"] !== undefined)) {
    return failure("CONTENT_LENGTH_INVALID", "Content-Length is needed", undefined, quirks.lengthRequired || 411);
  }
  return undefined;
}

/** Checks `Content-Range: <first>-<last>` of a chunk, which is not the one of RFC 9110 (Q81). */
function checkRange(
  context: UploadContext,
  exchange: Exchange,
  session: Session,
  range: string | undefined,
  length: number | undefined,
): Answer | undefined {
  const { contentRange } = context.quirks;
  if (contentRange === "ignored") {
    return undefined;
  }
  if (range === undefined) {
    const needed = contentRange === "required" && session.size > 0;
    return needed ? failure("BLOB_UPLOAD_INVALID", "Stream uploads after first write are not allowed", undefined, 400) : undefined;
  }
  const match = /^(\d+)-(\d+)$/.exec(range);
  if (match === null || Number(match[1]) !== session.size) {
    return outOfOrder(context, exchange, session, `this upload goes on at ${session.size}`);
  }
  return length === Number(match[2]) - Number(match[1]) + 1
    ? undefined
    : failure("SIZE_INVALID", "Content-Range and Content-Length differ");
}

/** Refuses to go on after a chunk that only the last may be like. */
async function checkChunks(context: UploadContext, session: Session): Promise<Answer | undefined> {
  const { chunkMinLength, chunksEqual } = context.quirks;
  const last = session.chunks.at(-1);
  if (last !== undefined && (last < chunkMinLength || (chunksEqual && last !== session.chunks[0]))) {
    await end(context, session);
    return failure("SIZE_INVALID", `the chunk before this one had ${last} bytes`);
  }
  return undefined;
}

function outOfOrder(context: UploadContext, exchange: Exchange, session: Session, message: string): Answer {
  const answer = failure("RANGE_INVALID", message);
  return { ...answer, headers: { ...answer.headers, ...uploadHeaders(context, exchange, session) } };
}

function blobMade(exchange: Exchange, repository: string, digest: string, status: number): Answer {
  const location = `${exchange.origin}/v2/${repository}/blobs/${digest}`;
  return { status, headers: { location, "docker-content-digest": digest, ...noContent(status) } };
}

function chunkLimits({ chunkMinLength, chunkMaxLength, chunkLimitsAnnounced }: Quirks): Answer["headers"] {
  if (!chunkLimitsAnnounced) {
    return {};
  }
  return {
    "oci-chunk-min-length": chunkMinLength > 0 ? String(chunkMinLength) : undefined,
    "oci-chunk-max-length": chunkMaxLength > 0 ? String(chunkMaxLength) : undefined,
  };
}

function noContent(status: number): Record<string, string> {
  return status === 204 ? {} : { "content-length": "0" };
}

/** The request's Content-Length; `undefined` where its body comes in chunks. */
function contentLength({ headers }: Exchange): number | undefined {
  return headers["content-length"] === undefined ? undefined : Number(headers["content-length"]);
}

async function end({ sessions }: UploadContext, session: Session): Promise<void> {
  sessions.end(session);
  await session.abandon();
}
