/** One upload at a registry from its first `Location` on: what every request of it shares, and what its answers mean for it. */
import { parseUploadRange } from "../net/content-range.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { CopyError, type Failure, failureOf } from "../oci/errors.ts";
import { discard } from "./blob-read.ts";
import { checkResponse, failureSite } from "./errors.ts";
import { explainOddDigest, isOddDigest, namedDigest } from "./kept-digest.ts";
import { resolveLocation, withDigest } from "./location.ts";
import type { UploadPlan } from "./profiles.ts";
import type { RegistryRequest, RegistryResponse } from "./request.ts";
import { SizedBody } from "./sized-body.ts";
import { cancelUpload } from "./upload-cancel.ts";
import type { UploadContext } from "./upload-context.ts";
import { mayBeStored, reactionTo } from "./upload-failure.ts";
import type { ChunkLimits } from "./upload-plan.ts";
import { type Piece, UploadProgress } from "./upload-progress.ts";
import type { OpenedUpload } from "./upload-start.ts";

/** Times that one upload asks where it stands before it begins again: one that gets a little further each time must not be asked for ever (Q87, Q102). Four times as often as a carry tries without progress. */
const MAX_RESUMES = 20;

/** Redirects in a row that one body may follow: each costs the body once more (Q100). */
const MAX_BODY_REDIRECTS = 2;

/** The specification has 201 and 202; ECR answers a `PATCH` with 201, Pulp with 204 (Q83), some a commit with 204 (Q84). */
const SUCCESS: readonly number[] = [200, 201, 202, 204];

/**
 * One upload session at a registry: sends the pieces of a blob and follows the session from one `Location` to the next. After a failure
 * {@link position} says from which byte to go on, or fails with retry `now` where the session is lost and the blob begins again in another.
 */
export class UploadSession {
  /** The plan that the upload was begun with. */
  readonly plan: UploadPlan;
  /** What the registry said about chunks when it opened the upload. */
  readonly limits: ChunkLimits;
  readonly #context: UploadContext;
  readonly #progress = new UploadProgress();
  #location: URL;
  /** Where the last body began, if the registry turned it away unread. */
  #untouched: number | undefined;
  /** Whether the registry's last 416 was about where the upload stands: it named another place. */
  #misplaced = false;
  /** Redirects in a row that a body was sent to. */
  #bodyRedirects = 0;
  #resumes = 0;
  #commits = 0;
  #stored = false;
  #cancelled = false;
  /** Why this session is given up, once it is: nothing more is sent in it. */
  #abandoned: CopyError | undefined;

  /** Takes over an upload that the registry has opened. @param held Bytes that it holds already, of an upload that another process began. */
  constructor(context: UploadContext, opened: OpenedUpload, held = 0) {
    this.#context = context;
    const before: Piece = { method: "PATCH", start: 0, end: held };
    this.#progress.offer(before);
    this.#progress.acknowledge(before, undefined);
    this.#location = opened.location;
    this.plan = context.plan;
    this.limits = opened.limits;
  }

  /** The blob that is uploaded. */
  get blob(): Descriptor {
    return this.#context.name.blob;
  }

  /** Where the next request of the upload goes. */
  get location(): string {
    return this.#location.href;
  }

  /** Whether the blob is known to be stored: there is nothing more to send. */
  get stored(): boolean {
    return this.#stored;
  }

  /** Opens the request of a piece whose bytes are yet to come. */
  openBody(piece: Piece): SizedBody {
    const { signal, effects, name } = this.#context;
    const send = (body: ReadableStream<Uint8Array>, ending: AbortSignal) =>
      this.#send(piece, body, signal === undefined ? ending : AbortSignal.any([signal, ending]));
    return new SizedBody(piece.end - piece.start, send, effects, name.endpoint);
  }

  /** Sends a piece whose bytes are all here, in a request that can be repeated. No bytes are no body. */
  sendBytes(piece: Piece, bytes: Uint8Array<ArrayBuffer>): Promise<RegistryResponse> {
    return this.#send(piece, bytes.byteLength === 0 ? undefined : bytes, this.#context.signal);
  }

  /** Waits for the answer to a piece and returns one of success. Fails with what {@link classifyFailure} makes of any other. */
  async expectTaken(answer: Promise<RegistryResponse>, piece: Piece): Promise<RegistryResponse> {
    try {
      const result = await answer;
      await this.#check(result, piece, `Sending ${this.blob.digest} to ${this.#context.name.repository}`);
      return result;
    } catch (error) {
      throw this.classifyFailure(error, piece);
    }
  }

