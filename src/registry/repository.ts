/** One repository at one registry, as the copy engine sees it. */
import type { Effects } from "../net/effects.ts";
import { emptyStream } from "../net/empty-stream.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Digest, parseDigest } from "../oci/digest.ts";
import { CopyError, failureOf } from "../oci/errors.ts";
import type { BlobBody, BlobUpload, ContentSource, ContentTarget, ManifestContent, UploadCheckpoint, UploadOptions } from "../oci/store.ts";
import { openInRepository } from "./blob-open.ts";
import { type BlobName, blobHeadRequest, discard, processBlobHead } from "./blob-read.ts";
import { repositoryUrl } from "./endpoint.ts";
import { checkResponse, failureSite, responseFailure } from "./errors.ts";
import { explainOddDigest, notKept } from "./kept-digest.ts";
import {
  MANIFEST_PUT_STATUSES,
  type ManifestName,
  manifestPutRequest,
  manifestRequest,
  mismatch,
  processManifest,
  processManifestHead,
  processManifestPut,
  putsTagAside,
} from "./manifests.ts";
import type { UploadPlan } from "./profiles.ts";
import type { RegistryRequest, RegistryResponse, Scope, Transport } from "./request.ts";
import { uploadIn } from "./upload-choice.ts";
import { ChunkedUpload } from "./upload-chunked.ts";
import type { UploadContext } from "./upload-context.ts";
import { type PlanMemory, UploadPlanner } from "./upload-planner.ts";
import { UploadSession } from "./upload-session.ts";
import {
  mountRequest,
  type OpenedUpload,
  processMount,
  processUploadStart,
  UPLOAD_START_STATUSES,
  uploadStartRequest,
} from "./upload-start.ts";

/** Statuses of a `HEAD` from which only a `GET` can tell more: presigned URLs refuse a `HEAD`, and some servers know none (Q59). */
const HEAD_CANT_TELL: readonly number[] = [403, 405, 501];

/** Refusals whose reason, whether it is the name or the tag that is unknown, stands only in the body of a `GET`'s answer. */
const HEAD_TELLS_NO_REASON: readonly number[] = [404, 410];

/**
 * Room for what a gzip coding of the transfer may add to a small blob: 5 bytes for each stored block, which zlib makes of 16 KiB or more (RFC 1951 §3.2.4),
 * and a header that may hold a name.
 */
const CODING_BYTES = 64 * 1024;

/** What a {@link Repository} is made of. */
export interface RepositoryOptions {
  transport: Transport;
  /** Path of the repository, without the host. */
  repository: string;
  /** What its tokens are asked to allow: `pull`, or `pull,push` (Q26). */
  as: "source" | "target";
  /** How uploads begin, unless the memory knows better. */
  plan: UploadPlan;
  /** What this registry has taught before. @default nothing, and nothing is kept */
  planMemory?: PlanMemory;
  effects: Effects;
  /** Ends every request, but for those that give an upload back. */
  signal?: AbortSignal;
}

/**
 * One repository of one registry, read and written by the distribution API. Every method rejects with a `CopyError` on its own side.
 *
 * What a request asks and what its answer means stands in files of their own (`manifests.ts`, `blob-read.ts`, `upload-start.ts`); here it is
 * sent, and decided what follows from an answer that does not say enough.
 */
export class Repository implements ContentSource, ContentTarget {
  readonly #options: RepositoryOptions;
  readonly #scopes: readonly Scope[];
  readonly #planner: UploadPlanner;

  constructor(options: RepositoryOptions) {
    this.#options = options;
    this.#scopes = [{ repository: options.repository, actions: options.as === "source" ? ["pull"] : ["pull", "push"] }];
    this.#planner = new UploadPlanner(options.plan, options.planMemory);
  }

  async resolve(reference: string): Promise<Descriptor> {
    const name = this.#manifest(reference);
    const head = await this.#send(manifestRequest("HEAD", name, this.#scopes));
    const found = HEAD_TELLS_NO_REASON.includes(head.response.status) ? undefined : await this.#descriptorFrom(head, name);
    return found ?? (await this.fetchManifest(reference)).descriptor;
  }