  /** Waits for the answer to a `PATCH`. Fails as {@link expectTaken} does, and with retry `now` where the registry kept only a part of the piece. */
  async finishPatch(answer: Promise<RegistryResponse>, piece: Piece): Promise<void> {
    const held = this.#progress.acknowledge(piece, this.#followLocation(await this.expectTaken(answer, piece)));
    this.#bodyRedirects = 0;
    if (held < piece.end) {
      throw this.#retryNow(`${this.#registry} took only ${held - piece.start} of ${piece.end - piece.start} bytes of ${this.blob.digest}`);
    }
  }

  /**
   * Waits for the answer to the `PUT` that commits, and makes sure that the blob is stored.
   *
   * 201 and 204 say so. After another 2xx (Q84) and after most failures the blob is looked for, since a registry may store it and
   * fail to say so. Fails with `digest-mismatch` where it names another digest, else with what {@link classifyFailure} makes of the refusal.
   */
  async finishCommit(answer: Promise<RegistryResponse>, piece: Piece): Promise<void> {
    const what = `Storing ${this.blob.digest} in ${this.#context.name.repository}`;
    let response: Response;
    this.#commits++;
    try {
      const result = await answer;
      await this.#check(result, piece, what);
      response = result.response;
    } catch (error) {
      if (this.#untouched === undefined && mayBeStored(failureOf(error)) && (await this.#isStored())) {
        return;
      }
      throw explainOddDigest(this.classifyFailure(error, piece), this.blob, this.#context.name.endpoint);
    }
    discard(response);
    const named = namedDigest(response.headers, this.blob.digest);
    if (named === "another") {
      throw this.#failure("digest-mismatch", `${what}: ${this.#registry} stored it under another digest`, "never");
    }
    const isSure = (response.status === 201 || response.status === 204) && (named === "confirmed" || !isOddDigest(this.blob.digest));
    if (!isSure && !(await this.#isStored())) {
      throw this.#failure("registry-unavailable", `${what}: ${this.#registry} answered ${response.status} but does not have it`, "later");
    }
    this.#stored = true;
  }

  /**
   * Notes a failure of a piece's request and returns the failure to report. With retry `now` where the blob is to begin again with another
   * plan, or where the registry is to be asked where the upload stands (416, 404); any other as it is. {@link reactionTo} decides.
   */
  classifyFailure(error: unknown, piece: Piece): unknown {
    if (error === this.#abandoned || !(error instanceof CopyError)) {
      return error;
    }
    const past = { isMisplaced: this.#misplaced, hasResumed: this.#resumes > 0 };
    const { refusedBody, remedy } = reactionTo(error.failure, piece, past);
    const again = new CopyError({ ...error.failure, retry: "now" }, error);
    if (refusedBody !== undefined && this.#context.fallBack(this.plan, refusedBody)) {
      this.#abandoned = again;
      return again;
    }
    switch (remedy) {
      case "count-break":
        this.#progress.breakOff();
        return error;
      case "resend":
        this.#untouched = piece.start;
        return error;
      case "ask-position":
        this.#abandoned = this.#progress.disagree() ? undefined : again;
        return again;
      case "start-over":
        this.#abandoned = again;
        return again;
      case "pass":
        return error;
    }
  }

  /**
   * After a failure: from which byte to go on, by the registry's own word (distribution-spec, end-13) as far as that can be believed.
   * All of the blob's bytes once it is found to be stored. Fails with retry `now` where the session is lost and the blob has to
   * begin again.
   */
  async position(): Promise<number> {
    if (this.#abandoned !== undefined) {
      throw this.#abandoned;
    }
    const untouched = this.#untouched;
    if (untouched !== undefined) {
      this.#untouched = undefined;
      return untouched;
    }
    const what = `Resuming the upload of ${this.blob.digest} to ${this.#context.name.repository}`;
    if (++this.#resumes > MAX_RESUMES) {
      throw this.startOver(`${what}: ${this.#registry} gets no further`);
    }
    const result = await this.#context.transport.send(this.#request("GET", this.#location));
    if (!SUCCESS.includes(result.response.status)) {
      return await this.#positionWithoutStatus(result, what);
    }
    const held = this.#followLocation(result);
    const position = this.#progress.position(held);
    if (position === undefined) {
      throw this.startOver(`${what}: ${this.#registry} says that it holds ${held} bytes, of ${this.#progress.offered} sent`);
    }
    const isTooLarge = this.blob.size > this.plan.chunkSize && this.#progress.isHopeless(position);
    if (isTooLarge && this.#context.fallBack(this.plan, { method: "PUT", status: 413, size: this.blob.size })) {
      throw this.startOver(`${what}: ${this.#registry} breaks off before it keeps a byte, so a smaller body is tried`);
    }
    return position;
  }

  /** Gives this session up, so that the blob begins again in another one. Returns the failure to throw, with retry `now`. */
  startOver(why: string): CopyError {
    this.#abandoned ??= this.#retryNow(why);
    return this.#abandoned;
  }

  /** Ends the upload and asks the registry to forget the session. Never fails. */
  async cancel(): Promise<void> {
    if (this.#stored || this.#cancelled) {
      return;
    }
    this.#cancelled = true;
    this.#abandoned ??= this.#failure("cancelled", `The upload of ${this.blob.digest} was cancelled`, "never");
    const { transport, scopes, effects } = this.#context;
    await cancelUpload(transport, this.#location, scopes, effects);
  }

  get #registry(): string {
    return this.#context.name.endpoint.registry;
  }

  #send(piece: Piece, body: RegistryRequest["body"], signal: AbortSignal | undefined): Promise<RegistryResponse> {
    this.#progress.offer(piece);
    const { method, start, end } = piece;
    const url = method === "PUT" ? withDigest(this.#location, this.blob.digest) : this.#location;
    const isWhole = this.plan.way === "stream-patch" && end - start === this.blob.size;
    const headers = {
      // distribution takes no other type (Q82).
      ...(body && { "content-type": "application/octet-stream" }),
      // Without a unit or a total (Q81), and with every chunk (Q96). A blob in one PATCH is not in chunks.
      ...(method === "PATCH" && !isWhole && { "content-range": `${start}-${end - 1}` }),
    };
    return this.#context.transport.send({ ...this.#request(method, url, signal), headers, ...(body && { body }) });
  }

  #request(method: RegistryRequest["method"], url: URL, signal = this.#context.signal): RegistryRequest {
    return { method, url, scopes: this.#context.scopes, ...(signal && { signal }) };
  }

  /** Sends what follows to the answer's `Location` (Q75), and returns how many bytes the answer says that the registry holds. */
  #followLocation({ response, url }: RegistryResponse): number | undefined {
    discard(response);
    this.#location = resolveLocation(response.headers.get("location"), url) ?? this.#location;
    return parseUploadRange(response.headers.get("range"));
  }

  /** Fails unless the answer is one of success. Notes a body that was turned away unread (Q100), and where a 416 says to go on (Q101). */
  async #check(result: RegistryResponse, piece: Piece, what: string): Promise<void> {
    const { status, headers } = result.response;
    const next = resolveLocation(headers.get("location"), result.url);
    if ((status === 307 || status === 308) && next !== undefined && ++this.#bodyRedirects <= MAX_BODY_REDIRECTS) {
      discard(result.response);
      this.#untouched = piece.start;
      this.#location = next;
      throw this.#retryNow(`${what}: ${this.#registry} answered ${status} and wants the bytes sent elsewhere`);
    }
    if (status === 416) {
      this.#location = next ?? this.#location;
      this.#misplaced = (parseUploadRange(headers.get("range")) ?? 0) > 1;
    }
    await checkResponse(result, this.#context.name.endpoint, what, SUCCESS);
  }

  /** The position of an upload whose status can't be had: the blob's end if it was committed after all, else the session is lost. */
  async #positionWithoutStatus(result: RegistryResponse, what: string): Promise<number> {
    const { status } = result.response;
    if (status === 401 || status === 403 || status === 408 || status === 429 || status >= 500) {
      await checkResponse(result, this.#context.name.endpoint, what, []);
    }
    discard(result.response);
    if (this.#commits > 0 && (await this.#isStored())) {
      return this.blob.size;
    }
    throw this.startOver(`${what}: ${this.#registry} answered ${status}, so it has to begin again`);
  }

  /** Looks for the blob; where even that fails, it counts as not stored. */
  async #isStored(): Promise<boolean> {
    this.#stored = await this.#context.hasBlob(this.blob).catch(() => false);
    return this.#stored;
  }

  #retryNow(message: string): CopyError {
    return this.#failure("registry-unavailable", message, "now");
  }

  #failure(code: Failure["code"], message: string, retry: Failure["retry"]): CopyError {
    return new CopyError({ code, message, retry, ...failureSite(this.#context.name.endpoint) });
  }
}