  async fetchManifest(reference: string): Promise<ManifestContent> {
    const name = this.#manifest(reference);
    const result = await this.#send(manifestRequest("GET", name, this.#scopes));
    await checkResponse(result, this.#endpoint, `Reading the manifest of ${this.#nameOf(reference)}`, [200]);
    return await processManifest(result, name);
  }

  /** As the interface says; also `undefined` where the registry denies to read what it may let us write (Q59: some answer 403 for a missing tag). */
  async headManifest(reference: string): Promise<Descriptor | undefined> {
    const name = this.#manifest(reference);
    const head = await this.#send(manifestRequest("HEAD", name, this.#scopes));
    if (head.response.status === 404) {
      discard(head.response);
      return undefined;
    }
    const found = await this.#descriptorFrom(head, name);
    if (found !== undefined) {
      return found;
    }
    const result = await this.#send(manifestRequest("GET", name, this.#scopes));
    if (result.response.status === 404 || result.response.status === 403) {
      discard(result.response);
      return undefined;
    }
    await checkResponse(result, this.#endpoint, `Looking up ${this.#nameOf(reference)}`, [200]);
    return (await processManifest(result, name)).descriptor;
  }

  /** As the interface says. A `PUT` that failed but took effect counts as done: the answer to a first try may have been lost (Q128). */
  async putManifest(content: ManifestContent, reference: string): Promise<Digest | undefined> {
    const name = this.#manifest(reference);
    const { digest } = content.descriptor;
    const what = `Putting the manifest ${digest} at ${this.#nameOf(reference)}`;
    let result: RegistryResponse;
    try {
      result = await this.#send(manifestPutRequest(content, name, this.#scopes));
      await checkResponse(result, this.#endpoint, what, MANIFEST_PUT_STATUSES);
    } catch (error) {
      if (mayHaveTakenEffect(error) && (await this.headManifest(reference).catch(() => undefined))?.digest === digest) {
        return undefined;
      }
      throw explainOddDigest(error, content.descriptor, this.#endpoint);
    }
    discard(result.response);
    const subject = parseDigest(result.response.headers.get("oci-subject") ?? "");
    if (processManifestPut(result, content, name)) {
      return subject;
    }
    const found = await this.headManifest(reference);
    if (found?.digest !== digest && putsTagAside(content, name)) {
      throw notKept(digest, this.#endpoint);
    }
    if (found === undefined) {
      throw new CopyError({
        code: "destination-refused",
        message: `${what}: ${this.#endpoint.registry} answered ${result.response.status} but does not have it`,
        retry: "later",
        ...failureSite(this.#endpoint),
        upstream: { status: result.response.status },
      });
    }
    if (found.digest !== digest) {
      throw mismatch(name, digest, found.digest);
    }
    return subject;
  }

  /** As the interface says. An offset at the blob's end needs no request (Q63). */
  async openBlob(blob: Descriptor, offset: number, end?: number): Promise<BlobBody> {
    if (offset > 0 && offset >= blob.size) {
      return { stream: emptyStream(), offset: blob.size };
    }
    return await openInRepository(this.#blob(blob), { offset, end }, this.#scopes, (request) => this.#send(request));
  }

  async openWhole(blob: Descriptor): Promise<BlobBody> {
    const wanted = { offset: 0, bufferBytes: blob.size + CODING_BYTES };
    return await openInRepository(this.#blob(blob), wanted, this.#scopes, (request) => this.#send(request));
  }

  async hasBlob(blob: Descriptor): Promise<boolean> {
    const name = this.#blob(blob);
    let result: RegistryResponse;
    try {
      result = await this.#send(blobHeadRequest(name, this.#scopes));
    } catch (error) {
      // A store behind the registry that fails at a HEAD (Q59), unlike a registry that says nothing or asks for patience.
      const { code, upstream, waitMs } = failureOf(error);
      if (code === "registry-unavailable" && upstream !== undefined && waitMs === undefined) {
        return false;
      }
      throw error;
    }
    if (result.response.status === 401) {
      await checkResponse(result, this.#endpoint, `Looking for ${blob.digest} in ${this.#options.repository}`, []);
    }
    discard(result.response);
    return processBlobHead(result, name);
  }

  /** As the interface says. A mount that is refused, for whatever reason, becomes a plain upload (Q111). */
  async mountBlob(blob: Descriptor, fromRepository: string): Promise<"mounted" | BlobUpload> {
    const name = this.#blob(blob);
    let result: RegistryResponse;
    try {
      [result] = await Promise.all([this.#send(mountRequest(name, fromRepository, this.#scopes)), this.#planner.ready()]);
    } catch (error) {
      const { code, upstream, waitMs } = failureOf(error);
      // The token for both repositories may be refused where one for the destination's alone is not; and a store that fails at mounts may take uploads.
      const isOfMounts = code === "access-denied" || code === "not-found" || code === "destination-refused";
      if (isOfMounts || (code === "registry-unavailable" && upstream !== undefined && waitMs === undefined)) {
        return await this.startUpload(blob);
      }
      throw error;
    }
    const answer = processMount(result, name);
    if (answer === "mounted") {
      return answer;
    }
    return answer === undefined ? await this.startUpload(blob) : this.#upload(name, answer);
  }

  async startUpload(blob: Descriptor, options: UploadOptions = {}): Promise<BlobUpload> {
    const name = this.#blob(blob);
    const [result] = await Promise.all([this.#send(uploadStartRequest(name, this.#scopes)), this.#planner.ready()]).catch(
      (error: unknown) => this.#explainSilence(error),
    );
    await checkResponse(result, this.#endpoint, `Beginning an upload to ${this.#options.repository}`, UPLOAD_START_STATUSES);
    return this.#upload(name, processUploadStart(result, name), options);
  }

  continueUpload(blob: Descriptor, { location, held, pieceSize }: UploadCheckpoint): BlobUpload {
    const session = new UploadSession(this.#context(this.#blob(blob)), { location: new URL(location), limits: {} }, held);
    return new ChunkedUpload(session, pieceSize, held);
  }

  /**
   * Fails with a missing repository where that explains why the request that begins an upload was not answered, else with `error`: ECR
   * closes the connection where the repository does not exist (Q80).
   */
  async #explainSilence(error: unknown): Promise<never> {
    const { code, upstream } = failureOf(error);
    if (code === "registry-unavailable" && upstream === undefined) {
      const url = repositoryUrl(this.#endpoint, this.#options.repository, "tags/list?n=1");
      const tags = await this.#send({ method: "GET", url, scopes: this.#scopes }).catch(() => undefined);
      const why = tags && (await responseFailure(tags, this.#endpoint, `Beginning an upload to ${this.#options.repository}`));
      if (why?.failure.upstream?.code === "NAME_UNKNOWN") {
        throw why;
      }
    }
    throw error;
  }

  /** What the answer to a `HEAD` tells; `undefined` where only a `GET` can tell more. Fails with the refusal that it is. */
  async #descriptorFrom(head: RegistryResponse, name: ManifestName): Promise<Descriptor | undefined> {
    if (HEAD_CANT_TELL.includes(head.response.status)) {
      return undefined;
    }
    await checkResponse(head, this.#endpoint, `Looking up ${this.#nameOf(name.reference)}`, [200]);
    const found = processManifestHead(head, name);
    discard(head.response);
    return found;
  }

  get #endpoint() {
    return this.#options.transport.endpoint;
  }

  #context(name: BlobName): UploadContext {
    const { transport, effects, signal } = this.#options;
    return {
      transport,
      name,
      scopes: this.#scopes,
      effects,
      plan: this.#planner.plan,
      hasBlob: (blob) => this.hasBlob(blob),
      fallBack: (used, refused) => this.#planner.fallBack(used, refused),
      ...(signal && { signal }),
    };
  }

  #upload(name: BlobName, opened: OpenedUpload, options: UploadOptions = {}): BlobUpload {
    return uploadIn(new UploadSession(this.#context(name), opened), options);
  }

  async #send(request: RegistryRequest): Promise<RegistryResponse> {
    const { transport, signal } = this.#options;
    return await transport.send(signal === undefined ? request : { ...request, signal });
  }

  #manifest(reference: string): ManifestName {
    return { endpoint: this.#endpoint, repository: this.#options.repository, reference };
  }

  #blob(blob: Descriptor): BlobName {
    return { endpoint: this.#endpoint, repository: this.#options.repository, blob };
  }

  #nameOf(reference: string): string {
    return `${this.#options.repository}${reference.includes(":") ? "@" : ":"}${reference}`;
  }
}

/** Whether a `PUT` that failed so may still have been carried out, by this request or by its first try. */
function mayHaveTakenEffect(error: unknown): boolean {
  const { code } = failureOf(error);
  return code === "tag-immutable" || code === "destination-refused" || code === "registry-unavailable";
}
